// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaSession
import HyphaWire

/// What the handshake engine says, turned into carriers.
extension LinkEngine where Crypto: ~Copyable {
    /// Hands an input to the handshake engine and does what it wants.
    ///
    /// Doing so may lead to further inputs, which wait until the engine was drained.
    mutating func pass(_ input: HandshakeInput, now: Instant) {
        handshakes.handle(input, now: now)
        var wanted: [HandshakeOutput] = []
        // What is removed comes last, or a carrier would seem to be without keys just before the
        // next session is used.
        var unwanted: [SessionIndex] = []
        while let output = handshakes.nextOutput() {
            if case .remove(let index) = output {
                unwanted.append(index)
            } else {
                wanted.append(output)
            }
        }
        for output in wanted { follow(output, now: now) }
        for index in unwanted { removed(index, now: now) }
    }

    private mutating func follow(_ output: HandshakeOutput, now: Instant) {
        switch output {
        case .send(let frame, .datagram(let address)):
            command(.sendDatagram(frame, to: address))
        case .send(let frame, .stream(let path)):
            guard let at = streamIndex(path) else { return }
            command(.sendOnStream(links[at].id, frame))
        case .send(_, .endToEnd), .sendMessage: break
        case .install(let session): install(session, now: now)
        case .use(let index): use(index, now: now)
        case .remove(let index): removed(index, now: now)
        case .attemptFailed(let attempt, let failure): failed(attempt, failure, now: now)
        case .timestamp(let timestamp): outputs.append(.timestamp(timestamp))
        case .event(let event): outputs.append(.event(.handshake(event)))
        }
    }

    /// The link that holds the stream which the handshake engine knows as `path`.
    func streamIndex(_ path: LinkID) -> Int? {
        if let at = links.index(of: path), links[at].stream?.pathLink == path { return at }
        for i in 0..<links.count where links[i].stream?.pathLink == path { return i }
        return nil
    }

    // MARK: - Keys

    private mutating func install(_ session: EstablishedSession, now: Instant) {
        let dial = session.attempt.flatMap { attempts[$0]?.dial }
        if let attempt = session.attempt { endAttempt(attempt) }
        let link: LinkID
        let kind: CarrierKind
        switch session.path {
        case .endToEnd: return
        case .stream(let path):
            guard let at = streamIndex(path) else {
                return pass(.forget(session.localIndex), now: now)
            }
            if let expected = links[at].expectedKey, expected != session.peer {
                pass(.forget(session.localIndex), now: now)
                return end(links[at].id, .wrongKey, code: nil, now: now)
            }
            link = links[at].id
            kind = .stream
            links[at].stream?.carrier.sessions.append(session.localIndex)
        case .datagram(let address):
            guard let at = datagramIndex(session, address, now: now) else {
                if let dial { outputs.append(.dialFailed(dial, .ceiling)) }
                return pass(.forget(session.localIndex), now: now)
            }
            link = links[at].id
            kind = .datagram
            links[at].datagram?.carrier.sessions.append(session.localIndex)
        }
        sessions[session.localIndex] = SessionFacts(
            session: session.localIndex,
            link: link,
            kind: kind,
            path: session.path,
            peer: session.peer,
            isInitiator: session.isInitiator,
            dial: dial,
            capabilities: session.capabilities,
            carrierMTU: session.carrierMTU,
            udpPort: session.udpPort,
            tcpPort: session.tcpPort,
            reflexive: session.reflexive
        )
        command(
            .install(
                link,
                kind,
                local: session.localIndex,
                remote: session.remoteIndex,
                session.keys
            )
        )
    }

    /// The link for a UDP session, made if there is none; `nil` when there is no room.
    private mutating func datagramIndex(
        _ session: EstablishedSession,
        _ address: SocketAddress,
        now: Instant
    ) -> Int? {
        let link: LinkID
        if let known = linksByKey[session.peer] {
            link = known
        } else {
            guard makeRoom(now: now) else {
                counters.linksRefused &+= 1
                return nil
            }
            link = LinkID(nextLink)
            nextLink += 1
            var record = LinkRecord(link, now: now)
            record.key = session.peer
            links.insert(record)
            linksByKey[session.peer] = link
        }
        guard let at = links.index(of: link) else { return nil }
        if links[at].datagram == nil {
            links[at].datagram = DatagramState(
                endpoint: address,
                ceiling: links[at].payloadCeiling(address),
                now: now
            )
        }
        return at
    }

    /// Whether one more link fits; what nobody has confirmed gives way.
    mutating func makeRoom(now: Instant) -> Bool {
        guard links.count >= Limits.neighboursMax else { return true }
        var oldest: Int?
        for i in 0..<links.count where !links[i].isUp && links[i].stream == nil {
            if oldest.map({ links[i].bornAt < links[$0].bornAt }) ?? true { oldest = i }
        }
        guard let oldest else { return false }
        counters.unconfirmedEvicted &+= 1
        dismantle(links[oldest].id, now: now)
        return true
    }

    private mutating func use(_ index: SessionIndex, now: Instant) {
        guard let facts = sessions[index], let at = links.index(of: facts.link) else { return }
        let link = facts.link
        lastConfirmed = link
        command(.use(link, facts.kind, local: index))
        let isFollowing: Bool
        switch facts.kind {
        case .stream:
            isFollowing = links[at].stream?.carrier.current != nil
            links[at].stream?.carrier.current = index
            links[at].stream?.carrier.keyedAt = now
        case .datagram:
            isFollowing = links[at].datagram?.carrier.current != nil
            links[at].datagram?.carrier.current = index
            links[at].datagram?.carrier.keyedAt = now
        }
        if facts.isInitiator {
            command(.send(link, facts.kind, .liveness, content: [], padTo: nil, to: nil))
        }
        links[at].capabilities = facts.capabilities
        links[at].udpPort = facts.udpPort
        links[at].tcpPort = facts.tcpPort
        if facts.kind == .datagram { links[at].carrierMTU = facts.carrierMTU }
        links[at].wakeAt = .zero
        if isFollowing || links[at].isUp { expectAnew(at, now: now) }
        switch facts.kind {
        case .stream: streamKeyed(facts, now: now)
        case .datagram: datagramKeyed(facts, now: now)
        }
    }

    /// A new session on a link that works already: perhaps the neighbour has started anew, and
    /// what it then says first must be heard before anything of the old count is repeated to it.
    mutating func expectAnew(_ at: Int, now: Instant) {
        links[at].rekeyedAt = now
        // A link as young as this has no former life, and its first Updates are waited for.
        guard let acknowledgedAt = links[at].firstAcknowledgedAt,
            now.elapsed(since: acknowledgedAt) > LinkTimes.acknowledgementSettled
        else { return }
        let wait = max(LinkTimes.controlHeld, links[at].roundTrip.smoothed * 2)
        links[at].controlHeldUntil = now + wait
    }

    private mutating func removed(_ index: SessionIndex, now: Instant) {
        guard let facts = sessions.removeValue(forKey: index) else { return }
        command(.remove(local: index))
        guard let at = links.index(of: facts.link) else { return }
        switch facts.kind {
        case .stream:
            links[at].stream?.carrier.sessions.removeAll { $0 == index }
            guard links[at].stream?.carrier.current == index else { return }
            links[at].stream?.carrier.current = nil
            loseStream(facts.link, .keysLost, now: now)
        case .datagram:
            links[at].datagram?.carrier.sessions.removeAll { $0 == index }
            if links[at].datagram?.carrier.current == index {
                links[at].datagram?.carrier.current = nil
                links[at].datagram?.isEstablished = false
                loseDatagrams(facts.link, .keysLost, now: now)
            } else if !links[at].isUp, links[at].stream == nil,
                links[at].datagram?.carrier.sessions.isEmpty ?? true
            {
                dismantle(facts.link, now: now)
            }
        }
    }

    // MARK: - Attempts

    private mutating func failed(
        _ attempt: AttemptID,
        _ failure: HandshakeFailure,
        now: Instant
    ) {
        let purpose = attempts[attempt]
        endAttempt(attempt)
        switch purpose {
        case nil: break
        case .dial(let token):
            if failure == .superseded, let link = lastConfirmed {
                outputs.append(.dialJoined(token, link))
            } else {
                outputs.append(.dialFailed(token, failure))
            }
        case .probe(let token, let key):
            if failure == .superseded, let link = linksByKey[key] {
                outputs.append(.dialJoined(token, link))
            } else {
                outputs.append(.dialFailed(token, failure))
            }
        case .datagram(let link):
            guard let at = links.index(of: link) else { return }
            links[at].datagramAttempt = nil
            links[at].choice?.failed(now: now, random: &random)
            links[at].wakeAt = .zero
        case .stream(let path):
            guard let at = streamIndex(path) else { return }
            let link = links[at].id
            links[at].stream?.attempt = nil
            guard failure != .superseded else {
                // Another stream to this neighbour was faster; one of the two is enough.
                guard links[at].stream?.isSealed == false else { return }
                links[at].stream?.retryAt = now + LinkTimes.rivalry
                links[at].wakeAt = .zero
                return
            }
            if links[at].stream?.mustUpgrade == true, links[at].stream?.isSealed == false {
                end(link, .notUpgraded(failure), code: nil, now: now)
            } else {
                links[at].stream?.retryAt = now + LinkTimes.upgradeAgain
                links[at].wakeAt = .zero
                loseUpgradePatience(at)
                outputs.append(.event(.upgradeFailed(link, failure)))
            }
        }
    }

    private mutating func endAttempt(_ attempt: AttemptID) {
        guard let purpose = attempts.removeValue(forKey: attempt) else { return }
        switch purpose {
        case .dial(let token), .probe(let token, _): dials[token] = nil
        case .datagram(let link):
            if let at = links.index(of: link) { links[at].datagramAttempt = nil }
        case .stream(let link):
            if let at = streamIndex(link) { links[at].stream?.attempt = nil }
        }
    }
}
