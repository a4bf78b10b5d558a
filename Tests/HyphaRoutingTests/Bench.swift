// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaRouting
import HyphaWire

/// One engine with scripted neighbours: what the black-box suite does over sockets, in virtual time.
final class Bench {
    var engine: RoutingEngine<SplitMix64>
    var now = Instant.zero
    let identity: RouterID
    /// What each link was sent since its last ``take(_:)``.
    private var sent: [LinkID: [ControlTLV]] = [:]
    /// Outputs other than transmissions since the last ``takeNews()``.
    private var news: [RoutingOutput] = []
    private var linkCount: UInt32 = 0

    /// A base node keeps its zone at 0, so that links start as towards base nodes.
    init(_ configuration: RoutingConfiguration = RoutingConfiguration(), seed: UInt64 = 1) {
        identity = RouterID(publicKey: Peer.key(1000), zone: 0, tail: 1)
        engine = RoutingEngine(
            configuration: configuration,
            identity: identity,
            random: SplitMix64(seed: seed),
            now: now
        )
    }

    /// Brings a link up and forgets the greeting on it.
    ///
    /// With a path MTU it is a link to a Hypha node.
    func link(cost: UInt16 = 10, isConfigured: Bool = false, pathMTU: UInt16? = nil) -> LinkID {
        linkCount += 1
        let link = LinkID(linkCount)
        handle(
            .linkUp(
                link,
                cost: Metric(cost),
                isConfigured: isConfigured,
                isExtended: pathMTU != nil
            )
        )
        if let pathMTU { handle(.linkPathMTU(link, pathMTU)) }
        _ = take(link)
        return link
    }

    func handle(_ input: RoutingInput) {
        engine.handle(input, now: now)
        while let output = engine.nextOutput() {
            if case .transmit(let link, let tlv) = output {
                sent[link, default: []].append(tlv)
            } else {
                news.append(output)
            }
        }
    }

    /// Lets time pass, with every deadline kept on the way.
    func pass(_ duration: Duration) {
        let end = now + duration
        while let deadline = engine.nextDeadline(), deadline.instant <= end {
            now = max(now, deadline.instant)
            handle(.timer)
        }
        now = end
    }

    /// What a link was sent since the last call.
    func take(_ link: LinkID) -> [ControlTLV] {
        sent.removeValue(forKey: link) ?? []
    }

    func takeUpdates(_ link: LinkID) -> [Update] {
        take(link).compactMap { if case .update(let update) = $0 { update } else { nil } }
    }

    func takeRouteRequests(_ link: LinkID) -> [RouteRequest] {
        take(link).compactMap { if case .routeRequest(let request) = $0 { request } else { nil } }
    }

    func takeSeqnoRequests(_ link: LinkID) -> [SeqnoRequest] {
        take(link).compactMap { if case .seqnoRequest(let request) = $0 { request } else { nil } }
    }

    /// Forgets what was sent so far.
    func settle() {
        sent = [:]
        news = []
    }

    func takeNews() -> [RoutingOutput] {
        defer { news = [] }
        return news
    }

    func takeStates(of prefix: Prefix) -> [RouteState?] {
        takeNews().compactMap { output -> RouteState?? in
            guard case .route(prefix, let state) = output else { return nil }
            return .some(state)
        }
    }

    /// The link of the selected route.
    func nextHop(of prefix: Prefix) -> LinkID? {
        let state = engine.routeState(of: prefix)
        return if case .selected(let link, _, _, _, _) = state { link } else { nil }
    }

    /// An Update from a neighbour about some node, as if that were `metric` away from it.
    func update(
        _ peer: Peer,
        _ metric: Metric,
        seqno: UInt16 = 0,
        from link: LinkID,
        interval: UInt16 = 30_000
    ) {
        handle(
            .update(
                peer.update(metric, seqno: seqno, interval: interval),
                from: link
            )
        )
    }

    func request(_ prefix: Prefix, generation: UInt8 = 0, from link: LinkID) {
        let request = RouteRequest(generation: generation, prefix: .ipv6(prefix))
        handle(.routeRequest(request, from: link))
    }

    func requestSeqno(_ seqno: UInt16, of peer: Peer, hopCount: UInt8 = 64, from link: LinkID) {
        let request = SeqnoRequest(
            seqno: Seqno(seqno),
            hopCount: hopCount,
            routerID: peer.routerID,
            prefix: .ipv6(peer.subnet)
        )
        handle(.seqnoRequest(request, from: link))
    }
}

/// A node that exists only in what is said about it.
struct Peer: Hashable {
    let routerID: RouterID
    let address: IPv6Address
    let subnet: Prefix

    init(_ number: UInt64, zone: UInt16 = 0, tail: UInt64 = 7) {
        routerID = RouterID(publicKey: Self.key(number), zone: zone, tail: tail)
        address = IPv6Address(derivedFrom: routerID.publicKey)
        subnet = Prefix(subnetOf: address)
    }

    static func key(_ number: UInt64) -> PublicKey {
        PublicKey(words: (0x4879_7068_6120_7465, 0, 0, number))
    }

    func update(_ metric: Metric, seqno: UInt16 = 0, interval: UInt16 = 30_000) -> Update {
        Update(
            intervalCentiseconds: interval,
            seqno: Seqno(seqno),
            metric: metric,
            prefix: .ipv6(subnet),
            routerID: routerID
        )
    }
}

extension Metric: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: UInt16) { self.init(value) }
}
