// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaFakes
import HyphaSession
import HyphaWire
import Testing

/// Handshakes inside bodies of data packets.
@Suite struct HandshakeEndToEndTests {
    private let subnet: UInt64 = 0x0400_0000_0000_9999

    private func address(_ low: UInt64, subnet: UInt64? = nil) -> IPv6Address {
        IPv6Address(high: subnet ?? self.subnet, low: low)
    }

    @Test func eightInitiationsASecondOfASubnetAreLookedInto() {
        let network = HandshakeNetwork(seed: 1)
        var stranger = HandshakeStranger(1)
        for i in 0..<100 {
            let content = stranger.content(to: network.nodes[1].key, index: UInt32(i))
            let from = address(UInt64(i))
            network.give(.message(0x10, content, from: from, key: stranger.key), to: 1)
            network.run(for: .milliseconds(10))
        }
        let looked = network.nodes[1].meter.receives
        #expect(looked >= 15 && looked <= 16)
        #expect(network.nodes[1].engine.counters.rateLimited == UInt64(100 - looked))
        // Another subnet has its own.
        let content = stranger.content(to: network.nodes[1].key, index: 500)
        let elsewhere = address(1, subnet: subnet + 1)
        network.give(.message(0x10, content, from: elsewhere, key: stranger.key), to: 1)
        #expect(network.nodes[1].meter.receives == looked + 1)
    }

    @Test func repeatedBodiesAreDroppedUncounted() {
        let network = HandshakeNetwork(seed: 2)
        var stranger = HandshakeStranger(1)
        let contents = (0..<9).map { stranger.content(to: network.nodes[1].key, index: $0) }
        func give(_ i: Int) {
            let key = stranger.key
            network.give(.message(0x10, contents[i], from: address(UInt64(i)), key: key), to: 1)
        }
        for i in 0..<8 { give(i) }
        #expect(network.nodes[1].meter.receives == 8)
        for round in 0..<100 { give(round % 8) }
        #expect(network.nodes[1].engine.counters.repeated == 100)
        #expect(network.nodes[1].engine.counters.rateLimited == 0)
        network.run(for: .milliseconds(130))
        give(8)
        #expect(network.nodes[1].meter.receives == 9)
        // The ninth took the place of the first; the timestamp tells that one.
        network.run(for: .milliseconds(130))
        give(0)
        #expect(network.nodes[1].engine.counters.replayed == 1)
    }

    @Test func theKeyThatOpenedTheBodyMustBeTheInitiator() {
        let network = HandshakeNetwork(seed: 3)
        var stranger = HandshakeStranger(1)
        let content = stranger.content(to: network.nodes[1].key, index: 1)
        let other = HandshakeNetwork.key(9)
        network.give(.message(0x10, content, from: address(1), key: other), to: 1)
        #expect(network.nodes[1].engine.counters.forgedInitiations == 1)
        #expect(network.unroutable.isEmpty)
    }

    @Test func aResponseMustComeFromTheSubnetAndKeyItWasSentTo() throws {
        let network = HandshakeNetwork(seed: 4)
        network.faults.drops = { $0.type == 0x11 }
        network.initiate(0, to: 1, over: .endToEnd)
        network.run(for: .milliseconds(100))
        let packet = try #require(network.sent.last)
        guard case .message(let type, let content, let key) = packet.content else { return }
        let node = network.nodes[0]
        let there = HandshakeNode.overlay(1)
        network.give(.message(type, content, from: address(1), key: key), to: 0)
        network.give(.message(type, content, from: there, key: node.key), to: 0)
        network.give(.message(type, Array(content.dropLast()), from: there, key: key), to: 0)
        network.give(.message(0x12, content, from: there, key: key), to: 0)
        #expect(node.engine.counters.unexpected == 2)
        #expect(node.engine.counters.malformed == 2)
        let neighbour = IPv6Address(high: there.high, low: 77)
        network.give(.message(type, content, from: neighbour, key: key), to: 0)
        #expect(node.engine.counters.completed == 1)
    }

    @Test func scopesAreKeptApart() {
        // A link's message 1 inside a body, and a session's inside a frame, are worth nothing.
        let network = HandshakeNetwork(seed: 5)
        var stranger = HandshakeStranger(1)
        let message = stranger.message(to: network.nodes[1].key, .link)
        network.give(
            .message(0x10, [0, 0, 0, 1] + message, from: address(1), key: stranger.key),
            to: 1
        )
        let session = stranger.message(to: network.nodes[1].key, .endToEnd)
        let part = InitiationPart(part: 0, parts: 1, senderIndex: 1, message: session)
        var frame = part.encoded()
        stranger.authenticate(&frame, for: network.nodes[1].key)
        network.give(.frame(frame, from: .stream(LinkID(9))), to: 1)
        #expect(network.nodes[1].engine.counters.forgedInitiations == 2)
        #expect(network.nodes[1].engine.counters.answered == 0)
    }

    @Test func framesBelongToLinksAndEachCarrierHasItsOwnSize() {
        let network = HandshakeNetwork(seed: 6)
        var stranger = HandshakeStranger(1)
        let key = network.nodes[1].key
        let whole = stranger.frames(to: key, index: 1, over: .stream)
        let parts = stranger.frames(to: key, index: 2, over: .datagram)
        network.give(.frame(whole[0], from: .datagram(HandshakeNode.address(3))), to: 1)
        network.give(.frame(parts[0], from: .stream(LinkID(3))), to: 1)
        network.give(.frame(whole[0], from: .endToEnd(address(1))), to: 1)
        network.give(.frame([], from: .stream(LinkID(3))), to: 1)
        #expect(network.nodes[1].engine.counters.malformed == 4)
        #expect(network.nodes[1].meter.receives == 0)
        #expect(network.nodes[1].engine.occupancy.halfInitiations == 0)
    }

    @Test func knownPeersGetThroughAFloodOfBodies() {
        let network = HandshakeNetwork(seed: 7)
        network.initiate(0, to: 1, over: .endToEnd)
        network.run(for: .milliseconds(100))
        var stranger = HandshakeStranger(1)
        func flood() {
            for i in 0..<600 {
                let content = stranger.content(to: network.nodes[1].key, index: UInt32(i))
                let from = address(1, subnet: subnet + UInt64(i))
                network.give(.message(0x10, content, from: from, key: stranger.key), to: 1)
            }
        }
        flood()
        #expect(network.nodes[1].meter.receives <= Limits.handshakesBurst + 1)
        network.initiate(0, to: 1, over: .endToEnd)
        for _ in 0..<10 {
            network.run(for: .milliseconds(5))
            flood()
        }
        #expect(network.agree(0, 1, over: .endToEnd))
        #expect(network.nodes[1].engine.counters.confirmed == 2)
        #expect(network.nodes[0].engine.counters.initiationsSent == 2)
    }
}
