// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaFakes
import HyphaLink
import HyphaSession
import HyphaWire
import Testing

/// Two nodes with a link that routes are selected through, over UDP or over a stream alone.
private func pair(_ carrier: CarrierKind, seed: UInt64) -> LinkNetwork {
    let network = LinkNetwork(seed: seed)
    switch carrier {
    case .datagram: network.dial(network.nodes[0], network.nodes[1], pinned: true)
    case .stream:
        network.isUDPBlocked = true
        let stream = network.connect(network.nodes[0], network.nodes[1])
        network.run(for: .milliseconds(100))
        network.identify(stream)
    }
    network.run(for: .seconds(1))
    for node in network.nodes {
        for link in node.allLinks { network.handle(node, .use(link, .inUse)) }
    }
    return network
}

/// Links that carry nothing: what they cost, and how soon they are there again.
@Suite struct LinkRestTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func aLinkAtRestIsProbedByOneEndEveryFiveSeconds(seed: UInt64) {
        let network = pair(.datagram, seed: seed)
        network.run(for: .seconds(15))
        let before = network.datagramCount
        network.turns = 0
        network.run(for: .seconds(100))
        // Twenty probes and as many answers.
        #expect((38...42).contains(network.datagramCount - before), "seed \(seed)")
        // Each end is called for its own probe or not at all, and the rekeys fall into this time.
        #expect(network.turns <= 60, "seed \(seed): \(network.turns)")
        for node in network.nodes { #expect(node.downs.isEmpty, "seed \(seed)") }
    }

    @Test func aStreamAtRestIsLeftAloneAsLong() {
        let network = pair(.stream, seed: 4)
        network.run(for: .seconds(15))
        network.turns = 0
        network.run(for: .seconds(100))
        // UDP is tried every 20 to 45 s besides.
        #expect(network.turns <= 75, "\(network.turns)")
        for node in network.nodes {
            #expect(node.carriers.last?.kind == .stream)
            #expect(node.downs.isEmpty)
        }
    }

    @Test(arguments: [0, 1])
    func theFirstPacketAfterARestFindsADeadPathInLessThanASecond(from: Int) {
        let network = pair(.datagram, seed: 5)
        network.run(for: .seconds(15))
        // Right behind a probe, so that the next one is far away.
        let count = network.datagramCount
        while network.datagramCount == count { network.run(for: .milliseconds(10)) }
        network.run(for: .milliseconds(300))
        network.isUDPBlocked = true
        let node = network.nodes[from]
        network.sendData(node, to: network.nodes[1 - from])
        let sentAt = network.now
        network.run(for: .milliseconds(600))
        #expect(node.downs.map(\.reason) == [.silent])
        #expect(node.downs.allSatisfy { $0.at.elapsed(since: sentAt) < .milliseconds(520) })
    }

    @Test(arguments: [100, 900, 4000, 6000])
    func silentDeathUnderSparseTrafficIsFoundInLessThanASecond(gap: Int64) {
        let network = pair(.datagram, seed: 6)
        let (a, b) = (network.nodes[0], network.nodes[1])
        for _ in 0..<(30_000 / gap) {
            network.sendData(a, to: b)
            network.run(for: .milliseconds(gap))
        }
        network.isUDPBlocked = true
        let blockedAt = network.now
        network.run(for: .seconds(1))
        for node in [a, b] {
            #expect(node.downs.map(\.reason) == [.silent], "gap \(gap)")
            let found = node.downs.first.map { $0.at.elapsed(since: blockedAt) }
            #expect(found.map { $0 < .milliseconds(800) } == true, "gap \(gap)")
        }
    }

    @Test func silentDeathOfALinkAtRestIsFoundByItsProbes() {
        let network = pair(.datagram, seed: 7)
        network.run(for: .seconds(20))
        network.isUDPBlocked = true
        network.run(for: .milliseconds(7000))
        for node in network.nodes { #expect(node.downs.map(\.reason) == [.silent]) }
    }

    @Test func controlThatIsNotAcknowledgedEndsTheRest() throws {
        let network = pair(.datagram, seed: 8)
        network.run(for: .seconds(15))
        let count = network.datagramCount
        while network.datagramCount == count { network.run(for: .milliseconds(10)) }
        network.run(for: .milliseconds(300))
        network.isUDPBlocked = true
        let a = network.nodes[0]
        let link = try #require(a.link(to: network.nodes[1]))
        network.handle(a, .send(link, [42, 2, 0, 1, 9], isReliable: true))
        network.run(for: .milliseconds(800))
        #expect(a.downs.map(\.reason) == [.silent])
    }

    /// A stream stands by: what is sent first after the rest is there over the other way soon.
    @Test func theStandByTakesOverFromALinkThatDiedAtRest() {
        let network = LinkNetwork(seed: 9)
        let (a, b) = (network.nodes[0], network.nodes[1])
        let stream = network.connect(a, b)
        network.run(for: .milliseconds(100))
        network.identify(stream)
        network.run(for: .seconds(5))
        for node in network.nodes {
            for link in node.allLinks { network.handle(node, .use(link, .inUse)) }
        }
        network.run(for: .seconds(20))
        #expect(a.carriers.last?.kind == .datagram)
        network.isUDPBlocked = true
        let blockedAt = network.now
        network.run(for: .seconds(2)) { $0.sendData(a, to: b) }
        let back = b.data.first { $0.kind == .stream && $0.at > blockedAt }
        #expect(back.map { $0.at.elapsed(since: blockedAt) < .milliseconds(800) } == true)
        #expect(a.downs.isEmpty && b.downs.isEmpty)
    }
}
