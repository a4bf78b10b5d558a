// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaSession
import HyphaWire

/// The UDP side of links: dials, sessions, addresses, path MTU, and losing it.
extension LinkEngine where Crypto: ~Copyable {
    // MARK: - Dials

    mutating func dial(
        _ token: DialToken,
        _ address: SocketAddress,
        key: PublicKey?,
        now: Instant
    ) {
        guard dials[token] == nil else { return }
        if let key, let link = linksByKey[key], let at = links.index(of: link),
            links[at].active == .datagram
        {
            return outputs.append(.dialJoined(token, link))
        }
        guard configuration.hasDatagrams else {
            return outputs.append(.dialFailed(token, .noKeyReply))
        }
        let attempt = begin(.dial(token), .datagram(address), key: key, now: now)
        if attempts[attempt] != nil { dials[token] = attempt }
    }

    /// Looks for a node at an endpoint; a link that it has already will do.
    mutating func probe(
        _ token: DialToken,
        _ address: SocketAddress,
        key: PublicKey,
        now: Instant
    ) {
        guard dials[token] == nil else { return }
        if let link = linksByKey[key], let at = links.index(of: link), links[at].isUp {
            return outputs.append(.dialJoined(token, link))
        }
        guard configuration.hasDatagrams else {
            return outputs.append(.dialFailed(token, .noKeyReply))
        }
        let attempt = AttemptID(nextAttempt)
        nextAttempt += 1
        attempts[attempt] = .probe(token, key)
        pass(.probe(attempt, address, expecting: key), now: now)
        if attempts[attempt] != nil { dials[token] = attempt }
    }

    mutating func cancelDial(_ token: DialToken, now: Instant) {
        guard let attempt = dials.removeValue(forKey: token) else { return }
        abandon(attempt, now: now)
    }

    /// Gives an attempt up without a word.
    mutating func abandon(_ attempt: AttemptID, now: Instant) {
        attempts[attempt] = nil
        pass(.abandon(attempt), now: now)
    }

    // MARK: - Sessions

    /// The first or a further UDP session of a link is sent under from now on.
    mutating func datagramKeyed(_ facts: SessionFacts, now: Instant) {
        guard let at = links.index(of: facts.link), case .datagram(let address) = facts.path else {
            return
        }
        if let reflexive = facts.reflexive { setReflexive(at, reflexive) }
        if links[at].datagram?.isEstablished == true {
            if links[at].datagram?.roaming.current != address {
                links[at].datagram?.roaming.prove(address)
                settle(at, address, now: now)
            } else {
                links[at].datagram?.roaming.prove(address)
                command(.endpoint(facts.link, address))
            }
        } else {
            establish(at, address, now: now)
        }
        if links[at].stream?.isSealed == true {
            if links[at].choice == nil { links[at].choice = CarrierChoice(tryAt: now) }
            links[at].choice?.established(now: now)
        } else if !links[at].isUp {
            links[at].choice = CarrierChoice()
            return announce(at, address, dial: facts.dial, .datagram, now: now)
        }
        if let dial = facts.dial { outputs.append(.dialJoined(dial, facts.link)) }
    }

    private mutating func establish(_ at: Int, _ address: SocketAddress, now: Instant) {
        let ceiling = links[at].payloadCeiling(address)
        links[at].datagram?.isEstablished = true
        links[at].datagram?.roaming.prove(address)
        links[at].datagram?.mtu = PathMTUProbe(ceiling: ceiling, now: now)
        links[at].datagram?.carrier.liveness = Liveness(.datagram, now: now)
        command(.endpoint(links[at].id, address))
        command(.payloadMax(links[at].id, Limits.datagramPayloadMin))
    }

    /// Tells packet path and node of a new neighbour.
    mutating func announce(
        _ at: Int,
        _ remote: SocketAddress,
        dial: DialToken?,
        _ carrier: CarrierKind,
        now: Instant
    ) {
        guard let key = links[at].key else { return }
        links[at].isUp = true
        command(.peer(links[at].id, key))
        outputs.append(
            .linkUp(links[at].id, key, remote, dial: dial, links[at].capabilities)
        )
        setActive(at, carrier, now: now)
    }

    mutating func setActive(_ at: Int, _ carrier: CarrierKind, now: Instant) {
        guard links[at].active != carrier else { return }
        links[at].active = carrier
        if let key = links[at].key { links[at].leads = configuration.publicKey < key }
        flowed(at, now: now)
        switch carrier {
        case .datagram: links[at].datagram?.carrier.liveness.heard(at: now)
        case .stream: links[at].stream?.carrier.liveness.heard(at: now)
        }
        command(.carrier(links[at].id, carrier))
        reportCarrier(at)
    }

    private mutating func reportCarrier(_ at: Int) {
        guard let carrier = links[at].active else { return }
        let payload =
            carrier == .datagram
            ? links[at].datagram?.mtu.confirmed ?? Limits.datagramPayloadMin
            : Limits.bodyBytesMax
        outputs.append(.carrier(links[at].id, carrier, payloadMax: payload))
    }

    // MARK: - Addresses

    mutating func roamed(_ link: LinkID, to address: SocketAddress, now: Instant) {
        let token = freshToken()
        guard let at = links.index(of: link), links[at].datagram?.isEstablished == true,
            let steps = links[at].datagram?.roaming.heard(from: address, token: token, now: now)
        else { return }
        for step in steps { follow(step, at, now: now) }
        links[at].wakeAt = .zero
    }

    mutating func follow(_ step: RoamingStep, _ at: Int, now: Instant) {
        let link = links[at].id
        switch step {
        case .unproven(let address): command(.unproven(link, address))
        case .endpoint(let address): settle(at, address, now: now)
        case .challenge(let address, let token):
            let content = LivenessContent(.challenge, token: token).encoded()
            command(
                .send(link, .datagram, .liveness, content: content, padTo: nil, to: address)
            )
        }
    }

    /// Datagrams of the link go to `address` from now on.
    private mutating func settle(_ at: Int, _ address: SocketAddress, now: Instant) {
        let link = links[at].id
        command(.endpoint(link, address))
        outputs.append(.moved(link, address))
        if links[at].datagram?.mtu.restart(now: now) == true { payloadChanged(at) }
        if let current = links[at].datagram?.carrier.current {
            pass(.moved(current, to: .datagram(address)), now: now)
        }
    }

    mutating func setLocalAddresses(_ hosts: [SocketAddress.Host]) {
        localAddresses = Set(hosts)
        for i in 0..<links.count {
            guard let reflexive = links[i].datagram?.reflexive else { continue }
            setReflexive(i, reflexive)
        }
    }

    private mutating func setReflexive(_ at: Int, _ reflexive: SocketAddress) {
        links[at].datagram?.reflexive = reflexive
        // The wire has no scope; a link-local address is never behind NAT.
        let isOurs =
            localAddresses.contains(reflexive.host)
            && (configuration.udpPort == 0 || configuration.udpPort == reflexive.port)
        links[at].datagram?.isBehindNAT = !isOurs
        links[at].wakeAt = .zero
    }

    // MARK: - Path MTU

    mutating func routeMTU(_ link: LinkID, _ bytes: Int, now: Instant) {
        guard let at = links.index(of: link) else { return }
        links[at].routeMTU = bytes
        guard let endpoint = links[at].datagram?.roaming.current else { return }
        let ceiling = links[at].payloadCeiling(endpoint)
        if links[at].datagram?.mtu.limit(to: ceiling) == true { payloadChanged(at) }
        links[at].wakeAt = .zero
    }

    mutating func payloadChanged(_ at: Int) {
        guard let payload = links[at].datagram?.mtu.confirmed else { return }
        command(.payloadMax(links[at].id, payload))
        if links[at].active == .datagram { reportCarrier(at) }
    }

    // MARK: - Ends

    /// The host has no way to the neighbour.
    ///
    /// Perhaps it is just moving, so without a stand-by the link gets the time that probes take.
    mutating func datagramsRefused(_ link: LinkID, errno: Int32, now: Instant) {
        guard let at = links.index(of: link) else { return }
        if links[at].active == .datagram, links[at].stream?.isSealed != true {
            links[at].datagram?.carrier.liveness.suspect(now: now)
            links[at].wakeAt = .zero
        } else {
            loseDatagrams(link, .carrierLost(errno: errno), now: now)
        }
    }

    /// UDP of a link is silent or without keys: the stand-by takes over, or the link ends.
    mutating func loseDatagrams(_ link: LinkID, _ reason: LinkDownReason, now: Instant) {
        guard let at = links.index(of: link), let datagram = links[at].datagram else { return }
        guard links[at].stream?.isSealed == true else {
            guard links[at].isUp else { return dismantle(link, now: now) }
            if let key = links[at].key, links[at].tcpPort != 0 {
                let address = SocketAddress(
                    host: datagram.roaming.proven.host,
                    port: links[at].tcpPort
                )
                outputs.append(.dialTCP(key, address))
            }
            return finish(link, reason, now: now)
        }
        links[at].choice?.lost(now: now, random: &random)
        links[at].wakeAt = .zero
        guard links[at].active == .datagram else { return }
        counters.fellBack &+= 1
        links[at].control.restartResends(now: now)
        outputs.append(.event(.fellBack(link)))
        let heardAt = links[at].stream?.carrier.liveness.heardAt ?? now
        setActive(at, .stream, now: now)
        guard heardAt <= datagram.carrier.liveness.heardAt else { return }
        probe(at, .stream, now: now)
        links[at].stream?.carrier.liveness.hurry(now: now)
    }

    /// Ends a link and says so.
    mutating func finish(_ link: LinkID, _ reason: LinkDownReason, now: Instant) {
        guard links.index(of: link) != nil else { return }
        if reason == .silent { counters.silent &+= 1 }
        dismantle(link, now: now)
        outputs.append(.linkDown(link, reason))
    }

    /// Ends a link and says so, to the neighbour too.
    mutating func end(_ link: LinkID, _ reason: LinkDownReason, code: CloseCode?, now: Instant) {
        if let code { sendClose(link, code) }
        finish(link, reason, now: now)
    }

    /// Forgets a link with everything that belongs to it.
    mutating func dismantle(_ link: LinkID, now: Instant) {
        guard let record = links.remove(link) else { return }
        if let key = record.key, linksByKey[key] == link { linksByKey[key] = nil }
        for attempt in [record.stream?.attempt, record.datagramAttempt] {
            if let attempt { abandon(attempt, now: now) }
        }
        for session in record.sessions { pass(.forget(session), now: now) }
        command(.close(link))
    }

    /// What the driver asked for needs no answer.
    mutating func close(_ link: LinkID, _ code: CloseCode, now: Instant) {
        sendClose(link, code)
        dismantle(link, now: now)
    }

    mutating func closeAll(_ code: CloseCode, now: Instant) {
        for link in allLinks { close(link, code, now: now) }
        isClosed = true
    }

    private mutating func sendClose(_ link: LinkID, _ code: CloseCode) {
        guard let at = links.index(of: link) else { return }
        let content = LivenessContent.close(code).encoded()
        let streams = links[at].stream?.carrier.current != nil ? 1 : 0
        // Nobody repeats it; a lost one costs the neighbour a second of probing.
        let datagrams = links[at].datagram?.carrier.current != nil ? 2 : 0
        for _ in 0..<streams {
            command(.send(link, .stream, .liveness, content: content, padTo: nil, to: nil))
        }
        for _ in 0..<datagrams {
            command(.send(link, .datagram, .liveness, content: content, padTo: nil, to: nil))
        }
    }
}
