// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaFakes
import HyphaLink
import HyphaSession
import HyphaWire
import Testing

private func packet(_ number: Int) -> [UInt8] {
    [42, 2, UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
        + [UInt8](repeating: 7, count: 40)
}

private func use(_ network: LinkNetwork) {
    for node in network.nodes {
        for link in node.allLinks { network.handle(node, .use(link, .inUse)) }
    }
}

private func longestGap(_ node: LinkNode, from start: Instant, to end: Instant) -> Duration {
    var last = start
    var longest = Duration.zero
    for entry in node.data where entry.at >= start && entry.at <= end {
        longest = max(longest, entry.at.elapsed(since: last))
        last = entry.at
    }
    return max(longest, end.elapsed(since: last))
}

private func dialled(seed: UInt64) -> LinkNetwork {
    let network = LinkNetwork(seed: seed)
    network.dial(network.nodes[0], network.nodes[1], pinned: seed % 2 == 0)
    network.run(for: .seconds(5))
    return network
}

private func raised(seed: UInt64) -> LinkNetwork {
    let network = LinkNetwork(seed: seed)
    let stream = network.connect(network.nodes[0], network.nodes[1])
    network.run(for: .milliseconds(100))
    network.identify(stream)
    network.run(for: .seconds(5))
    return network
}

/// Links under faults, in virtual time; every test prints its seed when it fails.
@Suite struct LinkFaultTests {
    @Test(arguments: 1...8)
    func aFifthOfAllFramesLostLosesNoLinkAndNoControl(seed: UInt64) {
        let network = LinkNetwork(seed: seed)
        network.lossPercent = 20
        network.copyPercent = 5
        network.jitter = .milliseconds(15)
        network.dial(network.nodes[0], network.nodes[1])
        network.run(for: .seconds(40))
        use(network)
        let (a, b) = (network.nodes[0], network.nodes[1])
        var sent: [[Int]] = [[], []]
        network.run(for: .seconds(150)) { network in
            for (i, node) in network.nodes.enumerated()
            where Int.random(in: 0..<4, using: &network.random) == 0 {
                guard let link = node.link(to: network.nodes[1 - i]) else { continue }
                network.handle(node, .send(link, packet(sent[i].count), isReliable: true))
                sent[i].append(sent[i].count)
            }
        }
        network.run(for: .seconds(10))
        #expect(a.downs.isEmpty && b.downs.isEmpty, "seed \(seed)")
        #expect(a.ups.count == 1 && b.ups.count == 1, "seed \(seed)")
        #expect(b.control == sent[0].flatMap { packet($0) }, "seed \(seed)")
        #expect(a.control == sent[1].flatMap { packet($0) }, "seed \(seed)")
    }

    @Test(arguments: 1...10)
    func trafficIsBackSoonAfterUDPIsBlockedAndOnUDPAfterItReturns(seed: UInt64) {
        let network = raised(seed: seed)
        let b = network.nodes[1]
        use(network)
        let flow: (LinkNetwork) -> Void = { network in
            network.sendData(network.nodes[0], to: network.nodes[1])
            network.sendData(network.nodes[1], to: network.nodes[0])
        }
        network.run(for: .seconds(5), each: flow)
        #expect(b.data.last?.kind == .datagram, "seed \(seed)")
        network.isUDPBlocked = true
        let blockedAt = network.now
        network.run(for: .seconds(Int64(20 + seed * 9)), each: flow)
        for node in network.nodes {
            #expect(longestGap(node, from: blockedAt, to: network.now) < .seconds(10))
            #expect(node.data.last?.kind == .stream, "seed \(seed)")
        }
        network.isUDPBlocked = false
        let openAt = network.now
        network.run(for: .seconds(60), each: flow)
        for node in network.nodes {
            #expect(longestGap(node, from: openAt, to: network.now) < .seconds(1))
            #expect(node.data.last?.kind == .datagram, "seed \(seed)")
            #expect(node.downs.isEmpty, "seed \(seed)")
        }
    }

    @Test(arguments: 1...10)
    func aNodeThatMovesLosesLessThanASecond(seed: UInt64) {
        let network = dialled(seed: seed)
        use(network)
        let flow: (LinkNetwork) -> Void = { network in
            network.sendData(network.nodes[0], to: network.nodes[1])
            network.sendData(network.nodes[1], to: network.nodes[0])
        }
        network.run(for: .seconds(5), each: flow)
        let movedAt = network.now
        let address = LinkNode.address(77, port: 5555)
        network.nodes[0].address = address
        network.run(for: .seconds(200), each: flow)
        for node in network.nodes {
            #expect(longestGap(node, from: movedAt, to: network.now) < .seconds(1))
            #expect(node.downs.isEmpty, "seed \(seed)")
        }
        #expect(network.nodes[1].moves == [address], "seed \(seed)")
    }

    @Test(arguments: 1...5)
    func anAddressThatDoesNotAnswerIsLeftAgain(seed: UInt64) throws {
        let network = dialled(seed: seed)
        let (a, b) = (network.nodes[0], network.nodes[1])
        let link = try #require(b.link(to: a))
        let away = LinkNode.address(66)
        network.handle(b, .event(.roamed(link, to: away)))
        #expect(b.path.links[link]?.endpoint == away)
        #expect(b.path.links[link]?.proven == a.address)
        network.run(for: .seconds(3))
        #expect(b.path.links[link]?.endpoint == a.address)
        #expect(b.snapshot(link)?.endpoint == a.address)
    }

    @Test(arguments: 1...5)
    func aPathThatSwallowsLargeFramesFromTheStart(seed: UInt64) throws {
        let network = LinkNetwork(seed: seed)
        network.payloadMax = 1300
        network.dial(network.nodes[0], network.nodes[1])
        network.run(for: .seconds(30))
        for node in network.nodes {
            let link = try #require(node.allLinks.first, "seed \(seed)")
            let payload = try #require(node.path.links[link]?.payloadMax)
            #expect(payload <= 1300 && payload > 1300 - PathMTUProbe.precisionBytes)
        }
    }

    @Test(arguments: 1...5)
    func aPathThatBeginsToSwallowLargeFrames(seed: UInt64) {
        let network = dialled(seed: seed)
        let flow: (LinkNetwork) -> Void = { network in
            for _ in 0..<4 { network.sendData(network.nodes[0], to: network.nodes[1]) }
        }
        network.run(for: .seconds(10), each: flow)
        network.payloadMax = 1300
        let start = network.now
        network.run(for: .seconds(30), each: flow)
        let b = network.nodes[1]
        #expect(longestGap(b, from: start, to: network.now) < .seconds(4), "seed \(seed)")
        #expect(b.downs.isEmpty && network.nodes[0].downs.isEmpty, "seed \(seed)")
    }

    @Test(arguments: [0, 1], [true, false])
    func oneSideRestartsAndTrafficIsBackWithinTenSeconds(who: Int, inUse: Bool) {
        let network = dialled(seed: 3)
        if inUse { use(network) }
        network.run(for: .seconds(60)) { network in
            network.sendData(network.nodes[0], to: network.nodes[1])
        }
        network.restart(who)
        let restartedAt = network.now
        let flow: (LinkNetwork) -> Void = { network in
            network.sendData(network.nodes[0], to: network.nodes[1])
            network.sendData(network.nodes[1], to: network.nodes[0])
        }
        network.run(for: .seconds(10), each: flow)
        for node in network.nodes {
            #expect(node.data.contains { $0.at > restartedAt })
        }
        for (i, node) in network.nodes.enumerated() {
            guard let link = node.link(to: network.nodes[1 - i]) else { continue }
            network.handle(node, .send(link, packet(i), isReliable: true))
        }
        network.run(for: .seconds(1))
        #expect(network.nodes[0].control.suffix(44) == packet(1)[...])
        #expect(network.nodes[1].control.suffix(44) == packet(0)[...])
    }

    /// The idle end does not notice that its neighbour was away, so it must notice that the
    /// neighbour begins at nothing.
    @Test func aNeighbourThatStartsAnewUnderALivingLinkIsNoticed() throws {
        let network = dialled(seed: 4)
        let (a, b) = (network.nodes[0], network.nodes[1])
        for i in 0..<10 {
            network.handle(a, .send(try #require(a.link(to: b)), packet(i), isReliable: true))
            network.handle(b, .send(try #require(b.link(to: a)), packet(i), isReliable: true))
        }
        network.run(for: .seconds(10))
        network.restart(0)
        let anew = network.nodes[0]
        network.run(for: .seconds(3))
        network.handle(anew, .send(try #require(anew.link(to: b)), packet(100), isReliable: true))
        network.run(for: .seconds(1))
        #expect(b.upgrades.count == 1)
        #expect(b.downs.isEmpty)
        network.handle(b, .send(try #require(b.link(to: anew)), packet(200), isReliable: true))
        network.run(for: .seconds(1))
        #expect(Array(b.control.suffix(44)) == packet(100))
        #expect(anew.control == packet(200))
    }

    @Test(arguments: 1...2)
    func rekeysLoseNothing(seed: UInt64) {
        let network = dialled(seed: seed)
        use(network)
        network.jitter = .milliseconds(5)
        var sent = 0
        network.run(for: .seconds(500)) { network in
            network.sendData(network.nodes[0], to: network.nodes[1])
            sent += 1
        }
        network.run(for: .seconds(1))
        #expect(network.nodes[0].engine.handshakeCounters.rekeys >= 3)
        #expect(network.nodes[1].data.count == sent, "seed \(seed)")
        #expect(network.nodes.allSatisfy { $0.downs.isEmpty })
    }

    @Test func theStandbyMayEndWithoutHarmAndTheLastCarrierMayNot() {
        let network = LinkNetwork(seed: 5)
        let stream = network.connect(network.nodes[0], network.nodes[1])
        network.identify(stream)
        network.run(for: .seconds(5))
        network.cut(stream)
        network.run(for: .seconds(5))
        #expect(network.nodes.allSatisfy { $0.downs.isEmpty })
        use(network)
        network.isUDPBlocked = true
        network.run(for: .seconds(2))
        #expect(network.nodes.allSatisfy { $0.downs.map(\.reason) == [.silent] })
    }

    @Test(arguments: [true, false])
    func somethingIsSentThroughNATWhenNothingElseIs(behindNAT: Bool) {
        let network = dialled(seed: 6)
        let (a, b) = (network.nodes[0], network.nodes[1])
        network.handle(a, .localAddresses(behindNAT ? [] : [a.address.host]))
        network.run(for: .seconds(30))
        // Only what this node sends of itself counts: the other end stays silent.
        var longest = Duration.zero
        let before = a.path.keepAlives
        network.run(for: .seconds(100)) { network in
            for activity in a.path.activities {
                longest = max(longest, network.now.elapsed(since: activity.sentAt))
            }
        }
        #expect(longest <= (behindNAT ? .seconds(25) : .seconds(27)))
        #expect((a.path.keepAlives - before > 3) == behindNAT)
        #expect(b.downs.isEmpty)
    }

    @Test func aStreamThatGoesSilentIsGivenUpInSeconds() {
        let network = raised(seed: 7)
        use(network)
        network.isUDPBlocked = true
        network.run(for: .seconds(3))
        network.isTCPBlocked = true
        let start = network.now
        network.run(for: .seconds(8))
        for node in network.nodes {
            #expect(node.downs.map(\.reason) == [.silent])
            #expect(node.downs.allSatisfy { $0.at.elapsed(since: start) < .seconds(6) })
        }
    }

    /// The neighbour comes back over a stream while its old carriers look alive from here.
    @Test(arguments: [0, 1], [0, 1])
    func aNodeThatComesBackOverAStreamStartsAnew(who: Int, dialler: Int) {
        let network = raised(seed: 8)
        for (i, node) in network.nodes.enumerated() {
            guard let link = node.link(to: network.nodes[1 - i]) else { continue }
            for j in 0..<20 { network.handle(node, .send(link, packet(j), isReliable: true)) }
        }
        network.run(for: .seconds(20))
        network.restart(who)
        let stream = network.connect(network.nodes[dialler], network.nodes[1 - dialler])
        network.run(for: .milliseconds(50))
        network.identify(stream)
        network.run(for: .milliseconds(200))
        // The one that is new speaks first, as it asks for everything; what the other one still
        // wanted to say to the former life is void.
        for i in [who, 1 - who] {
            let node = network.nodes[i]
            if let link = node.link(to: network.nodes[1 - i]) {
                network.handle(node, .send(link, packet(100 + i), isReliable: true))
            }
            network.run(for: .seconds(4))
        }
        #expect(network.nodes[1 - who].upgrades.count == 2)
        #expect(network.nodes.allSatisfy { $0.downs.isEmpty })
        #expect(Array(network.nodes[0].control.suffix(44)) == packet(101))
        #expect(Array(network.nodes[1].control.suffix(44)) == packet(100))
    }

    /// What is still to be repeated to the former life must not fill the window of the new one.
    @Test func nothingMeantForTheFormerLifeReachesTheNewOne() throws {
        let network = LinkNetwork(seed: 2)
        network.dial(network.nodes[0], network.nodes[1], pinned: true)
        network.run(for: .seconds(5))
        let b = network.nodes[1]
        func send(_ from: LinkNode, _ to: LinkNode, _ number: Int) throws {
            let link = try #require(from.link(to: to))
            network.handle(from, .send(link, packet(number), isReliable: true))
            network.run(for: .milliseconds(1))
        }
        try send(network.nodes[0], b, 0)
        for i in 0..<3 { try send(b, network.nodes[0], i) }
        network.run(for: .seconds(10))
        network.restart(0)
        let a = network.nodes[0]
        for i in 3..<6 { try send(b, a, i) }
        network.run(for: .milliseconds(60))
        #expect(a.ups.count == 1)
        network.isUDPBlocked = true
        try send(a, b, 100)
        network.isUDPBlocked = false
        network.run(for: .seconds(1))
        #expect(b.upgrades.count == 1)
        for i in 10..<20 { try send(b, a, i) }
        network.run(for: .seconds(3))
        #expect(a.control == (10..<20).flatMap { packet($0) })
        #expect(Array(b.control.suffix(44)) == packet(100))
    }

    @Test func controlIsRepeatedAtOnceOverTheStandby() throws {
        let network = raised(seed: 9)
        use(network)
        network.run(for: .seconds(2))
        let (a, b) = (network.nodes[0], network.nodes[1])
        network.isUDPBlocked = true
        network.handle(a, .send(try #require(a.link(to: b)), packet(1), isReliable: true))
        network.run(for: .milliseconds(1100))
        #expect(b.control == packet(1))
    }

    @Test func pathMTUAndRekeysFollowANeighbourThatMoves() throws {
        let network = LinkNetwork(seed: 4)
        let (a, b) = (network.nodes[0], network.nodes[1])
        network.dial(a, b, pinned: true)
        network.run(for: .seconds(5))
        use(network)
        let link = try #require(a.link(to: b))
        #expect(a.path.links[link]?.payloadMax == 1472)
        b.address = LinkNode.address(77, port: 5555)
        network.payloadMax = 1300
        network.run(for: .milliseconds(600))
        #expect(a.moves == [b.address])
        #expect(try #require(a.path.links[link]?.payloadMax) <= 1300)
        network.run(for: .seconds(140))
        #expect(a.engine.handshakeCounters.rekeys == 1)
        #expect(a.engine.handshakeCounters.completed == 2)
    }

    /// Both ends dial, as they do when UDP falls silent; the handshakes cross.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func ofTwoStreamsThatAreUpgradedAtOnceNoneStaysPlain(seed: UInt64) throws {
        let network = LinkNetwork(seed: seed)
        let (a, b) = (network.nodes[0], network.nodes[1])
        network.isUDPBlocked = true
        let streams = [network.connect(a, b), network.connect(b, a)]
        for stream in streams { network.identify(stream) }
        network.run(for: .seconds(10))
        for node in network.nodes {
            #expect(node.path.links.count == 1)
            #expect(node.allLinks.count == 1)
            #expect(node.downs.isEmpty)
        }
        // The end that dialled the stream which goes; the other one just hears that it ends.
        #expect(network.nodes.flatMap(\.merges).count == 1)
        network.run(for: .seconds(400))
        for node in network.nodes { #expect(node.downs.isEmpty) }
    }

    /// The larger key's stream comes later and goes again; the one that stays is rekeyed.
    @Test func aSuperfluousStreamIsClosedAndTheOtherLivesOn() throws {
        let network = LinkNetwork(seed: 5)
        let (a, b) = (network.nodes[0], network.nodes[1])
        network.isUDPBlocked = true
        let first = network.connect(a, b)
        network.identify(first)
        network.run(for: .seconds(10))
        let second = network.connect(b, a)
        network.identify(second)
        network.run(for: .seconds(3))
        for node in network.nodes { #expect(node.merges.count == 1) }
        network.run(for: .seconds(400))
        for node in network.nodes {
            // Whoever dialled the one that goes is content with the other.
            #expect(node.downs.isEmpty)
            #expect(node.merges.map { node.path.links[$0.into]?.stream } == [first])
            #expect(node.path.links.count == 1)
            #expect(node.upgrades.count == 1)
            #expect(node.path.links.values.map(\.stream) == [first])
        }
    }
}
