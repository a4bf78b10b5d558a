// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaWire

/// What comes in, in the order of what looking at it costs.
extension HandshakeEngine where Crypto: ~Copyable {
    // MARK: - Frames

    mutating func receive(_ bytes: [UInt8], from path: HandshakePath, now: Instant) {
        guard path.carrier != .endToEnd, let frame = try? HandshakeFrame.decode(bytes.span) else {
            counters.malformed &+= 1
            return
        }
        switch frame {
        case .initiation(let part): receive(part, frame: bytes, from: path, now: now)
        case .response(let response): receive(response, frame: bytes, from: path, now: now)
        case .cookieReply(let reply): receive(reply, from: path, now: now)
        case .keyRequest(let request): receive(request, from: path, now: now)
        case .keyReply(let reply): receive(reply, from: path, now: now)
        }
    }

    private mutating func receive(
        _ part: InitiationPart,
        frame: [UInt8],
        from path: HandshakePath,
        now: Instant
    ) {
        guard part.parts == (path.carrier == .datagram ? 2 : 1) else {
            counters.malformed &+= 1
            return
        }
        let covered = frame.span.extracting(first: FrameMACs.coveredByMAC1(frame.count))
        let mac1 = crypto.authenticator(of: covered, key: mac1Key)
        guard crypto.isEqual(mac1, FrameMACs.mac1(of: frame.span)) else {
            counters.wrongMAC &+= 1
            return
        }
        let sender = SessionIndex(part.senderIndex)
        if case .datagram(let address) = path {
            let whole = gather(part, frame: frame, from: address, now: now)
            if let whole { receiveLink(whole, sender: sender, from: path, now: now) }
        } else {
            receiveLink(part.message, sender: sender, from: path, now: now)
        }
    }

    /// Keeps a part, or asks for a cookie, or puts two parts together.
    private mutating func gather(
        _ part: InitiationPart,
        frame: [UInt8],
        from address: SocketAddress,
        now: Instant
    ) -> [UInt8]? {
        counters.halvesExpired &+= UInt64(halves.expire(now: now))
        let source = HandshakeSource(.datagram(address))
        let key = HalfInitiations.Key(from: address, sender: part.senderIndex)
        // A part whose other half was let in costs no memory, so it needs no cookie either.
        if !halves.contains(key) {
            let isLoaded =
                load.exceeds(now: now) || halves.count >= Limits.halfInitiationsLoaded
                || halves.isFull(source)
            if isLoaded, !hasCookie(frame, from: address, now: now) {
                counters.partsWithoutCookie &+= 1
                replyCookie(part, frame: frame, to: address, source: source, now: now)
                return nil
            }
        }
        let (outcome, evicted) = halves.add(
            part: part.part,
            part.message,
            for: key,
            source: source,
            now: now
        )
        if evicted > 0 {
            counters.halvesEvicted &+= UInt64(evicted)
            report(.halfInitiations, now: now)
        }
        switch outcome {
        case .kept: return nil
        case .whole(let message): return message
        }
    }

    // MARK: - Cookies

    private mutating func hasCookie(
        _ frame: [UInt8],
        from address: SocketAddress,
        now: Instant
    ) -> Bool {
        let mac2 = FrameMACs.mac2(of: frame.span)
        guard mac2.contains(where: { $0 != 0 }) else { return false }
        cookieSecrets.renew(now: now, using: &random)
        let covered = frame.span.extracting(first: FrameMACs.coveredByMAC2(frame.count))
        for secret in [cookieSecrets.current, cookieSecrets.previous] where !secret.isEmpty {
            let key = cookie(for: address, secret)
            if crypto.isEqual(crypto.authenticator(of: covered, key: key), mac2) { return true }
        }
        return false
    }

    /// A cookie: proof that whoever sends it receives what is sent to this address.
    private func cookie(for address: SocketAddress, _ secret: [UInt8]) -> [UInt8] {
        var bytes: [UInt8]
        switch address.host {
        case .v4(let host):
            bytes = IPv6Address(high: 0, low: 0xffff_0000_0000 | UInt64(host.bits)).bytes
        case .v6(let host, scope: _): bytes = host.bytes
        }
        bytes.appendBigEndian(address.port)
        return crypto.authenticator(of: bytes.span, key: secret)
    }

    private mutating func replyCookie(
        _ part: InitiationPart,
        frame: [UInt8],
        to address: SocketAddress,
        source: HandshakeSource,
        now: Instant
    ) {
        var state = cookieSources[source] ?? CookieSource()
        let isAllowed =
            state.budget.take(now: now)
            && (state.isNew(now: now) || repeatedCookieBudget.take(now: now))
            && cookieBudget.take(now: now)
        if isAllowed { state.answeredAt = now }
        cookieSources.insertEvicting(state, for: source)
        guard isAllowed else {
            counters.cookieRepliesRefused &+= 1
            return
        }
        cookieSecrets.renew(now: now, using: &random)
        let nonce = random.bytes(LinkFrame.cookieNonceByteCount)
        let sealed = crypto.sealCookie(
            cookie(for: address, cookieSecrets.current),
            replier: publicKey,
            nonce: nonce,
            additionalData: FrameMACs.mac1(of: frame.span)
        )
        let reply = CookieReply(
            part: part.part,
            receiverIndex: part.senderIndex,
            nonce: nonce,
            sealedCookie: sealed
        )
        counters.cookieReplies &+= 1
        outputs.append(.send(reply.encoded(), to: .datagram(address)))
    }

    // MARK: - Whole initiations

    private mutating func receiveLink(
        _ message: [UInt8],
        sender: SessionIndex,
        from path: HandshakePath,
        now: Instant
    ) {
        guard admits(message, from: path, now: now) else { return }
        guard linkBudget.take(now: now) else {
            counters.rateLimited &+= 1
            return report(.initiations, now: now)
        }
        open(message, sender: sender, from: path, key: nil, now: now)
    }

    /// Content of an end-to-end body of a handshake type that `key` opened.
    mutating func receive(
        _ type: UInt8,
        _ content: [UInt8],
        from address: IPv6Address,
        key: PublicKey,
        now: Instant
    ) {
        if type == SessionMessage.responseType {
            return receiveResponse(content, from: address, key: key, now: now)
        }
        guard type == SessionMessage.initiationType,
            content.count == SessionMessage.initiationByteCount
        else {
            counters.malformed &+= 1
            return
        }
        let message = Array(content[4...])
        let path = HandshakePath.endToEnd(address)
        guard admits(message, from: path, now: now) else { return repeatAnswer(to: message, key) }
        let hasBudget =
            sessionBudget.take(now: now)
            || (isKnown(key, .endToEnd) && knownBudget.take(now: now))
        guard hasBudget else {
            counters.rateLimited &+= 1
            return report(.initiations, now: now)
        }
        let sender = SessionIndex(content.span.bigEndian(at: 0))
        open(message, sender: sender, from: path, key: key, now: now)
    }

    /// Whether a peer is configured, has a session, or is being tried.
    func isKnown(_ key: PublicKey, _ carrier: SessionCarrier) -> Bool {
        if isFavoured(key) { return true }
        guard let slots = peers[PeerCarrier(key: key, carrier: carrier)] else { return false }
        return slots.current != nil || !slots.attempts.isEmpty
    }

    /// Whether an initiation is new and its source below its rate.
    private mutating func admits(
        _ message: [UInt8],
        from path: HandshakePath,
        now: Instant
    ) -> Bool {
        let source = HandshakeSource(path)
        var state = sources[source] ?? HandshakeSourceState(carrier: path.carrier)
        guard let head = PublicKey(message.span.extracting(first: PublicKey.byteCount)) else {
            return false
        }
        guard !state.knows(head) else {
            counters.repeated &+= 1
            return false
        }
        let isAllowed = state.initiations.take(now: now)
        if isAllowed { state.remember(head) } else { counters.rateLimited &+= 1 }
        sources.insertEvicting(state, for: source)
        return isAllowed
    }
}
