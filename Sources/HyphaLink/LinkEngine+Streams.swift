// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaSession
import HyphaWire

/// Streams: base links that are upgraded, join another link, or end.
extension LinkEngine where Crypto: ~Copyable {
    // MARK: - Before the upgrade

    mutating func streamUp(
        _ link: LinkID,
        isDialler: Bool,
        remote: SocketAddress,
        pinnedKey: PublicKey?,
        now: Instant
    ) {
        guard links.index(of: link) == nil else { return }
        guard makeRoom(now: now) else {
            counters.linksRefused &+= 1
            command(.close(link))
            return outputs.append(.linkDown(link, .ceiling))
        }
        let mustUpgrade = configuration.isPrivate || pinnedKey != nil
        var record = LinkRecord(link, now: now)
        record.expectedKey = pinnedKey
        record.stream = StreamState(
            pathLink: link,
            remote: remote,
            isDialler: isDialler,
            mustUpgrade: mustUpgrade,
            carrier: CarrierState(.stream, now: now)
        )
        links.insert(record)
        guard mustUpgrade else { return }
        command(.sealStream(link))
        if isDialler { upgrade(link, now: now) }
    }

    mutating func identified(_ link: LinkID, _ router: RouterID, now: Instant) {
        guard let at = links.index(of: link), let stream = links[at].stream, !stream.isSealed else {
            return
        }
        if let expected = links[at].expectedKey, expected != router.publicKey {
            return end(link, .wrongKey, code: nil, now: now)
        }
        guard router.isHypha,
            Capabilities(rawValue: router.capabilities).contains(.sessions),
            router.publicKey != configuration.publicKey
        else { return }
        links[at].expectedKey = router.publicKey
        links[at].stream?.patienceUntil = now + LinkTimes.upgradePatience
        links[at].wakeAt = .zero
        outputs.append(.awaitsUpgrade(link))
        if stream.isDialler, stream.attempt == nil { upgrade(link, now: now) }
    }

    /// No longer waits for the upgrade of a stream, which may come all the same.
    mutating func loseUpgradePatience(_ at: Int) {
        guard links[at].stream?.patienceUntil != nil else { return }
        links[at].stream?.patienceUntil = nil
        outputs.append(.upgradeIsLate(links[at].id))
    }

    /// Begins the handshake over a stream.
    mutating func upgrade(_ link: LinkID, now: Instant) {
        guard let at = links.index(of: link), let stream = links[at].stream else { return }
        links[at].stream?.retryAt = nil
        let attempt = begin(
            .stream(stream.pathLink),
            .stream(stream.pathLink),
            key: links[at].key ?? links[at].expectedKey,
            now: now
        )
        guard attempts[attempt] != nil, let at = links.index(of: link) else { return }
        links[at].stream?.attempt = attempt
    }

    // MARK: - The upgrade

    /// The first or a further session of a stream is sent under from now on.
    mutating func streamKeyed(_ facts: SessionFacts, now: Instant) {
        let link = facts.link
        guard let at = links.index(of: link), links[at].stream?.isSealed == false else { return }
        links[at].stream?.isSealed = true
        links[at].stream?.patienceUntil = nil
        links[at].stream?.isInitiator = facts.isInitiator
        links[at].stream?.carrier.liveness = Liveness(.stream, now: now)
        // The responder goes on in clear until our first frame has reached it.
        command(.sealStream(link, takesClear: facts.isInitiator))
        if let other = linksByKey[facts.peer], other != link {
            return merge(link, into: other, now: now)
        }
        open(at, facts.peer, now: now)
    }

    /// A sealed stream is a link of its own.
    private mutating func open(_ at: Int, _ key: PublicKey, now: Instant) {
        let link = links[at].id
        links[at].key = key
        linksByKey[key] = link
        links[at].isUp = true
        counters.upgraded &+= 1
        command(.peer(link, key))
        outputs.append(.upgraded(link, key))
        setActive(at, .stream, now: now)
        links[at].choice = CarrierChoice(tryAt: firstTry(at, now: now))
    }

    func firstTry(_ at: Int, now: Instant) -> Instant {
        let isDialler = links[at].stream?.isDialler == true
        return now + (isDialler ? LinkTimes.firstTry : LinkTimes.courtesy)
    }

    // MARK: - Two links to one neighbour

    private mutating func merge(_ from: LinkID, into link: LinkID, now: Instant) {
        guard let at = links.index(of: link),
            let joining = links.index(of: from).flatMap({ links[$0].stream })
        else { return }
        guard let staying = links[at].stream, staying.isSealed,
            !isPreferred(joining, over: staying, key: links[at].key)
        else { return adopt(from, joining, into: link, now: now) }
        // The older stream stays, if it is alive: a neighbour that lost its state knows only the
        // younger one. So it is asked, and both are kept until it has had time to answer.
        guard let rival = links.index(of: from) else { return }
        let wait = max(LinkTimes.rivalry, staying.carrier.roundTrip.timeout)
        links[rival].rivalry = Rivalry(since: now, until: now + wait)
        links[rival].key = links[at].key
        links[rival].wakeAt = .zero
        probe(at, .stream, now: now)
    }

    /// Decides between two streams, a second after the younger one was sealed.
    mutating func settleRivalry(_ rival: LinkID, now: Instant) {
        guard let at = links.index(of: rival), let rivalry = links[at].rivalry,
            rivalry.until <= now, let joining = links[at].stream, let key = links[at].key
        else { return }
        links[at].rivalry = nil
        guard let link = linksByKey[key], let older = links.index(of: link) else {
            return open(at, key, now: now)
        }
        guard let staying = links[older].stream, staying.carrier.liveness.heardAt > rivalry.since
        else { return adopt(rival, joining, into: link, now: now) }
        retire(rival, now: now)
    }

    /// Whether the neighbour of a stream that was not upgraded has another one that was.
    func isSuperfluous(_ record: LinkRecord) -> Bool {
        guard let key = record.expectedKey, let link = linksByKey[key], link != record.id,
            let at = links.index(of: link)
        else { return false }
        return links[at].stream?.isSealed == true
    }

    /// Ends a superfluous stream, which the other end may have done first.
    mutating func retire(_ rival: LinkID, now: Instant) {
        guard let at = links.index(of: rival) else { return }
        let key = links[at].key ?? links[at].expectedKey
        let wasSealed = links[at].stream?.isSealed == true
        if let link = key.flatMap({ linksByKey[$0] }), link != rival {
            // Whoever wanted the stream has what it was for.
            dismantle(rival, now: now)
            outputs.append(.merged(stream: rival, into: link))
        } else {
            finish(rival, .replaced, now: now)
        }
        // The handshake engine took the newest session for the current one and now has none that
        // it would rekey; the end that made the stream which stays makes it a new one.
        guard wasSealed, let link = key.flatMap({ linksByKey[$0] }),
            let at = links.index(of: link), links[at].stream?.isInitiator == true
        else { return }
        upgrade(link, now: now)
    }

    /// A stream becomes the stand-by, or the only carrier, of another link.
    private mutating func adopt(
        _ from: LinkID,
        _ joining: StreamState,
        into link: LinkID,
        now: Instant
    ) {
        guard let source = links.remove(from), let at = links.index(of: link) else { return }
        let replaced = links[at].stream
        links[at].stream = joining
        links[at].capabilities = source.capabilities
        links[at].udpPort = source.udpPort
        links[at].tcpPort = source.tcpPort
        for session in joining.carrier.sessions {
            sessions[session] = sessions[session]?.moved(to: link)
        }
        counters.merged &+= 1
        command(.adoptStream(from: from, into: link))
        if links[at].isUp {
            expectAnew(at, now: now)
        } else {
            announce(at, joining.remote, dial: nil, .stream, now: now)
        }
        if links[at].choice == nil {
            links[at].choice = CarrierChoice(tryAt: firstTry(at, now: now))
        }
        outputs.append(.merged(stream: from, into: link))
        links[at].wakeAt = .zero
        if let attempt = replaced?.attempt { abandon(attempt, now: now) }
        for session in replaced?.carrier.sessions ?? [] { pass(.forget(session), now: now) }
    }

    /// Of two streams the one initiated by the smaller key stays (section 3.1); of two initiated
    /// by the same end the younger one, since the other is probably dead.
    private func isPreferred(
        _ joining: StreamState,
        over staying: StreamState,
        key: PublicKey?
    ) -> Bool {
        guard joining.isInitiator != staying.isInitiator, let key else { return true }
        return joining.isInitiator == (configuration.publicKey < key)
    }

    // MARK: - Ends

    /// A stream is gone, as the driver or the packet path says.
    mutating func streamLost(_ link: LinkID, errno: Int32, now: Instant) {
        guard let at = links.index(of: link), let stream = links[at].stream else { return }
        guard stream.isSealed else { return dismantle(link, now: now) }
        loseStream(link, .carrierLost(errno: errno), now: now)
    }

    /// The stream of a link is of no use any more.
    mutating func loseStream(_ link: LinkID, _ reason: LinkDownReason, now: Instant) {
        guard let at = links.index(of: link), let stream = links[at].stream else { return }
        guard links[at].rivalry == nil else { return retire(link, now: now) }
        if let attempt = stream.attempt { abandon(attempt, now: now) }
        guard let datagram = links[at].datagram, datagram.isEstablished,
            links[at].active == .datagram || !isSilent(datagram, links[at].choice)
        else { return finish(link, reason, now: now) }
        links[at].stream = nil
        command(.closeCarrier(link, .stream))
        for session in stream.carrier.sessions { pass(.forget(session), now: now) }
        guard let at = links.index(of: link) else { return }
        links[at].wakeAt = .zero
        outputs.append(.event(.standbyLost(link)))
        guard links[at].active != .datagram else { return }
        links[at].choice?.force()
        setActive(at, .datagram, now: now)
    }

    /// Whether UDP is resting because it did not answer.
    private func isSilent(_ datagram: DatagramState, _ choice: CarrierChoice?) -> Bool {
        choice.map { !$0.isProving && !$0.isUp } ?? true
    }
}
