// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaFakes
import HyphaLink
import HyphaSession
import HyphaWire
import Testing

/// Anything at any time; then the network heals, and everything must be as if nothing had been.
@Suite struct LinkChaosTests {
    @Test(arguments: 1...40)
    func whateverHappenedTheLinkIsThereAgain(seed: UInt64) throws {
        let network = LinkNetwork(seed: seed)
        var dice = SplitMix64(seed: seed &* 7919)
        network.jitter = .milliseconds(Int64.random(in: 0...30, using: &dice))
        network.copyPercent = 5
        network.areTalking = true
        network.dial(network.nodes[0], network.nodes[1])
        for _ in 0..<120 {
            misfortune(network, &dice)
            let pause = Duration.milliseconds(Int64.random(in: 0...3000, using: &dice))
            network.run(for: pause)
        }
        network.isUDPBlocked = false
        network.isTCPBlocked = false
        network.lossPercent = 0
        network.payloadMax = 65_000
        if !network.nodes[0].isDialling { network.nodes[0].dialAt = network.now }
        network.run(for: .seconds(100)) { network in
            guard network.now.nanoseconds % 5_000_000_000 < 50_000_000 else { return }
            for node in network.nodes {
                for link in node.allLinks {
                    network.handle(node, .send(link, [42, 2, 254], isReliable: false))
                }
            }
        }
        let (a, b) = (network.nodes[0], network.nodes[1])
        #expect(!a.isDialling, "seed \(seed)")
        for (node, other) in [(a, b), (b, a)] {
            let link = try #require(node.link(to: other), "seed \(seed)")
            #expect(node.snapshot(link)?.active == .datagram, "seed \(seed)")
            // No session is left of a link that is no more, nor a link without one.
            let links = Set(node.allLinks)
            #expect(node.path.sessions.values.allSatisfy { links.contains($0.link) })
            node.control = []
            let packet: [UInt8] = [42, 2, UInt8(node.name)]
            network.handle(node, .send(link, packet, isReliable: true))
        }
        network.run(for: .seconds(2))
        #expect(a.control == [42, 2, 2], "seed \(seed)")
        #expect(b.control == [42, 2, 1], "seed \(seed)")
    }

    private func misfortune(_ network: LinkNetwork, _ dice: inout SplitMix64) {
        let who = Int.random(in: 0...1, using: &dice)
        let node = network.nodes[who]
        let link = node.allLinks.randomElement(using: &dice)
        switch Int.random(in: 0..<14, using: &dice) {
        case 0: network.isUDPBlocked.toggle()
        case 1: network.isTCPBlocked.toggle()
        case 2: network.lossPercent = [0, 20, 60].randomElement(using: &dice) ?? 0
        case 3: network.payloadMax = Bool.random(using: &dice) ? 1300 : 65_000
        case 4: network.restart(who)
        case 5, 6:
            let stream = network.connect(node, network.nodes[1 - who])
            if Bool.random(using: &dice) { network.run(for: .milliseconds(20)) }
            network.identify(stream)
        case 7:
            guard let link else { return }
            network.handle(node, .close(link, .administrative))
        case 8:
            // Only the one who dials moves: where to dial is all that is known of the other.
            let port = UInt16.random(in: 2000...2010, using: &dice)
            network.nodes[0].address = LinkNode.address(1, port: port)
        case 9:
            guard let link else { return }
            network.handle(node, .event(.carrierLost(link, .datagram, errno: 111)))
        case 10:
            guard let link else { return }
            network.handle(node, .use(link, Bool.random(using: &dice) ? .inUse : .idle))
        case 11:
            guard let link else { return }
            network.handle(node, .routeMTU(link, Int.random(in: 1200...9000, using: &dice)))
        default:
            guard let link else { return }
            for i in 0..<20 {
                network.handle(node, .send(link, [42, 2, UInt8(i)], isReliable: true))
            }
        }
    }
}
