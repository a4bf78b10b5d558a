// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaWire

/// What comes back for our message 1: message 2, or a cookie.
extension HandshakeEngine where Crypto: ~Copyable {
    // MARK: - Message 2

    /// A response over a link's carrier.
    mutating func receive(
        _ response: HandshakeResponse,
        frame: [UInt8],
        from path: HandshakePath,
        now: Instant
    ) {
        let covered = frame.span.extracting(first: FrameMACs.coveredByMAC1(frame.count))
        let mac1 = crypto.authenticator(of: covered, key: mac1Key)
        guard crypto.isEqual(mac1, FrameMACs.mac1(of: frame.span)) else {
            counters.wrongMAC &+= 1
            return
        }
        guard let serial = serialByIndex[SessionIndex(response.receiverIndex)],
            let attempt = attempts[serial], answers(path, attempt.path)
        else {
            counters.unexpected &+= 1
            return
        }
        complete(serial, response.message, remote: SessionIndex(response.senderIndex), now: now)
    }

    /// Whether a response may come over `path` to what was sent over `sent`: a host of several
    /// addresses may answer from another one than we sent to, and the index was secret enough.
    private func answers(_ path: HandshakePath, _ sent: HandshakePath) -> Bool {
        switch (path, sent) {
        case (.datagram, .datagram): true
        case (.endToEnd(let from), .endToEnd(let to)): from.high == to.high
        case (.datagram, _), (.stream, _), (.endToEnd, _): path == sent
        }
    }

    /// A response in an end-to-end body that `key` opened.
    mutating func receiveResponse(
        _ content: [UInt8],
        from address: IPv6Address,
        key: PublicKey,
        now: Instant
    ) {
        guard content.count == SessionMessage.responseByteCount else {
            counters.malformed &+= 1
            return
        }
        let remote: UInt32 = content.span.bigEndian(at: 0)
        let local: UInt32 = content.span.bigEndian(at: 4)
        guard let serial = serialByIndex[SessionIndex(local)], let attempt = attempts[serial],
            answers(.endToEnd(address), attempt.path),
            case .initiating(let initiation) = attempt.stage, initiation.key == key
        else {
            counters.unexpected &+= 1
            return
        }
        complete(serial, Array(content[8...]), remote: SessionIndex(remote), now: now)
    }

    private mutating func complete(
        _ serial: UInt64,
        _ message: [UInt8],
        remote: SessionIndex,
        now: Instant
    ) {
        guard let attempt = attempts[serial], case .initiating(var initiation) = attempt.stage,
            var flight = initiation.flight
        else { return }
        let peer = PeerCarrier(key: initiation.key, carrier: attempt.path.carrier)
        // The peer's message 1 was answered and goes on: installing ours too would leave the two
        // ends with different current sessions.
        if let until = courtesyEnd(peer), now < until {
            counters.yielded &+= 1
            return
        }
        guard flight.responses < Limits.responsesPerInitiationMax else {
            counters.repliesIgnored &+= 1
            return
        }
        flight.responses += 1
        initiation.flight = flight
        attempts[serial]?.stage = .initiating(initiation)
        guard let (payload, keys) = crypto.complete(flight.pending, message: message),
            let about = PeerAnnouncement(response: payload, carrier: peer.carrier)
        else {
            counters.forgedResponses &+= 1
            return
        }
        guard makeRoom(for: peer, isStranger: false, now: now) else {
            return finish(serial, .ceiling, now: now)
        }
        drop(serial)
        let session = EstablishedSession(
            localIndex: flight.index,
            remoteIndex: remote,
            peer: peer.key,
            path: attempt.path,
            isInitiator: true,
            keys: keys,
            attempt: attempt.id,
            about: about,
            isRekey: peers[peer]?.current != nil
        )
        counters.completed &+= 1
        if initiation.isAsked, case .datagram(let address) = attempt.path {
            remembered.insertEvicting(RememberedKey(key: peer.key), for: address)
        }
        record(session, peer, isStranger: false, isConfirmed: true, now: now)
        outputs.append(.install(session))
        promote(flight.index, of: peer)
        dropRekeys(of: peer)
    }

    // MARK: - Cookies

    /// The other end is under load and wants our message 1 again with a cookie.
    mutating func receive(_ reply: CookieReply, from path: HandshakePath, now: Instant) {
        guard let serial = serialByIndex[SessionIndex(reply.receiverIndex)],
            let attempt = attempts[serial], attempt.path == path,
            case .initiating(var initiation) = attempt.stage, var flight = initiation.flight,
            Int(reply.part) < flight.frames.count
        else {
            counters.unexpected &+= 1
            return
        }
        guard flight.cookies < Limits.cookiesPerInitiationMax else {
            counters.repliesIgnored &+= 1
            return
        }
        let frame = flight.frames[Int(reply.part)]
        let opened = crypto.openCookie(
            reply.sealedCookie,
            replier: initiation.key,
            nonce: reply.nonce,
            additionalData: FrameMACs.mac1(of: frame.span)
        )
        guard let opened else {
            counters.unexpected &+= 1
            return
        }
        // Both parts are answered with the same cookie; one repetition is enough.
        guard flight.cookies == 0 || initiation.cookie?.bytes != opened else { return }
        flight.cookies += 1
        initiation.cookie = Cookie(bytes: opened, receivedAt: now)
        for i in flight.frames.indices {
            authenticate(&flight.frames[i], key: initiation.mac1Key, cookie: opened)
        }
        let response = now + (HandshakeTimes.retransmissions.first ?? .zero)
        flight.retransmitAt = max(flight.retransmitAt, response)
        initiation.flight = flight
        attempts[serial]?.stage = .initiating(initiation)
        setTimer(serial, initiation)
        counters.cookiesUsed &+= 1
        for frame in flight.frames { outputs.append(.send(frame, to: path)) }
    }
}
