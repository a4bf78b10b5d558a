// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// Slots, ages, rekeys.
extension HandshakeEngine where Crypto: ~Copyable {
    // MARK: - Slots

    /// Takes a session into the table; the slot is set by the caller.
    mutating func record(
        _ session: EstablishedSession,
        _ peer: PeerCarrier,
        isStranger: Bool,
        isConfirmed: Bool,
        now: Instant
    ) {
        nextOrder += 1
        let age =
            session.isInitiator ? HandshakeTimes.rekeyByInitiator : HandshakeTimes.rekeyByResponder
        let record = SessionRecord(
            peer: peer,
            path: session.path,
            isInitiator: session.isInitiator,
            isStranger: isStranger,
            order: nextOrder,
            createdAt: now,
            isConfirmed: isConfirmed,
            rekeyAt: now + age
        )
        sessions[session.localIndex] = record
        if isStranger { strangerSessions += 1 }
        setTimer(session.localIndex, record)
    }

    /// Makes a session *current*, what was current *previous*, and forgets what was previous.
    ///
    /// Without a current one, which was forgotten, the previous one may be what the peer sends under.
    mutating func promote(_ index: SessionIndex, of peer: PeerCarrier) {
        if let old = peers[peer]?.current {
            if let previous = peers[peer]?.previous { remove(previous) }
            peers[peer]?.previous = old
        }
        peers[peer, default: PeerSlots()].current = index
        outputs.append(.use(index))
    }

    /// The peer has sent under a session that we answered with.
    mutating func confirm(_ index: SessionIndex) {
        guard var record = sessions[index], !record.isConfirmed else { return }
        let peer = record.peer
        record.isConfirmed = true
        record.answer = nil
        sessions[index] = record
        counters.confirmed &+= 1
        unconfirmedStrangers.remove(index)
        unconfirmedKnown.remove(index)
        peers[peer]?.next = nil
        setTimer(index, record)
        if let current = peers[peer]?.current.flatMap({ sessions[$0] }), current.isInitiator,
            current.order > record.order, publicKey < peer.key
        {
            // Ours crossed the peer's and goes on: both ends send under it.
            if let previous = peers[peer]?.previous { remove(previous) }
            peers[peer, default: PeerSlots()].previous = index
        } else {
            promote(index, of: peer)
        }
        for serial in peers[peer]?.attempts ?? [] {
            let id = attempts[serial]?.id
            drop(serial)
            guard let id else { continue }
            counters.attemptsFailed &+= 1
            outputs.append(.attemptFailed(id, .superseded))
        }
    }

    /// Forgets a session, wherever it stands.
    mutating func remove(_ index: SessionIndex) {
        guard let record = sessions.removeValue(forKey: index) else { return }
        timers.remove(.session(index))
        unconfirmedStrangers.remove(index)
        unconfirmedKnown.remove(index)
        if record.isStranger { strangerSessions -= 1 }
        let peer = record.peer
        if peers[peer]?.previous == index { peers[peer]?.previous = nil }
        if peers[peer]?.next == index { peers[peer]?.next = nil }
        outputs.append(.remove(index))
        if peers[peer]?.current == index {
            peers[peer]?.current = nil
            // Without a session there is nothing to rekey: how to go on is for the driver to say.
            dropRekeys(of: peer)
        }
        tidy(peer)
    }

    /// Forgets all sessions of a peer over a carrier, and the rekeys under way.
    mutating func close(_ peer: PeerCarrier) {
        guard let slots = peers[peer] else { return }
        for index in [slots.next, slots.previous, slots.current] {
            if let index { remove(index) }
        }
        dropRekeys(of: peer)
    }

    /// Drops the attempts that nobody asked for.
    mutating func dropRekeys(of peer: PeerCarrier) {
        for serial in peers[peer]?.attempts ?? [] where attempts[serial]?.id == nil {
            drop(serial)
        }
    }

    // MARK: - Room

    /// Makes room for one more session; what is nobody's loss goes first.
    ///
    /// - Returns: `false` when there is none to be made.
    mutating func makeRoom(for peer: PeerCarrier, isStranger: Bool, now: Instant) -> Bool {
        let open = HandshakeCapacity.forStrangers(of: capacity.sessions)
        let isQuotaFull = isStranger && strangerSessions >= open
        guard isQuotaFull || sessions.count >= capacity.sessions else { return true }
        report(.sessions, now: now)
        if let next = peers[peer]?.next, sessions[next]?.isStranger == isStranger {
            remove(next)
            return true
        }
        if let previous = peers[peer]?.previous, sessions[previous]?.isStranger == isStranger {
            remove(previous)
            return true
        }
        guard let oldest = unconfirmedStrangers.oldestKey else { return false }
        counters.unconfirmedEvicted &+= 1
        remove(oldest)
        return true
    }

    // MARK: - Age

    private mutating func setTimer(_ index: SessionIndex, _ record: SessionRecord) {
        let isDue = record.isConfirmed && !record.isIdle && record.rekeyAt < record.expiresAt
        timers.set(.session(index), at: isDue ? record.rekeyAt : record.expiresAt)
    }

    mutating func sessionDue(_ index: SessionIndex, now: Instant) {
        guard let record = sessions[index] else { return }
        guard now < record.expiresAt else {
            if record.isConfirmed {
                counters.expired &+= 1
            } else {
                counters.unconfirmedExpired &+= 1
            }
            return remove(index)
        }
        if peers[record.peer]?.current == index {
            rekey(index, now: now)
        } else {
            timers.set(.session(index), at: record.expiresAt)
        }
    }

    /// Begins a rekey of a current session, unless an attempt to its peer is under way.
    mutating func rekey(_ index: SessionIndex, now: Instant) {
        guard var record = sessions[index], peers[record.peer]?.current == index else { return }
        record.rekeyAt = now + HandshakeTimes.rekeyAgain
        sessions[index] = record
        setTimer(index, record)
        guard peers[record.peer]?.attempts.isEmpty == true else { return }
        if beginRekey(record.peer, record.path, now: now) {
            // Until the attempt fails the session has only its expiry to wait for.
            timers.set(.session(index), at: record.expiresAt)
        }
    }

    /// A rekey failed: tries again while the old keys live.
    mutating func postponeRekey(_ peer: PeerCarrier, now: Instant) {
        guard let index = peers[peer]?.current, var record = sessions[index] else { return }
        record.rekeyAt = now + HandshakeTimes.rekeyAgain
        sessions[index] = record
        setTimer(index, record)
    }

    mutating func setIdle(_ index: SessionIndex, _ isIdle: Bool, now: Instant) {
        guard var record = sessions[index] else { return }
        record.isIdle = isIdle
        sessions[index] = record
        guard record.isConfirmed, peers[record.peer]?.attempts.isEmpty != false else { return }
        if !isIdle, record.rekeyAt <= now {
            rekey(index, now: now)
        } else {
            setTimer(index, record)
        }
    }
}
