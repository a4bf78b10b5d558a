// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaWire

/// Attempts of our own: key request, message 1, message 2.
extension HandshakeEngine where Crypto: ~Copyable {
    // MARK: - Beginning

    mutating func initiate(
        _ id: AttemptID,
        _ path: HandshakePath,
        key: PublicKey?,
        now: Instant
    ) {
        guard serialByID[id] == nil else { return }
        counters.attempts &+= 1
        let isUnreserved =
            path.carrier == .endToEnd && !(key.map { isFavoured($0) } ?? false)
        guard hasRoom(isUnreserved: isUnreserved) else {
            counters.attemptsRefused &+= 1
            outputs.append(.attemptFailed(id, .ceiling))
            return report(.attempts, now: now)
        }
        guard let key else { return ask(id, path, now: now) }
        guard key != publicKey else { return outputs.append(.attemptFailed(id, .ourselves)) }
        let serial = add(
            Attempt(
                id: id,
                path: path,
                isUnreserved: isUnreserved,
                stage: .initiating(initiation(key, isAsked: false, now: now))
            )
        )
        link(serial, to: PeerCarrier(key: key, carrier: path.carrier))
        sendInitiation(serial, now: now)
    }

    /// Begins an attempt that no driver asked for.
    ///
    /// - Returns: `false` when there is no room.
    mutating func beginRekey(_ peer: PeerCarrier, _ path: HandshakePath, now: Instant) -> Bool {
        guard hasRoom(isUnreserved: false) else {
            counters.attemptsRefused &+= 1
            report(.attempts, now: now)
            return false
        }
        counters.rekeys &+= 1
        let serial = add(
            Attempt(
                id: nil,
                path: path,
                isUnreserved: false,
                stage: .initiating(initiation(peer.key, isAsked: false, now: now))
            )
        )
        link(serial, to: peer)
        sendInitiation(serial, now: now)
        return true
    }

    func isFavoured(_ key: PublicKey) -> Bool { configuration.configuredPeers.contains(key) }

    func initiation(
        _ key: PublicKey,
        isAsked: Bool,
        now: Instant
    ) -> Initiation<Crypto.PendingInitiation> {
        Initiation(
            key: key,
            mac1Key: crypto.mac1Key(for: key),
            giveUpAt: now + HandshakeTimes.attempt,
            isAsked: isAsked
        )
    }

    func hasRoom(isUnreserved: Bool) -> Bool {
        let open = HandshakeCapacity.forStrangers(of: capacity.attempts)
        return attempts.count < capacity.attempts && (!isUnreserved || unreservedAttempts < open)
    }

    mutating func add(_ attempt: Attempt) -> UInt64 {
        nextSerial += 1
        attempts[nextSerial] = attempt
        if let id = attempt.id { serialByID[id] = nextSerial }
        if attempt.isUnreserved { unreservedAttempts += 1 }
        return nextSerial
    }

    mutating func link(_ serial: UInt64, to peer: PeerCarrier) {
        peers[peer, default: PeerSlots()].attempts.append(serial)
    }

    // MARK: - Message 1

    /// Sends a new message 1 and sets the time of the next.
    mutating func sendInitiation(_ serial: UInt64, now: Instant) {
        guard let attempt = attempts[serial], case .initiating(var initiation) = attempt.stage
        else { return }
        let (timestamp, persist) = timestampSource.next(now: now)
        let scope: SessionScope = attempt.path.carrier == .endToEnd ? .endToEnd : .link
        let made = crypto.initiate(
            scope,
            to: initiation.key,
            payload: payload1(attempt.path.carrier, timestamp)
        )
        guard let (pending, message) = made else { return finish(serial, .unusableKey, now: now) }
        if let persist { outputs.append(.timestamp(persist)) }
        if let old = initiation.flight?.index { serialByIndex[old] = nil }
        let index = freshIndex()
        serialByIndex[index] = serial
        var frames = self.frames(attempt.path.carrier, index, message, initiation, now: now)
        var repeatAt: Instant?
        if case .endToEnd = attempt.path {
            frames = [SessionMessage.initiation(sender: index.value, message: message)]
            if initiation.sentCount == 0 {
                repeatAt = now + random.duration(in: HandshakeTimes.sessionRepetition)
            }
        }
        let gaps = HandshakeTimes.retransmissions
        let gap = gaps[min(initiation.sentCount, gaps.count - 1)]
        initiation.sentCount += 1
        initiation.flight = Flight(
            index: index,
            pending: pending,
            frames: frames,
            sentAt: now,
            repeatAt: repeatAt,
            retransmitAt: now + gap + random.duration(in: HandshakeTimes.retransmissionJitter)
        )
        counters.initiationsSent &+= 1
        attempts[serial]?.stage = .initiating(initiation)
        setTimer(serial, initiation)
        send(frames, over: attempt.path)
    }

    private mutating func send(_ frames: [[UInt8]], over path: HandshakePath) {
        for frame in frames {
            if case .endToEnd(let address) = path {
                outputs.append(.sendMessage(SessionMessage.initiationType, frame, to: address))
            } else {
                outputs.append(.send(frame, to: path))
            }
        }
    }

    /// Sends the first message 1 of an end-to-end attempt once more, byte for byte.
    ///
    /// A new one would make the answer to the first worthless, which on a way of more than half a
    /// second is still to come.
    private mutating func repeatInitiation(_ serial: UInt64) {
        guard let attempt = attempts[serial], case .initiating(var initiation) = attempt.stage,
            let frames = initiation.flight?.frames
        else { return }
        initiation.flight?.repeatAt = nil
        attempts[serial]?.stage = .initiating(initiation)
        setTimer(serial, initiation)
        counters.initiationsRepeated &+= 1
        send(frames, over: attempt.path)
    }

    private func payload1(_ carrier: SessionCarrier, _ timestamp: TAI64N) -> [UInt8] {
        switch carrier {
        case .datagram, .stream:
            LinkPayload1(
                timestamp: timestamp,
                capabilities: configuration.capabilities,
                carrierMTU: configuration.carrierMTU,
                udpPort: configuration.udpPort,
                tcpPort: configuration.tcpPort
            ).encoded()
        case .endToEnd:
            SessionPayload1(
                timestamp: timestamp,
                capabilities: configuration.capabilities,
                innerMTU: configuration.innerMTU
            ).encoded()
        }
    }

    private func frames(
        _ carrier: SessionCarrier,
        _ index: SessionIndex,
        _ message: [UInt8],
        _ initiation: Initiation<Crypto.PendingInitiation>,
        now: Instant
    ) -> [[UInt8]] {
        let kind: CarrierKind
        switch carrier {
        case .endToEnd: return []
        case .stream: kind = .stream
        case .datagram: kind = .datagram
        }
        var cookie = initiation.cookie
        if let age = cookie.map({ now.elapsed(since: $0.receivedAt) }),
            age >= HandshakeTimes.cookieSecret
        {
            cookie = nil
        }
        let parts = InitiationPart.parts(of: message, senderIndex: index.value, over: kind)
        return parts.map { part in
            var frame = part.encoded()
            authenticate(&frame, key: initiation.mac1Key, cookie: cookie?.bytes)
            return frame
        }
    }

    /// Writes the authenticators of a handshake frame.
    func authenticate(_ frame: inout [UInt8], key: [UInt8], cookie: [UInt8]?) {
        let mac1 = crypto.authenticator(
            of: frame.span.extracting(first: FrameMACs.coveredByMAC1(frame.count)),
            key: key
        )
        FrameMACs.setMAC1(mac1, in: &frame)
        guard let cookie else { return }
        let mac2 = crypto.authenticator(
            of: frame.span.extracting(first: FrameMACs.coveredByMAC2(frame.count)),
            key: cookie
        )
        FrameMACs.setMAC2(mac2, in: &frame)
    }

    mutating func setTimer(_ serial: UInt64, _ initiation: Initiation<Crypto.PendingInitiation>) {
        let next = initiation.flight?.retransmitAt ?? initiation.giveUpAt
        let first = min(initiation.flight?.repeatAt ?? next, next)
        timers.set(.attempt(serial), at: min(first, initiation.giveUpAt))
    }

    // MARK: - Time

    mutating func attemptDue(_ serial: UInt64, now: Instant) {
        guard let attempt = attempts[serial] else { return }
        switch attempt.stage {
        case .asking: askAgain(serial, now: now)
        case .initiating(let initiation):
            guard now < initiation.giveUpAt else { return finish(serial, .timedOut, now: now) }
            let peer = PeerCarrier(key: initiation.key, carrier: attempt.path.carrier)
            if let until = courtesyEnd(peer), now < until {
                timers.set(.attempt(serial), at: min(until, initiation.giveUpAt))
            } else if let flight = initiation.flight, flight.repeatAt != nil,
                now < flight.retransmitAt
            {
                repeatInitiation(serial)
            } else {
                sendInitiation(serial, now: now)
            }
        }
    }

    /// Until when our own attempts stand back because the peer's was answered; `nil` when they
    /// need not: our key is the smaller one, or there is nothing unconfirmed.
    func courtesyEnd(_ peer: PeerCarrier) -> Instant? {
        guard peer.key < publicKey, let next = peers[peer]?.next, let record = sessions[next] else {
            return nil
        }
        return record.createdAt + HandshakeTimes.courtesy
    }

    // MARK: - Ending

    /// Ends an attempt without a session.
    mutating func finish(_ serial: UInt64, _ failure: HandshakeFailure, now: Instant) {
        guard let attempt = attempts[serial] else { return }
        counters.attemptsFailed &+= 1
        drop(serial)
        if let id = attempt.id {
            outputs.append(.attemptFailed(id, failure))
        } else if case .initiating(let initiation) = attempt.stage {
            postponeRekey(PeerCarrier(key: initiation.key, carrier: attempt.path.carrier), now: now)
        }
    }

    /// Forgets an attempt.
    mutating func drop(_ serial: UInt64) {
        guard let attempt = attempts.removeValue(forKey: serial) else { return }
        timers.remove(.attempt(serial))
        if let id = attempt.id { serialByID[id] = nil }
        if attempt.isUnreserved { unreservedAttempts -= 1 }
        switch attempt.stage {
        case .asking(let question): serialByNonce[question.nonce] = nil
        case .initiating(let initiation):
            if let index = initiation.flight?.index { serialByIndex[index] = nil }
            let peer = PeerCarrier(key: initiation.key, carrier: attempt.path.carrier)
            peers[peer]?.attempts.removeAll { $0 == serial }
            tidy(peer)
        }
    }

    /// Forgets the slots of a peer when nothing is in them.
    mutating func tidy(_ peer: PeerCarrier) {
        if peers[peer]?.isEmpty == true { peers[peer] = nil }
    }
}
