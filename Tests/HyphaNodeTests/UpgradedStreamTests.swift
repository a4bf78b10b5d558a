// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaForwarding
import HyphaLink
import HyphaNode
import HyphaPeering
import HyphaWire
import Testing

/// Streams between Hypha nodes, which begin in the base dialect or may not.
@Suite struct UpgradedStreamTests {
    private let stranger = TestHost.routerID(50)
    private var strangersSubnet: Prefix { TestHost.subnet(50) }

    private func route(_ host: TestHost) -> LinkID? {
        guard case .selected(let route)? = host.forwarding[strangersSubnet] else { return nil }
        return route.link
    }

    /// Says in clear, on a link of a host, that a stranger is behind it.
    private func inject(_ network: TestNetwork, at number: Int, on link: LinkID) {
        let update = Update(
            seqno: Seqno(0),
            metric: Metric(5),
            prefix: .ipv6(strangersSubnet),
            routerID: stranger
        )
        network.apply(.control(link, .update(update)), to: number)
    }

    // MARK: - The upgrade

    @Test func anUpgradedStreamForgetsWhatWasLearnedInClear() throws {
        let network = TestNetwork()
        network.isUDPBlocked = true
        let b = network.add(extends: true)
        let a = network.add(peers: [0], extends: true)
        while a.links.isEmpty { network.run(for: .microseconds(500)) }
        #expect(a.links.first?.sealed?.active == nil)
        inject(network, at: 1, on: try #require(a.links.first?.link))
        #expect(route(a) == a.links.first?.link)
        network.run(for: .seconds(1))
        #expect(a.links.first?.sealed?.active == .stream)
        #expect(b.links.first?.sealed?.active == .stream)
        #expect(route(a) == nil)
        #expect(a.route(to: b)?.isDirect == true)
        #expect(b.route(to: a)?.isDirect == true)
        let before = network.clearCount
        network.run(for: .seconds(60))
        #expect(network.clearCount == before, "everything is sealed from now on")
        #expect(a.links.count == 1)
    }

    /// What each host's packet path was told of the way to a subnet, in order.
    private func ways(_ host: TestHost, to subnet: Prefix) -> [ForwardingState?] {
        host.log.compactMap { entry -> ForwardingState?? in
            guard case .forwarding(subnet, let state) = entry.output else { return nil }
            return .some(state)
        }
    }

    /// a - b - c: a route that went with the upgrade took the packets under way with it, and the
    /// smaller path MTU of the base dialect stayed with those who had heard of it.
    @Test func noRouteIsLearnedBeforeTheUpgradeToBeLostWithIt() throws {
        let network = TestNetwork()
        network.isUDPBlocked = true
        let c = network.add(extends: true)
        let b = network.add(peers: [0], extends: true)
        let a = network.add(peers: [1], extends: true)
        network.run(for: .seconds(5))
        for (host, other) in [(a, b), (b, a), (b, c), (c, b), (a, c), (c, a)] {
            let ways = ways(host, to: other.subnet)
            let isSteady = ways.allSatisfy { way in
                if case .selected(let route) = way { route.pathMTU > 1340 } else { false }
            }
            #expect(!ways.isEmpty && isSteady, "\(host.number) to \(other.number): \(ways)")
        }
        // The dialler is the initiator, to whom the other still speaks in clear for a while.
        func takesClear(_ host: TestHost) -> [Bool] {
            host.commands.compactMap { command in
                if case .sealStream(_, let takesClear) = command { takesClear } else { nil }
            }
        }
        #expect(takesClear(a) == [true])
        #expect(takesClear(c) == [false])
        #expect([a, b, c].allSatisfy { $0.links.allSatisfy { $0.sealed?.active == .stream } })
    }

    /// UDP does not overtake the upgrade, and its new session says nothing of a former life of so
    /// young a link.
    @Test(arguments: [10, 80]) func theFirstUpdatesDoNotWaitForUDP(milliseconds: Int) {
        let network = TestNetwork(latency: .milliseconds(milliseconds))
        network.datagramLatency = .milliseconds(milliseconds / 2)
        let b = network.add(extends: true)
        let a = network.add(peers: [0], extends: true)
        // To dial, to say who one is, to shake hands, to switch; and some time to compute.
        network.run(for: .milliseconds(8 * milliseconds))
        #expect(a.route(to: b)?.isDirect == true)
        #expect(b.route(to: a)?.isDirect == true)
        network.run(for: .seconds(5))
        #expect(a.links.map(\.sealed?.active) == [.datagram])
        #expect(b.counters.linksUp == 1)
    }

    @Test func aStreamWhoseUpgradeIsLateIsUsedAsItIs() throws {
        let network = TestNetwork()
        network.isUDPBlocked = true
        network.losesStreamHandshakes = true
        let b = network.add(extends: true)
        let a = network.add(peers: [0], extends: true)
        network.run(for: .seconds(2))
        #expect(a.route(to: b) == nil)
        #expect(b.route(to: a) == nil)
        network.run(for: .seconds(2))
        #expect(a.route(to: b)?.isDirect == true)
        #expect(b.route(to: a)?.isDirect == true)
        inject(network, at: 1, on: try #require(a.links.first?.link))
        #expect(route(a) == a.links.first?.link)
        // It comes all the same, and what was learned in clear is forgotten.
        network.losesStreamHandshakes = false
        network.run(for: .seconds(70))
        #expect(a.links.first?.sealed?.active == .stream)
        #expect(b.links.first?.sealed?.active == .stream)
        #expect(a.route(to: b)?.isDirect == true)
        #expect(b.route(to: a)?.isDirect == true)
        #expect(route(a) == nil)
    }

    @Test func whatIsSaidInClearAfterTheUpgradeIsNotLookedAt() throws {
        let network = TestNetwork()
        network.isUDPBlocked = true
        network.add(extends: true)
        let a = network.add(peers: [0], extends: true)
        network.run(for: .seconds(1))
        let link = try #require(a.links.first?.link)
        let before = a.counters.controlInClear
        inject(network, at: 1, on: link)
        #expect(route(a) == nil)
        #expect(a.counters.controlInClear == before + 1)
    }

    @Test func aStreamToABaseNodeStaysAsItIs() {
        let network = TestNetwork()
        let b = network.add()
        let a = network.add(peers: [0], extends: true)
        network.run(for: .seconds(120))
        #expect(a.links.map(\.sealed?.active) == [nil])
        #expect(a.route(to: b)?.isDirect == true)
        #expect(b.route(to: a)?.isDirect == true)
        #expect(b.closed.isEmpty)
    }

    @Test func aStreamAndUDPToOneNodeAreOneLinkAndBothPeersAreSatisfied() throws {
        let network = TestNetwork()
        let b = network.add(extends: true)
        let a = network.add(peers: [0], extends: true, endpoints: [TestHost.udpEndpoint(0)])
        // Not so long that the link comes to rest.
        network.run(for: .seconds(6))
        let link = try #require(a.links.first?.link)
        #expect(a.links.count == 1)
        #expect(b.links.count == 1)
        #expect(a.peers.map(\.state) == [.connected(link), .connected(link)])
        #expect(a.links.first?.sealed?.hasStream == true)
        #expect(a.links.first?.sealed?.hasDatagrams == true)
        #expect(a.links.first?.sealed?.active == .datagram)
        #expect(a.route(to: b)?.link == link)
        // UDP dies, the stream takes over, and nothing changes for routing.
        network.isUDPBlocked = true
        network.run(for: .seconds(2))
        #expect(a.links.map(\.link) == [link])
        #expect(a.links.first?.sealed?.active == .stream)
        #expect(a.route(to: b)?.link == link)
        // The stream dies as well: both peers are dialled again.
        b.isListening = false
        let dials = a.dials.count
        network.cut(0, 1)
        network.run(for: .seconds(5))
        #expect(a.links.isEmpty)
        #expect(a.route(to: b) == nil)
        #expect(a.dials.count >= dials + 2)
        b.isListening = true
        network.isUDPBlocked = false
        network.run(for: .seconds(10))
        #expect(a.links.count == 1)
        #expect(a.route(to: b)?.isDirect == true)
    }

    @Test func udpThatGoesSilentIsReplacedByAStreamDialledForIt() {
        let network = TestNetwork()
        let b = network.add(extends: true)
        let a = network.add(peers: [0], extends: true)
        network.run(for: .seconds(10))
        #expect(a.links.map(\.sealed?.active) == [.datagram])
        #expect(a.links.first?.sealed?.hasStream == true)
        network.isUDPBlocked = true
        network.run(for: .seconds(2))
        #expect(a.links.map(\.sealed?.active) == [.stream])
        #expect(a.route(to: b)?.isDirect == true)
        #expect(b.links.count == 1)
    }

    // MARK: - Private networks and pinned keys

    @Test func aPrivateNetworkSaysNothingInClear() {
        let network = TestNetwork()
        network.isUDPBlocked = true
        let b = network.add(extends: true, network: "home")
        let a = network.add(peers: [0], extends: true, network: "home")
        network.run(for: .seconds(30))
        #expect(network.clearCount == 0)
        #expect(a.links.map(\.sealed?.active) == [.stream])
        #expect(a.route(to: b)?.isDirect == true)
        #expect(b.route(to: a)?.isDirect == true)
    }

    @Test func aPrivateNetworkHasNoLinkToOthers() {
        for names in [("home", ""), ("home", "work"), ("", "home")] {
            let network = TestNetwork()
            let b = network.add(extends: true, network: names.0)
            let a = network.add(
                peers: [0],
                extends: true,
                network: names.1,
                endpoints: [TestHost.udpEndpoint(0)]
            )
            network.run(for: .seconds(60))
            #expect(a.route(to: b) == nil, "\(names)")
            #expect(b.route(to: a) == nil, "\(names)")
            let talkers = [(a, names.1), (b, names.0)]
            for (host, name) in talkers where !name.isEmpty {
                let isHeard = host.log.contains { entry in
                    if case .transmit = entry.output { true } else { false }
                }
                #expect(!isHeard, "\(names)")
            }
        }
    }

    @Test func whatIsHeardInClearBeforeASealedStreamIsUpChangesNothing() throws {
        let network = TestNetwork()
        let host = network.add(extends: true, network: "home")
        let link = try #require(network.accept(at: 0, from: TestHost.remote(1)))
        let isSealed = host.commands.contains { command in
            if case .sealStream(link, false) = command { true } else { false }
        }
        #expect(isSealed, "the packet path closes it on the first packet in clear")
        inject(network, at: 0, on: link)
        #expect(route(host) == nil)
        #expect(host.peers.isEmpty)
    }

    @Test func aPinnedKeyForbidsTheBaseDialect() {
        for (pinned, isReached) in [(0, true), (5, false)] {
            let network = TestNetwork()
            network.isUDPBlocked = true
            let b = network.add(extends: true)
            let endpoint = Endpoint(
                scheme: .tcp,
                host: TestHost.endpoint(0).host,
                port: 9651,
                pinnedKey: TestHost.routerID(pinned).publicKey
            )
            let a = network.add(extends: true, endpoints: [endpoint])
            network.run(for: .seconds(15))
            #expect((a.route(to: b) != nil) == isReached)
            let isHeard = a.log.contains { entry in
                if case .transmit = entry.output { true } else { false }
            }
            #expect(!isHeard)
        }
    }

    // MARK: - The base protocol only

    @Test func aBaseNodeClosesAStreamOnAPacketOfTypeTwo() throws {
        let network = TestNetwork()
        let host = network.add()
        let link = try #require(network.accept(at: 0, from: TestHost.remote(1)))
        network.apply(.carrier(.streamFrame(link, [1, 1, 0, 1])), to: 0)
        #expect(host.closed.map(\.reason) == [.unwanted])
        #expect(host.links.isEmpty)
        #expect(host.commands.isEmpty)
    }

    @Test func aBaseNodeNeverDialsUDP() {
        let network = TestNetwork()
        network.add(extends: true)
        let host = network.add(endpoints: [TestHost.udpEndpoint(0)])
        network.run(for: .seconds(60))
        #expect(host.commands.isEmpty)
        #expect(host.links.isEmpty)
        #expect(host.peers.first?.lastFailure == .dial(.notOffered))
    }
}
