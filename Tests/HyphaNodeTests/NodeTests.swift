// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaForwarding
import HyphaNode
import HyphaPeering
import HyphaRouting
import HyphaWire
import Testing

@Suite struct NodeTests {
    /// Two hosts, the first dialling the second, with the link up.
    private func pair() -> (TestNetwork, TestHost, TestHost) {
        let network = TestNetwork()
        let b = network.add(starts: false)
        let a = network.add(peers: [0])
        network.apply(.start, to: 0)
        network.run(for: .milliseconds(50))
        return (network, a, b)
    }

    // MARK: - Links and routes

    @Test func aNewLinkBeginsWithTheOwnUpdate() throws {
        let network = TestNetwork()
        let host = network.add()
        let link = try #require(network.accept(at: 0, from: TestHost.remote(1)))
        let first = host.log.lazy.compactMap { entry -> ControlTLV? in
            if case .transmit(link, let tlv) = entry.output { tlv } else { nil }
        }.first
        guard case .update(let update) = first else {
            Issue.record("\(String(describing: first))")
            return
        }
        #expect(update.prefix == .ipv6(host.subnet))
        #expect(update.metric == .zero)
        #expect(update.routerID == host.routerID)
        #expect(update.intervalCentiseconds == 30_000)
    }

    @Test func twoNodesHaveARouteToEachOtherWithinARoundTrip() {
        let (network, a, b) = pair()
        for (one, other) in [(a, b), (b, a)] {
            let route = one.route(to: other)
            #expect(route?.isDirect == true)
            #expect(route?.key == other.routerID.publicKey)
            #expect(route?.link == one.links.first?.link)
            #expect(one.links.first?.routerID == other.routerID)
        }
        #expect(a.links.first?.peer == .endpoint(TestHost.endpoint(0)))
        #expect(b.links.first?.peer == nil)
        #expect(a.peers.first?.publicKey == b.routerID.publicKey)
        network.run(for: .seconds(7))
        #expect(a.links.first?.monitor.smoothedRoundTrip == .milliseconds(2))
        #expect(a.links.first?.monitor.cost == Metric(17))
    }

    @Test func neighboursAreAnnouncedToTheLogOnceTheyAreKnown() throws {
        let (network, a, b) = pair()
        let link = try #require(a.links.first?.link)
        let key = b.routerID.publicKey
        #expect(a.events.contains(.peerUp(link, remote: b.address, key)))
        network.cut(0, 1)
        network.run(for: .milliseconds(10))
        #expect(a.events.contains(.peerDown(link, remote: b.address, key, .ended)))
    }

    @Test func aSearchFindsANodeTwoHopsAway() {
        let network = TestNetwork()
        let c = network.add()
        network.add(peers: [0])
        let a = network.add(peers: [1])
        network.run(for: .seconds(1))
        let outputs = network.apply(.search(c.subnet, cause: nil), to: 2)
        network.run(for: .milliseconds(100))
        let route = a.route(to: c)
        #expect(
            outputs.map { "\($0)" }
                == ["\(NodeOutput.forwarding(c.subnet, a.forwarding[c.subnet]))"],
            "the packet path waits for an answer, whatever is known already"
        )
        #expect(route?.isDirect == false)
        #expect(route?.key == c.routerID.publicKey)
        #expect(route?.link == a.links.first?.link)
        let selected = a.selectedRoutes(now: network.now)
        #expect(selected.map(\.prefix) == [network.hosts[1].subnet, c.subnet].sorted())
    }

    @Test func aSearchForNobodyFails() {
        let (network, a, _) = pair()
        let nobody = Prefix(
            subnetOf: IPv6Address(derivedFrom: TestHost.routerID(77).publicKey)
        )
        network.apply(.search(nobody, cause: nil), to: 1)
        #expect(a.queries(now: network.now).map(\.prefix) == [nobody])
        network.run(for: .seconds(20))
        #expect(
            a.log.contains { if case .searchFailed(nobody) = $0.output { true } else { false } }
        )
        #expect(a.queries(now: network.now).isEmpty)
        #expect(a.counters.routing.searchesFailed == 1)
    }

    @Test func aLostLinkIsRedialledAndItsRoutesComeBack() {
        let (network, a, b) = pair()
        network.run(for: .seconds(30))
        network.cut(0, 1)
        network.run(for: .milliseconds(10))
        #expect(a.route(to: b) == nil)
        #expect(a.links.isEmpty)
        #expect(b.links.isEmpty)
        network.run(for: .milliseconds(700))
        #expect(a.route(to: b)?.isDirect == true)
        #expect(b.route(to: a)?.isDirect == true)
    }

    @Test func aRestartedListenerIsReachedWithinASecond() {
        let (network, a, b) = pair()
        network.run(for: .seconds(30))
        b.isListening = false
        network.cut(0, 1)
        network.run(for: .seconds(20))
        #expect(a.route(to: b) == nil)
        b.isListening = true
        network.run(for: .milliseconds(650))
        #expect(a.route(to: b) != nil)
    }

    @Test func aSilentLinkDies43SecondsAfterItsLastIHU() throws {
        let (network, a, b) = pair()
        network.run(for: .seconds(100))
        let last = try #require(a.links.first?.monitor.aliveAt)
        network.silence(0, 1)
        b.isListening = false
        network.run(for: .seconds(60))
        #expect(a.closed.map(\.reason) == [.silent])
        #expect(a.closed.map(\.at) == [last + .seconds(43)])
        #expect(b.closed.map(\.reason) == [.silent])
        #expect(a.route(to: b) == nil)
        #expect(a.counters.linksSilent == 1)
        #expect(a.dials.contains { $0 > last + .seconds(43) }, "and it is dialled again")
    }

    @Test func linksOfAnInterfaceThatGoesDownDieAtOnce() {
        let network = TestNetwork()
        let b = network.add(lan: 1)
        let a = network.add(lan: 1)
        network.run(for: .seconds(5))
        #expect(a.links.count == 1)
        network.apply(.interfaces([a.interface(isUp: false)]), to: 1)
        #expect(a.closed.map(\.reason) == [.interfaceDown])
        #expect(a.links.isEmpty)
        #expect(a.route(to: b) == nil)
        #expect(a.counters.linksLostInterface == 1)
        network.apply(.interfaces([a.interface]), to: 1)
        network.run(for: .seconds(5))
        #expect(a.route(to: b) != nil)
    }

    @Test func aLinkWithAnAddressNeverSeenOnAnInterfaceIsLeftAlone() {
        let (network, a, _) = pair()
        network.apply(.interfaces([]), to: 1)
        network.apply(.interfaces([TestHost.foreignInterface]), to: 1)
        network.apply(.interfaces([]), to: 1)
        #expect(a.links.count == 1)
    }

    // MARK: - Identity

    @Test func onlyAnOwnUpdateTellsWhoIsThere() throws {
        let network = TestNetwork()
        let host = network.add()
        let link = try #require(network.accept(at: 0, from: TestHost.remote(1)))
        let stranger = TestHost.routerID(50)
        let subnet = Prefix(subnetOf: IPv6Address(derivedFrom: stranger.publicKey))
        func hear(metric: Metric, prefix: WirePrefix) {
            let update = Update(
                seqno: Seqno(0),
                metric: metric,
                prefix: prefix,
                routerID: stranger
            )
            network.apply(.control(link, .update(update)), to: 0)
        }
        hear(metric: Metric(1), prefix: .ipv6(subnet))
        hear(metric: .infinite, prefix: .ipv6(subnet))
        hear(metric: .zero, prefix: .wildcard)
        hear(metric: .zero, prefix: .ipv6(Prefix(subnet.address, length: 65)))
        hear(metric: .zero, prefix: .ipv6(TestHost.subnet(51)))
        #expect(host.links.first?.routerID == nil)
        hear(metric: .zero, prefix: .ipv6(subnet))
        #expect(host.links.first?.routerID == stranger)
        #expect(host.forwarding[subnet]?.key == stranger.publicKey)
    }

    @Test func diallingOurselvesEndsBothLinks() {
        let network = TestNetwork()
        let host = network.add(peers: [0])
        network.run(for: .seconds(30))
        #expect(host.links.isEmpty)
        #expect(host.dials.count == 1)
        #expect(host.closed.contains { $0.reason == .ourselves })
        #expect(host.events.contains(.peering(.ourselves(.endpoint(TestHost.endpoint(0))))))
        #expect(host.counters.routing.inputsFromUnknownLinks == 0)
        network.run(for: .seconds(60))
        #expect(host.dials.count == 2)
    }

    // MARK: - Discovery

    @Test func nodesOfOneLANFindEachOtherAndKeepOneLink() {
        let network = TestNetwork()
        let a = network.add(lan: 1)
        let b = network.add(lan: 1)
        let c = network.add(lan: 2)
        network.run(for: .seconds(10))
        #expect(a.route(to: b)?.isDirect == true)
        #expect(b.route(to: a)?.isDirect == true)
        #expect(a.links.count == 1)
        #expect(b.links.count == 1)
        #expect(c.links.isEmpty)
        network.run(for: .seconds(300))
        #expect(a.links.count == 1)
    }

    @Test func aNewcomerOnALANIsReachedAtOnce() {
        let network = TestNetwork()
        let a = network.add(lan: 1)
        network.run(for: .seconds(10))
        let b = network.add(lan: 1)
        network.run(for: .milliseconds(10))
        #expect(a.route(to: b)?.isDirect == true)
        #expect(b.route(to: a)?.isDirect == true)
    }

    @Test func tenThousandBeaconsLeadToFewDials() {
        let network = TestNetwork()
        let host = network.add(lan: 1)
        for number in 10..<10_010 {
            let beacon = DiscoveryBeacon(port: 9651, routerID: TestHost.routerID(number))
            let source = SocketAddress(
                host: .v6(
                    IPv6Address(high: 0xfe80_0000_0000_0000, low: UInt64(number)),
                    scope: 2
                ),
                port: 9650
            )
            network.apply(.beacon(beacon, from: source), to: 0)
        }
        network.run(for: .seconds(30))
        #expect(host.dials.count <= 3 * Limits.discoveriesBurst)
        #expect(host.peers.isEmpty)
        #expect(host.counters.peering.beaconsHeard == 10_000)
    }

    // MARK: - Floods

    @Test func aThousandInboundConnectionsLeaveANeighbourInPeace() {
        let (network, a, b) = pair()
        var links: [LinkID] = []
        for _ in 0..<1000 {
            if let link = network.accept(at: 0, from: TestHost.remote(9)) { links.append(link) }
        }
        #expect(links.count == Limits.inboundLinksPerAddressMax)
        for host in 100..<1100 { _ = network.accept(at: 0, from: TestHost.remote(UInt32(host))) }
        #expect(b.links.count == Limits.neighboursMax * 3 / 4)
        network.run(for: .seconds(200))
        #expect(b.links.count == 1)
        #expect(b.route(to: a)?.isDirect == true)
        #expect(a.closed.isEmpty)
    }

    @Test func aFloodOfHellosIsAnsweredAtTheLimit() throws {
        let (network, _, b) = pair()
        let link = try #require(b.links.first?.link)
        let before = b.counters.controlSent
        for _ in 0..<10_000 {
            network.apply(.control(link, .hello(Hello(seqno: Seqno(0)))), to: 0)
        }
        #expect(b.counters.controlSent - before <= UInt64(Limits.ihusBurst))
    }

    @Test func controlOfALinkThatIsGoneIsCountedAndIgnored() {
        let (network, _, b) = pair()
        let outputs = network.apply(.control(LinkID(999), .hello(Hello(seqno: Seqno(0)))), to: 0)
        #expect(outputs.isEmpty)
        #expect(network.apply(.linkDown(LinkID(999)), to: 0).isEmpty)
        #expect(b.counters.controlFromUnknownLinks == 1)
    }

    // MARK: - Peers at run time

    @Test func removingAPeerClosesItsLink() {
        let (network, a, b) = pair()
        network.apply(.removePeer(TestHost.endpoint(0)), to: 1)
        network.run(for: .seconds(10))
        #expect(a.closed.map(\.reason) == [.peerRemoved])
        #expect(a.peers.isEmpty)
        #expect(b.links.isEmpty)
        network.apply(.addPeer(TestHost.endpoint(0)), to: 1)
        network.run(for: .milliseconds(10))
        #expect(a.route(to: b)?.isDirect == true)
    }

    // MARK: - Determinism

    @Test func equalSeedsGiveEqualRuns() {
        func run() -> [[String]] {
            let network = TestNetwork()
            for number in 0..<5 { network.add(peers: [(number + 1) % 5]) }
            network.run(for: .seconds(120))
            network.cut(0, 1)
            network.run(for: .seconds(60))
            return network.hosts.map { $0.log.map { "\($0.output)" } }
        }
        #expect(run() == run())
    }

    @Test func anIdleNodeWakesRarely() {
        let (network, a, _) = pair()
        network.run(for: .seconds(30))
        let before = a.handled
        network.run(for: .seconds(300))
        #expect(a.handled - before < 150)
    }
}
