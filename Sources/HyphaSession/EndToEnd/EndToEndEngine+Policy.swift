// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// What the packet path is told about a subnet.
extension EndToEndEngine where Crypto: ~Copyable {
    /// For a node that was met and has no record otherwise.
    static var metPolicy: SessionPolicy {
        SessionPolicy(sending: .hold, receiving: .handshakesOnly)
    }

    /// The rules of section 2, in the order in which they decide.
    func policy(of peer: EndToEndPeer, _ subnet: UInt64) -> SessionPolicy {
        let isMet = met[subnet] != nil
        let sending: SessionPolicy.Sending =
            if peer.isDirect {
                .direct
            } else if let current = peer.current {
                .session(current)
            } else if isMet {
                .hold
            } else if configuration.requiresSessions {
                peer.attempt == nil ? .refuse : .hold
            } else if peer.holdUntil != nil {
                .hold
            } else {
                .base
            }
        let isStrict = isMet && peer.graceUntil == nil || configuration.requiresSessions
        var policy = SessionPolicy(
            sending: sending,
            receiving: isStrict ? .handshakesOnly : .anything
        )
        if case .session = sending { policy.sizeLimit = sizeLimit(of: peer) }
        return policy
    }

    /// Tells the packet path what has changed, or all of it because it asks.
    mutating func tell(_ subnet: UInt64, always: Bool = false) {
        guard let peer = peers[subnet] else { return }
        let policy = policy(of: peer, subnet)
        if policy.sending == .base, peer.isMarked, !peer.wasReportedUnprotected {
            peers[subnet]?.wasReportedUnprotected = true
            counters.unprotected &+= 1
            outputs.append(.event(.unprotected(peer.key)))
        }
        guard always || policy != peer.told else { return }
        peers[subnet]?.told = policy
        outputs.append(.policy(prefix(subnet), policy))
    }

    // MARK: - Records

    /// The record of a node's subnet, made if there is room.
    ///
    /// - Parameters:
    ///   - key: The key, which ``accepts(_:for:now:)`` had nothing against.
    ///   - subnet: Its subnet.
    ///   - isOwn: This host has, or had, packets for it.
    ///   - isReserved: It may use the room kept from strangers.
    ///   - now: The present.
    /// - Returns: Whether there is one of this key.
    mutating func findOrAdd(
        _ key: PublicKey,
        _ subnet: UInt64,
        isOwn: Bool,
        isReserved: Bool = false,
        now: Instant
    ) -> Bool {
        if let peer = peers[subnet], peer.key != key {
            // The key before is neither reachable nor does it have a session.
            if let attempt = peer.attempt { abandon(attempt, subnet, now: now) }
            drop(subnet)
        }
        if let peer = peers[subnet] {
            if isOwn, !peer.isOwn {
                peers[subnet]?.isOwn = true
                strangerCount -= 1
            }
            return true
        }
        let address = IPv6Address(derivedFrom: key)
        guard address.high == subnet, subnet != ownSubnet else {
            counters.foreignKeys &+= 1
            return false
        }
        guard hasRoom(isReserved: isOwn || isReserved) else {
            if isOwn { counters.peersRefused &+= 1 } else { counters.strangersRefused &+= 1 }
            report(.peers, now: now)
            return false
        }
        var peer = EndToEndPeer(key: key, address: address, isOwn: isOwn, usedAt: now)
        if let reached = reachable[subnet] {
            peer.isMarked = reached.isMarked
            peer.bootRandom = reached.bootRandom
        }
        if met[subnet] != nil { peer.told = Self.metPolicy }
        peers[subnet] = peer
        if !isOwn { strangerCount += 1 }
        setTimer(subnet)
        return true
    }

    private func hasRoom(isReserved: Bool) -> Bool {
        peers.count < Limits.endToEndPeersMax
            && (isReserved || strangerCount < Limits.endToEndStrangersMax)
    }

    /// Drops a record that nothing hangs on.
    mutating func drop(_ subnet: UInt64) {
        guard let peer = peers.removeValue(forKey: subnet) else { return }
        timers.remove(subnet)
        if !peer.isOwn { strangerCount -= 1 }
        let rest = met[subnet] == nil ? nil : Self.metPolicy
        if peer.told != rest { outputs.append(.policy(prefix(subnet), rest)) }
    }

    // MARK: - Time

    /// Sets the deadline of a record to the earliest thing that is to be done about it.
    mutating func setTimer(_ subnet: UInt64) {
        guard let peer = peers[subnet] else { return timers.remove(subnet) }
        var earliest = Instant.distantFuture
        let times = [
            peer.holdUntil, peer.abandonAt, peer.graceUntil, peer.offerAt, pathDueAt(peer),
        ]
        for instant in times {
            if let instant { earliest = min(earliest, instant) }
        }
        if let current = peer.current, let session = sessions[current] {
            if let keepAlive = session.keepAliveAt { earliest = min(earliest, keepAlive) }
            if !session.isIdle { earliest = min(earliest, peer.usedAt + EndToEndTimes.idle) }
        }
        if peer.isEmpty { earliest = min(earliest, peer.usedAt + EndToEndTimes.unused) }
        if earliest == .distantFuture {
            timers.remove(subnet)
        } else {
            timers.set(subnet, at: earliest)
        }
    }

    mutating func peerDue(_ subnet: UInt64, now: Instant) {
        guard let peer = peers[subnet] else { return }
        if let until = peer.holdUntil, until <= now { peers[subnet]?.holdUntil = nil }
        if let until = peer.graceUntil, until <= now { peers[subnet]?.graceUntil = nil }
        if let at = peer.abandonAt, at <= now, let attempt = peer.attempt {
            tellHandshakes(.abandon(attempt), now: now)
            attemptFailed(attempt, .timedOut, now: now)
        }
        if let current = peer.current { sessionDue(current, peer, now: now) }
        pathDue(subnet, now: now)
        offerDue(subnet, now: now)
        tell(subnet)
        let isUnused = now.elapsed(since: peer.usedAt) >= EndToEndTimes.unused
        if peers[subnet]?.isEmpty == true, isUnused { drop(subnet) } else { setTimer(subnet) }
    }

    private mutating func sessionDue(_ index: SessionIndex, _ peer: EndToEndPeer, now: Instant) {
        guard let session = sessions[index] else { return }
        if let at = session.keepAliveAt, at <= now { keepAlive(index) }
        if !session.isIdle, now.elapsed(since: peer.usedAt) >= EndToEndTimes.idle {
            sessions[index]?.isIdle = true
            tellHandshakes(.traffic(index, isIdle: true), now: now)
        }
    }
}
