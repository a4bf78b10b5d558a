// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaFakes
import HyphaLink
import HyphaSession
import HyphaWire
import Testing

/// Numbered Babel packets.
private func packet(_ number: Int) -> [UInt8] {
    [42, 2, UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
        + [UInt8](repeating: 7, count: 40)
}

private func sendControl(_ network: LinkNetwork, _ from: LinkNode, _ to: LinkNode, _ number: Int) {
    guard let link = from.link(to: to) else { return }
    network.handle(from, .send(link, packet(number), isReliable: true))
}

private func use(_ network: LinkNetwork, _ use: LinkUse = .inUse) {
    for node in network.nodes {
        for link in node.allLinks { network.handle(node, .use(link, use)) }
    }
}

/// The longest time without data at a node between two instants.
private func longestGap(_ node: LinkNode, from start: Instant, to end: Instant) -> Duration {
    var last = start
    var longest = Duration.zero
    for entry in node.data where entry.at >= start && entry.at <= end {
        longest = max(longest, entry.at.elapsed(since: last))
        last = entry.at
    }
    return max(longest, end.elapsed(since: last))
}

/// Two nodes that met over TCP and went on to UDP.
private func raised(seed: UInt64) -> (LinkNetwork, stream: Int) {
    let network = LinkNetwork(seed: seed)
    let stream = network.connect(network.nodes[0], network.nodes[1])
    network.run(for: .milliseconds(100))
    network.identify(stream)
    network.run(for: .seconds(5))
    return (network, stream)
}

/// Two nodes with a link over UDP only.
private func dialled(seed: UInt64, pinned: Bool = true) -> LinkNetwork {
    let network = LinkNetwork(seed: seed)
    network.dial(network.nodes[0], network.nodes[1], pinned: pinned)
    network.run(for: .seconds(5))
    return network
}

@Suite struct LinkEngineTests {
    // MARK: - Coming up

    @Test(arguments: [true, false])
    func aDialledNodeBecomesANeighbourAtBothEnds(pinned: Bool) throws {
        let network = dialled(seed: 1, pinned: pinned)
        let (a, b) = (network.nodes[0], network.nodes[1])
        #expect(a.ups.count == 1 && b.ups.count == 1)
        #expect(!a.isDialling)
        let link = try #require(a.link(to: b))
        #expect(link.value >= 0x8000_0000)
        let snapshot = try #require(a.snapshot(link))
        #expect(snapshot.active == .datagram)
        #expect(snapshot.endpoint == b.address)
        #expect(snapshot.payloadMax == 1472)
        #expect(snapshot.roundTrip == .milliseconds(20))
        #expect(a.path.links[link]?.key == b.key)
        for i in 0..<50 { sendControl(network, a, b, i) }
        network.run(for: .seconds(1))
        #expect(b.control == (0..<50).flatMap { packet($0) })
        #expect(b.path.unknown == 0)
    }

    @Test func bothEndsDiallingGivesOneLink() {
        let network = LinkNetwork(seed: 2)
        network.dial(network.nodes[0], network.nodes[1], pinned: true)
        network.dial(network.nodes[1], network.nodes[0], pinned: true)
        network.run(for: .seconds(30))
        for (node, other) in [(0, 1), (1, 0)] {
            #expect(network.nodes[node].ups.count == 1)
            #expect(network.nodes[node].downs.isEmpty)
            #expect(network.nodes[node].allLinks.count == 1)
            sendControl(network, network.nodes[node], network.nodes[other], node)
        }
        network.run(for: .seconds(1))
        #expect(network.nodes[0].control == packet(1))
        #expect(network.nodes[1].control == packet(0))
    }

    @Test func aStreamIsUpgradedAndUDPTakesOver() throws {
        let (network, _) = raised(seed: 3)
        for node in network.nodes {
            #expect(node.upgrades.count == 1)
            #expect(node.downs.isEmpty && node.ups.isEmpty)
            #expect(node.carriers.first?.kind == .stream)
            #expect(node.carriers.contains { $0.kind == .datagram })
            let link = try #require(node.allLinks.first)
            #expect(node.path.links[link]?.isSealed == true)
            let snapshot = try #require(node.snapshot(link))
            #expect(snapshot.active == .datagram && snapshot.hasStream)
        }
        let (a, b) = (network.nodes[0], network.nodes[1])
        sendControl(network, a, b, 1)
        network.run(for: .seconds(1))
        #expect(b.control == packet(1))
    }

    @Test func aBaseNeighbourIsNeverSentAnything() {
        let network = LinkNetwork(seed: 4)
        let stream = network.connect(network.nodes[0], network.nodes[1])
        network.identify(stream, isHypha: false)
        network.run(for: .seconds(120))
        for node in network.nodes {
            #expect(node.upgrades.isEmpty && node.downs.isEmpty)
            #expect(node.engine.handshakeCounters.attempts == 0)
        }
        #expect(network.datagramCount == 0)
        // Nor is anything sent before it is known what it is.
        let other = LinkNetwork(seed: 4)
        other.connect(other.nodes[0], other.nodes[1])
        other.run(for: .seconds(30))
        #expect(other.nodes[0].engine.handshakeCounters.attempts == 0)
    }

    @Test func theKeyOfTheHandshakeMustBeTheOneAnnounced() {
        let network = LinkNetwork(3, seed: 5)
        let (a, b, c) = (network.nodes[0], network.nodes[1], network.nodes[2])
        let stream = network.connect(a, b)
        network.handle(
            b,
            .identified(
                LinkID(2),
                RouterID(publicKey: c.key, capabilities: 1, bootRandom: 1)
            )
        )
        network.handle(
            a,
            .identified(
                LinkID(1),
                RouterID(publicKey: b.key, capabilities: 1, bootRandom: 1)
            )
        )
        network.run(for: .seconds(2))
        #expect(b.downs.map(\.reason) == [.wrongKey])
        #expect(b.upgrades.isEmpty)
        _ = stream
    }

    @Test func aPinnedKeyForbidsAnotherNode() {
        let network = LinkNetwork(3, seed: 6)
        let (a, b, c) = (network.nodes[0], network.nodes[1], network.nodes[2])
        let stream = network.connect(a, b, pinned: c.key)
        #expect(a.path.links[LinkID(1)]?.isSealed == true)
        network.identify(stream)
        network.run(for: .seconds(30))
        #expect(a.downs.map(\.reason) == [.wrongKey])
        #expect(a.upgrades.isEmpty && b.upgrades.isEmpty)
    }

    @Test func aPinnedStreamNeedsNoUpdateInClear() {
        let network = LinkNetwork(seed: 7)
        network.connect(network.nodes[0], network.nodes[1], pinned: network.nodes[1].key)
        network.run(for: .seconds(2))
        #expect(network.nodes[0].upgrades.count == 1)
        #expect(network.nodes[1].upgrades.count == 1)
    }

    @Test func aPrivateNetworksStreamsAreSealedFromTheirFirstByte() {
        let network = LinkNetwork(network: "home", seed: 8)
        network.connect(network.nodes[0], network.nodes[1])
        for node in network.nodes {
            #expect(node.path.links.values.allSatisfy { $0.isSealed })
        }
        network.run(for: .seconds(5))
        for node in network.nodes { #expect(node.upgrades.count == 1) }
    }

    @Test func aNodeWithoutUDPStaysOnTheStream() {
        let network = LinkNetwork(seed: 9)
        network.nodes[1] = LinkNode(2, hasDatagrams: false, now: network.now)
        let stream = network.connect(network.nodes[0], network.nodes[1])
        network.identify(stream)
        network.run(for: .seconds(120))
        #expect(network.datagramCount == 0)
        #expect(network.nodes[0].upgrades.count == 1)
        #expect(network.nodes[0].carriers.allSatisfy { $0.kind == .stream })
    }

    // MARK: - One neighbour, several carriers

    @Test func aStreamToAKnownNeighbourBecomesItsStandby() throws {
        let network = dialled(seed: 10)
        let (a, b) = (network.nodes[0], network.nodes[1])
        let link = try #require(a.link(to: b))
        let stream = network.connect(b, a)
        network.identify(stream)
        network.run(for: .seconds(2))
        for node in network.nodes {
            #expect(node.merges.count == 1)
            #expect(node.upgrades.isEmpty && node.downs.isEmpty)
            #expect(node.allLinks.count == 1)
        }
        #expect(a.merges.first?.into == link)
        #expect(a.snapshot(link)?.hasStream == true)
        #expect(a.snapshot(link)?.active == .datagram)
        network.isUDPBlocked = true
        use(network)
        network.run(for: .seconds(2))
        #expect(a.snapshot(link)?.active == .stream)
        #expect(a.downs.isEmpty && b.downs.isEmpty)
        sendControl(network, a, b, 3)
        network.run(for: .seconds(1))
        #expect(b.control == packet(3))
    }

    @Test(arguments: [false, true])
    func ofTwoStreamsTheOneInitiatedByTheSmallerKeyStays(atOnce: Bool) throws {
        let network = LinkNetwork(seed: 11)
        let (a, b) = (network.nodes[0], network.nodes[1])
        network.isUDPBlocked = true
        let first = network.connect(b, a)
        if !atOnce {
            network.identify(first)
            network.run(for: .seconds(2))
        }
        let second = network.connect(a, b)
        if atOnce { network.identify(first) }
        network.identify(second)
        network.run(for: .seconds(400))
        for node in network.nodes {
            let link = try #require(node.link(to: node === a ? b : a))
            #expect(node.snapshot(link)?.hasStream == true)
            #expect(node.path.links[link]?.stream == second)
            #expect(node.downs.isEmpty, "routing never notices")
            #expect(node.path.unknown == 0)
        }
        sendControl(network, a, b, 1)
        sendControl(network, b, a, 2)
        network.run(for: .seconds(1))
        #expect(b.control == packet(1))
        #expect(a.control == packet(2))
    }

    // MARK: - Ending

    @Test(arguments: [CloseCode.shutdown, .administrative])
    func aCloseEndsTheLinkAtBothEndsAtOnce(code: CloseCode) throws {
        let network = dialled(seed: 12)
        let (a, b) = (network.nodes[0], network.nodes[1])
        let link = try #require(a.link(to: b))
        if code == .shutdown {
            network.handle(a, .closeAll(code))
            #expect(a.engine.nextDeadline() == nil)
        } else {
            network.handle(a, .close(link, code))
        }
        network.run(for: .milliseconds(20))
        #expect(b.downs.map(\.reason) == [.closedByNeighbour(code)])
        #expect(b.allLinks.isEmpty)
        #expect(a.downs.isEmpty)
        #expect(a.path.sessions.isEmpty && b.path.sessions.isEmpty)
    }

    @Test func silentLossIsFoundInLessThanASecond() {
        let network = dialled(seed: 13)
        let (a, b) = (network.nodes[0], network.nodes[1])
        use(network)
        a.staticPeer = nil
        network.run(for: .seconds(5))
        network.isUDPBlocked = true
        let start = network.now
        network.run(for: .seconds(1))
        for node in network.nodes {
            #expect(node.downs.map(\.reason) == [.silent])
            #expect(node.downs.allSatisfy { $0.at.elapsed(since: start) < .seconds(1) })
        }
        // Without a stand-by TCP is asked for, at the port that the neighbour named.
        #expect(a.tcpWanted == [SocketAddress(host: b.address.host, port: 9651)])
    }

    @Test func anIdleLinkCostsNextToNothing() {
        let network = dialled(seed: 14)
        network.run(for: .seconds(30))
        let before = network.datagramCount
        network.run(for: .seconds(600))
        // Mostly handshakes: a rekey every two minutes.
        #expect(network.datagramCount - before < 100)
        #expect(network.nodes.allSatisfy { $0.downs.isEmpty })
    }

    @Test func linksHaveACeiling() {
        let network = LinkNetwork(seed: 15)
        let node = network.nodes[0]
        func up(_ number: Int) {
            network.handle(
                node,
                .streamUp(
                    LinkID(UInt32(number)),
                    isDialler: false,
                    remote: LinkNode.address(9),
                    local: node.address,
                    pinnedKey: nil
                )
            )
        }
        for i in 1...Limits.neighboursMax { up(i) }
        #expect(node.downs.isEmpty)
        up(Limits.neighboursMax + 1)
        #expect(node.downs.map(\.reason) == [.ceiling])
        #expect(node.engine.counters.linksRefused == 1)
        network.dial(network.nodes[1], node, pinned: true)
        network.run(for: .seconds(3))
        #expect(node.ups.isEmpty)
        #expect(node.allLinks.count == Limits.neighboursMax)
        #expect(node.path.sessions.isEmpty)
        network.handle(node, .streamDown(LinkID(5)))
        network.run(for: .seconds(30))
        #expect(node.ups.count == 1)
    }

    @Test func aNeighbourThatTakesNoControlIsGivenUp() throws {
        let network = dialled(seed: 16)
        let (a, b) = (network.nodes[0], network.nodes[1])
        a.staticPeer = nil
        network.isUDPBlocked = true
        let link = try #require(a.link(to: b))
        var sent = 0
        while a.downs.isEmpty, sent < 100_000 {
            network.handle(a, .send(link, packet(sent), isReliable: true))
            sent += 1
        }
        #expect(a.downs.map(\.reason) == [.controlQueueFull])
        #expect(sent == Limits.controlQueueBytesMax / packet(0).count + 1)
    }

    @Test func anotherNetworksKeyGetsNoAnswer() {
        let network = LinkNetwork(network: "home", seed: 17)
        let stranger = LinkNode(2, network: "other", now: network.now)
        network.nodes[1] = stranger
        network.dial(network.nodes[0], stranger)
        network.connect(network.nodes[0], stranger)
        network.run(for: .seconds(60))
        #expect(network.nodes[0].ups.isEmpty && network.nodes[0].upgrades.isEmpty)
        #expect(stranger.ups.isEmpty && stranger.upgrades.isEmpty)
        #expect(stranger.path.sessions.isEmpty)
        // The stream that cannot be upgraded is closed, since nothing else may go over it.
        #expect(network.nodes[0].downs.map(\.reason) == [.notUpgraded(.noKeyReply)])
    }

    @Test func aDialToAKnownNeighbourJoinsItsLink() throws {
        let network = dialled(seed: 18)
        let (a, b) = (network.nodes[0], network.nodes[1])
        let link = try #require(a.link(to: b))
        network.handle(a, .dial(DialToken(77), b.address, key: b.key))
        #expect(a.joins == [link])
        // Without the key it takes a handshake to find out.
        network.handle(a, .dial(DialToken(78), b.address, key: nil))
        network.run(for: .seconds(3))
        #expect(a.joins == [link, link])
        #expect(a.ups.count == 1 && b.ups.count == 1)
        #expect(a.downs.isEmpty && b.downs.isEmpty)
    }

    @Test func aCancelledDialComesToNothing() {
        let network = LinkNetwork(seed: 19)
        let (a, b) = (network.nodes[0], network.nodes[1])
        network.handle(a, .dial(DialToken(5), b.address, key: b.key))
        network.handle(a, .cancelDial(DialToken(5)))
        network.run(for: .seconds(30))
        #expect(a.ups.isEmpty && b.ups.isEmpty)
        #expect(a.path.sessions.isEmpty && b.path.sessions.isEmpty)
        #expect(b.allLinks.isEmpty)
    }

    @Test func probesAreAnsweredAtALimitedRate() throws {
        let network = dialled(seed: 20)
        let (a, b) = (network.nodes[0], network.nodes[1])
        let link = try #require(b.link(to: a))
        let content = LivenessContent(.probe, token: 1).encoded()
        let count = Limits.echoesBurst + 50
        for _ in 0..<count {
            network.handle(
                b,
                .event(
                    .frame(
                        link,
                        .datagram,
                        .liveness,
                        content: content,
                        frameByteCount: 44,
                        from: a.address
                    )
                )
            )
        }
        #expect(b.engine.counters.echoesRefused == 50)
    }

    @Test func malformedFramesAreCountedAndChangeNothing() throws {
        let network = dialled(seed: 21)
        let (a, b) = (network.nodes[0], network.nodes[1])
        let link = try #require(b.link(to: a))
        let frames: [(TransportKind, [UInt8])] = [
            (TransportKind.control, [1, 2, 3]), (.liveness, [9]), (.liveness, [1, 0, 0]),
        ]
        for (kind, content) in frames {
            network.handle(
                b,
                .event(
                    .frame(
                        link,
                        .datagram,
                        kind,
                        content: content,
                        frameByteCount: 40,
                        from: a.address
                    )
                )
            )
        }
        #expect(b.engine.counters.malformed == 3)
        sendControl(network, a, b, 1)
        network.run(for: .seconds(1))
        #expect(b.control == packet(1))
    }

    @Test func linksThatNobodyKnowsAreIgnored() {
        let network = LinkNetwork(seed: 22)
        let node = network.nodes[0]
        let link = LinkID(99)
        for input in [
            LinkInput.streamDown(link), .use(link, .inUse), .routeMTU(link, 1400),
            .send(link, packet(1), isReliable: true), .close(link, .shutdown),
            .cancelDial(DialToken(1)), .event(.roamed(link, to: node.address)),
            .event(.carrierLost(link, .datagram, errno: 5)), .event(.confirmed(SessionIndex(1))),
            .event(.streamFrame(link, [1])), .timer, .activity([]),
            .identified(link, RouterID(publicKey: node.key, capabilities: 1, bootRandom: 1)),
        ] { network.handle(node, input) }
        #expect(node.downs.isEmpty && node.allLinks.isEmpty)
        #expect(node.engine.counters.packetsDropped == 1)
    }
}
