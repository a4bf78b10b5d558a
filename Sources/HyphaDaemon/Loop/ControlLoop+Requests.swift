// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaControl
import HyphaCrypto
import HyphaDataPlane
import HyphaLink
import HyphaNode
import HyphaPeering
import HyphaRouting
import Synchronization

extension ControlLoop {
    /// Carries out one request of the control socket.
    ///
    /// - Throws: ``ControlError`` with the remedy; nothing has changed then.
    mutating func carryOut(_ request: ControlRequest) throws(ControlError) -> ControlAnswer {
        switch request {
        case .status: return .status(status())
        case .whoami: return .identity(IdentityAnswer(identity.publicKey))
        case .peersList: return .peers(PeersAnswer(peers()))
        case .peersAdd(let endpoint): return try add(endpoint)
        case .peersRemove(let endpoint): return try remove(endpoint)
        case .peersForget(let address): return try forgetNode(address)
        case .whois(let address, port: _): return .whois(whois(address))
        case .sessionsList(let page): return .sessions(sessionsAnswer(page))
        case .routesSelected(let page):
            return .routes(routes(page, of: node.selectedRoutes(now: now)))
        case .routesFallback(let page):
            return .routes(routes(page, of: node.fallbackRoutes(now: now)))
        case .routesQueried: return .queried(QueriedAnswer(queried()))
        case .configShow: return .configuration(ConfigurationAnswer(settings.effective))
        }
    }

    // MARK: - Peers

    private mutating func add(_ endpoint: Endpoint) throws(ControlError) -> ControlAnswer {
        switch node.addition(of: endpoint) {
        case .possible: break
        case .known: throw .peerExists(endpoint)
        case .full: throw .tooManyPeers(ceiling: Limits.staticPeersMax)
        }
        feed(.addPeer(endpoint))
        log.write(.peerAdded(endpoint))
        return .peerChanged(PeerChangeAnswer(endpoint))
    }

    private mutating func remove(_ endpoint: Endpoint) throws(ControlError) -> ControlAnswer {
        guard node.hasPeer(endpoint) else { throw .peerUnknown(endpoint) }
        feed(.removePeer(endpoint))
        log.write(.peerRemoved(endpoint))
        return .peerChanged(PeerChangeAnswer(endpoint))
    }

    /// Peers that are dialled, with their links, and links that came in.
    private func peers() -> [PeerAnswer] {
        let links = node.linkSnapshots()
        var answers = node.peerSnapshots().map { peer in
            answer(peer, links: links)
        }
        for link in links where link.peer == nil {
            var answer = PeerAnswer(
                endpoint: nil,
                remote: link.remote.description,
                origin: .inbound,
                state: .connected
            )
            describe(link, in: &answer)
            answers.append(answer)
        }
        return answers
    }

    private func answer(_ peer: PeerSnapshot, links: [NodeLinkSnapshot]) -> PeerAnswer {
        var answer: PeerAnswer
        switch peer.address {
        case .endpoint(let endpoint):
            answer = PeerAnswer(
                endpoint: endpoint.description,
                remote: nil,
                origin: .static,
                state: .waiting
            )
        case .discovered(let address):
            answer = PeerAnswer(
                endpoint: nil,
                remote: address.description,
                origin: .discovered,
                state: .waiting
            )
        case .direct(let address):
            answer = PeerAnswer(
                endpoint: nil,
                remote: address.description,
                origin: .direct,
                state: .waiting
            )
        }
        answer.attempts = peer.attempts
        answer.lastError = peer.lastFailure.map(Self.words)
        if let key = peer.publicKey { describe(key, in: &answer) }
        switch peer.state {
        case .waiting(let until):
            answer.nextAttemptSeconds = Self.seconds(until.elapsed(since: now))
        case .dialling: answer.state = .connecting
        case .connected(let link):
            // A stream that says nothing before its handshake is not one of the links yet.
            answer.state = .connecting
            if let link = links.first(where: { $0.link == link }) {
                answer.state = .connected
                answer.remote = link.remote.description
                describe(link, in: &answer)
            }
        }
        return answer
    }

    private func describe(_ link: NodeLinkSnapshot, in answer: inout PeerAnswer) {
        answer.link = link.link.value
        answer.carrier = .baseTCP
        if let sealed = link.sealed, let active = sealed.active {
            answer.carrier = active == .datagram ? .udp : .sealedTCP
            answer.isSealed = true
            answer.pathMTU = sealed.hasDatagrams ? sealed.payloadMax : nil
            answer.datagramRemote = sealed.hasDatagrams ? sealed.endpoint?.description : nil
            if let key = sealed.key { describe(key, in: &answer) }
        }
        answer.cost = link.monitor.cost.value
        answer.roundTripMilliseconds = link.monitor.smoothedRoundTrip.map { Self.seconds($0) * 1e3 }
        answer.connectedSeconds = Self.seconds(now.elapsed(since: link.since))
        if let key = link.routerID?.publicKey { describe(key, in: &answer) }
        guard let counters = links[link.link]?.counters else { return }
        answer.received = counters.received
        answer.sent = counters.sent
    }

    private func describe(_ key: PublicKey, in answer: inout PeerAnswer) {
        answer.publicKey = key.description
        answer.overlayAddress = IPv6Address(derivedFrom: key).description
    }

    /// A failure in a few words.
    static func words(_ failure: PeerFailure) -> String {
        switch failure {
        case .dial(.refused): "connection refused"
        case .dial(.timedOut): "no answer in \(Limits.dialTimeout.milliseconds / 1000) s"
        case .dial(.unreachable): "no way to the address"
        case .dial(.unresolved): "the name has no address"
        case .dial(.exhausted): "out of descriptors, ports or memory"
        case .dial(.notOffered): "this node speaks the base protocol only"
        case .dial(.other): "the connection failed"
        case .noAnswer: "no answer"
        case .linkLost: "the link ended"
        case .dial(.ourselves), .ourselves: "this is our own address"
        case .noRoom: "all links are taken"
        }
    }

    // MARK: - Routes

    private func routes(_ page: RoutePage, of all: [RouteSnapshot]) -> RoutesAnswer {
        let (entries, next) = page.part(of: all) { $0.prefix }
        return RoutesAnswer(
            routes: entries.compactMap { describe($0) },
            total: all.count,
            next: next
        )
    }

    private func describe(_ route: RouteSnapshot) -> RouteAnswer? {
        guard let link = route.link, let remote = links[link]?.remote else { return nil }
        return RouteAnswer(
            subnet: route.prefix,
            nextHop: remote,
            link: link,
            metric: route.totalMetric,
            seqno: route.seqno,
            routerID: route.routerID,
            expiresSeconds: Self.seconds(route.remaining),
            isDirect: route.metric == .zero,
            isSelected: route.isSelected
        )
    }

    private func queried() -> [QueriedSubnet] {
        node.queriedPrefixes(now: now).map { query in
            QueriedSubnet(
                subnet: query.prefix,
                remainingSeconds: Self.seconds(query.remaining)
            )
        }
    }

    static func seconds(_ duration: Duration) -> Double { Double(duration.nanoseconds) / 1e9 }
}
