// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaWire

/// A peer's message 1, and our answer.
extension HandshakeEngine where Crypto: ~Copyable {
    /// Does the mathematics of a message 1 and answers a genuine and new one.
    ///
    /// - Parameters:
    ///   - message: Noise message 1.
    ///   - sender: The peer's index.
    ///   - path: Where it came from.
    ///   - key: The key that opened the base body around it, on an end-to-end path.
    ///   - now: The present.
    mutating func open(
        _ message: [UInt8],
        sender: SessionIndex,
        from path: HandshakePath,
        key: PublicKey?,
        now: Instant
    ) {
        counters.initiationsOpened &+= 1
        let scope: SessionScope = path.carrier == .endToEnd ? .endToEnd : .link
        guard let opened = crypto.receive(scope, initiation: message),
            key == nil || key == opened.initiator,
            let about = PeerAnnouncement(initiation: opened.payload, carrier: path.carrier),
            let timestamp = about.timestamp
        else {
            counters.forgedInitiations &+= 1
            return
        }
        guard opened.initiator != publicKey else {
            counters.fromOurselves &+= 1
            return outputs.append(.event(.ourselves(path)))
        }
        let peer = PeerCarrier(key: opened.initiator, carrier: path.carrier)
        if let greatest = timestamps[peer], timestamp <= greatest {
            counters.replayed &+= 1
            return
        }
        timestamps.insertEvicting(timestamp, for: peer)
        guard !hasPrecedence(over: peer, now: now) else {
            counters.yielded &+= 1
            return outputs.append(.event(.simultaneous(peer.key, peer.carrier, peerWins: false)))
        }
        let isStranger = !isFavoured(peer.key)
        guard makeRoom(for: peer, isStranger: isStranger, now: now) else {
            counters.sessionsRefused &+= 1
            return report(.sessions, now: now)
        }
        let response = crypto.respond(opened.pending, payload: payload2(path))
        guard let (answer, keys) = response else {
            counters.forgedInitiations &+= 1
            return
        }
        if peers[peer]?.attempts.isEmpty == false {
            outputs.append(.event(.simultaneous(peer.key, peer.carrier, peerWins: true)))
        }
        let session = EstablishedSession(
            localIndex: freshIndex(),
            remoteIndex: sender,
            peer: peer.key,
            path: path,
            isInitiator: false,
            keys: keys,
            attempt: nil,
            about: about,
            isRekey: peers[peer]?.current != nil
        )
        install(session, peer, isStranger: isStranger, now: now)
        send(answer, for: session, to: message)
    }

    /// Sends message 2 of an end-to-end handshake once more, if the same message 1 came again and
    /// nobody has sent under the session since: one of the two may have been lost.
    mutating func repeatAnswer(to message: [UInt8], _ key: PublicKey) {
        guard let index = peers[PeerCarrier(key: key, carrier: .endToEnd)]?.next,
            let answer = sessions[index]?.answer,
            answer.head == PublicKey(message.span.extracting(first: PublicKey.byteCount))
        else { return }
        sessions[index]?.answer = nil
        counters.answersRepeated &+= 1
        let type = SessionMessage.responseType
        outputs.append(.sendMessage(type, answer.content, to: answer.address))
    }

    /// Whether our own message 1 goes before the peer's, which then stays unanswered.
    ///
    /// Only the smaller key's does, only while a response to it may still come, and only once an
    /// attempt: where the peer does not hear us at all, its next message 1 is answered.
    private mutating func hasPrecedence(over peer: PeerCarrier, now: Instant) -> Bool {
        guard publicKey < peer.key else { return false }
        for serial in peers[peer]?.attempts ?? [] {
            guard case .initiating(var initiation) = attempts[serial]?.stage,
                !initiation.wasPreferred, let flight = initiation.flight,
                now.elapsed(since: flight.sentAt) < HandshakeTimes.precedence
            else { continue }
            initiation.wasPreferred = true
            attempts[serial]?.stage = .initiating(initiation)
            return true
        }
        return false
    }

    private func payload2(_ path: HandshakePath) -> [UInt8] {
        switch path {
        case .endToEnd:
            return SessionPayload2(
                capabilities: configuration.capabilities,
                innerMTU: configuration.innerMTU
            ).encoded()
        case .datagram, .stream:
            var reflexive: SocketAddress?
            if case .datagram(let address) = path { reflexive = address }
            return LinkPayload2(
                capabilities: configuration.capabilities,
                carrierMTU: configuration.carrierMTU,
                udpPort: configuration.udpPort,
                tcpPort: configuration.tcpPort,
                reflexive: reflexive
            ).encoded()
        }
    }

    /// Puts a session into the slot *next*, in place of what is there.
    private mutating func install(
        _ session: EstablishedSession,
        _ peer: PeerCarrier,
        isStranger: Bool,
        now: Instant
    ) {
        if let old = peers[peer]?.next { remove(old) }
        let index = session.localIndex
        record(session, peer, isStranger: isStranger, isConfirmed: false, now: now)
        peers[peer, default: PeerSlots()].next = index
        let isKnown = !isStranger || peers[peer]?.current != nil
        if !isKnown {
            makeUnconfirmedRoom(unconfirmedStrangers, now: now)
            unconfirmedStrangers.insert(true, for: index)
        } else {
            makeUnconfirmedRoom(unconfirmedKnown, now: now)
            unconfirmedKnown.insert(true, for: index)
        }
        outputs.append(.install(session))
    }

    private mutating func makeUnconfirmedRoom(
        _ table: RecencyTable<SessionIndex, Bool>,
        now: Instant
    ) {
        guard table.isFull, let oldest = table.oldestKey else { return }
        counters.unconfirmedEvicted &+= 1
        remove(oldest)
        report(.unconfirmed, now: now)
    }

    private mutating func send(
        _ answer: [UInt8],
        for session: EstablishedSession,
        to message: [UInt8]
    ) {
        counters.answered &+= 1
        let (local, remote) = (session.localIndex.value, session.remoteIndex.value)
        if case .endToEnd(let address) = session.path {
            let content = SessionMessage.response(sender: local, receiver: remote, message: answer)
            if let head = PublicKey(message.span.extracting(first: PublicKey.byteCount)) {
                sessions[session.localIndex]?.answer = HandshakeAnswer(
                    head: head,
                    content: content,
                    address: address
                )
            }
            return outputs.append(
                .sendMessage(SessionMessage.responseType, content, to: address)
            )
        }
        var frame = HandshakeResponse(
            senderIndex: local,
            receiverIndex: remote,
            message: answer
        ).encoded()
        authenticate(&frame, key: crypto.mac1Key(for: session.peer), cookie: nil)
        outputs.append(.send(frame, to: session.path))
    }
}
