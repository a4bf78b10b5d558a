// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaWire

/// Learning the key of the node at an endpoint, and telling ours.
extension HandshakeEngine where Crypto: ~Copyable {
    // MARK: - Asking

    /// Begins an attempt to find a node at an endpoint that somebody told us.
    mutating func probe(
        _ id: AttemptID,
        _ address: SocketAddress,
        expecting key: PublicKey,
        now: Instant
    ) {
        guard serialByID[id] == nil else { return }
        counters.attempts &+= 1
        guard hasRoom(isUnreserved: false) else {
            counters.attemptsRefused &+= 1
            outputs.append(.attemptFailed(id, .ceiling))
            return report(.attempts, now: now)
        }
        guard key != publicKey else { return outputs.append(.attemptFailed(id, .ourselves)) }
        ask(id, .datagram(address), expecting: key, now: now)
    }

    /// Begins an attempt without a key, or with one that must first show itself.
    mutating func ask(
        _ id: AttemptID,
        _ path: HandshakePath,
        expecting key: PublicKey? = nil,
        now: Instant
    ) {
        guard path.carrier != .endToEnd else {
            return outputs.append(.attemptFailed(id, .unusableKey))
        }
        var nonce = UInt64.random(in: 0 ... .max, using: &random)
        while serialByNonce[nonce] != nil { nonce &+= 1 }
        let question = KeyQuestion(nonce: nonce, expected: key)
        let attempt = Attempt(id: id, path: path, isUnreserved: false, stage: .asking(question))
        let serial = add(attempt)
        serialByNonce[nonce] = serial
        askAgain(serial, now: now)
    }

    /// Sends the next key request of an attempt, or ends it.
    mutating func askAgain(_ serial: UInt64, now: Instant) {
        guard let attempt = attempts[serial], case .asking(var question) = attempt.stage else {
            return
        }
        guard question.tries < Limits.keyRequestTries else {
            return finish(serial, question.wasRefused ? .keyChanged : .noKeyReply, now: now)
        }
        question.tries += 1
        attempts[serial]?.stage = .asking(question)
        let jitter = random.duration(in: HandshakeTimes.retransmissionJitter)
        timers.set(.attempt(serial), at: now + HandshakeTimes.keyRequestGap + jitter)
        outputs.append(.send(keyRequest(question.nonce).encoded(), to: attempt.path))
    }

    private func keyRequest(_ nonce: UInt64) -> KeyRequest {
        let request = KeyRequest(nonce: nonce)
        guard let mac = crypto.keyRequestAuthenticator(of: request.covered) else { return request }
        return KeyRequest(nonce: nonce, mac: mac)
    }

    /// A key that answered one of our requests.
    mutating func receive(_ reply: KeyReply, from path: HandshakePath, now: Instant) {
        guard let serial = serialByNonce[reply.nonce], let attempt = attempts[serial],
            attempt.path == path, case .asking(var question) = attempt.stage
        else {
            counters.unexpected &+= 1
            return
        }
        if let mac = crypto.keyRequestAuthenticator(of: reply.covered) {
            guard let given = reply.mac, crypto.isEqual(mac, given) else {
                counters.wrongMAC &+= 1
                return
            }
        }
        if let expected = question.expected {
            return found(serial, reply.publicKey, expected, question.nonce, now: now)
        }
        guard reply.publicKey != publicKey else { return finish(serial, .ourselves, now: now) }
        guard accepts(reply.publicKey, at: path, now: now) else {
            question.wasRefused = true
            attempts[serial]?.stage = .asking(question)
            return
        }
        serialByNonce[question.nonce] = nil
        let initiation = initiation(reply.publicKey, isAsked: true, now: now)
        attempts[serial]?.stage = .initiating(initiation)
        link(serial, to: PeerCarrier(key: reply.publicKey, carrier: path.carrier))
        sendInitiation(serial, now: now)
    }

    /// Somebody answered where a certain node was looked for.
    private mutating func found(
        _ serial: UInt64,
        _ key: PublicKey,
        _ expected: PublicKey,
        _ nonce: UInt64,
        now: Instant
    ) {
        guard key == expected else { return finish(serial, .keyChanged, now: now) }
        let peer = PeerCarrier(key: key, carrier: .datagram)
        // The node was faster, from its side.
        guard peers[peer]?.current == nil else { return finish(serial, .superseded, now: now) }
        serialByNonce[nonce] = nil
        let initiation = initiation(key, isAsked: false, now: now)
        attempts[serial]?.stage = .initiating(initiation)
        link(serial, to: peer)
        if let until = courtesyEnd(peer), now < until {
            // Its own message 1 was answered: most likely there is nothing left to do.
            timers.set(.attempt(serial), at: until)
        } else {
            sendInitiation(serial, now: now)
        }
    }

    /// Whether the key that answers at an endpoint may be tried.
    private mutating func accepts(
        _ key: PublicKey,
        at path: HandshakePath,
        now: Instant
    ) -> Bool {
        guard case .datagram(let address) = path, var memory = remembered[address] else {
            return true
        }
        let verdict = memory.judge(key, now: now)
        remembered.insertEvicting(memory, for: address)
        switch verdict {
        case .known: return true
        case .refused(let isNew):
            counters.keyChangesRefused &+= 1
            if isNew {
                let event = HandshakeEvent.keyChangeRefused(
                    address,
                    remembered: memory.key,
                    offered: key
                )
                outputs.append(.event(event))
            }
            return false
        case .changed:
            outputs.append(.event(.keyChanged(address, from: memory.key, to: key)))
            return true
        }
    }

    // MARK: - Answering

    /// Somebody wants to know our key.
    mutating func receive(_ request: KeyRequest, from path: HandshakePath, now: Instant) {
        counters.keyRequests &+= 1
        if let mac = crypto.keyRequestAuthenticator(of: request.covered) {
            guard crypto.isEqual(mac, request.mac) else {
                counters.wrongMAC &+= 1
                return
            }
        }
        guard configuration.answersKeyRequests, keyReplyBudget.take(now: now) else {
            counters.keyRepliesRefused &+= 1
            return
        }
        let bare = KeyReply(nonce: request.nonce, publicKey: publicKey)
        let mac = crypto.keyRequestAuthenticator(of: bare.covered)
        let reply = KeyReply(nonce: request.nonce, publicKey: publicKey, mac: mac)
        counters.keyReplies &+= 1
        outputs.append(.send(reply.encoded(), to: path))
    }
}
