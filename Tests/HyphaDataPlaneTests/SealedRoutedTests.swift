// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaCrypto
import HyphaDataPlane
import HyphaForwarding
import HyphaWire
import Testing

/// Packets of others over sealed links.
@Suite struct SealedRoutedTests {
    /// Which joints the line of three workers has.
    static let lines: [(Joint, Joint)] = [
        (.datagrams, .datagrams), (.datagrams, .sealedStream), (.sealedStream, .datagrams),
        (.baseStream, .datagrams), (.datagrams, .baseStream), (.sealedStream, .sealedStream),
    ]

    @Test(arguments: lines) func packetsCrossALineOfThree(joints: (Joint, Joint)) throws {
        var left = try WorkerHarness()
        var middle = try WorkerHarness(hasTUN: false)
        var right = try WorkerHarness()
        let first = try Links.join(&left, &middle, joints.0)
        let second = try Links.join(&middle, &right, joints.1)
        left.route(right.identity.subnet, first.left, right.identity.publicKey, isDirect: false)
        right.route(left.identity.subnet, second.right, left.identity.publicKey, isDirect: false)
        let sizes = [40, 1340, 1340, 1340, 700, 1300, 41]
        let packets = sizes.enumerated().map { place, size in
            HostPackets.plain(
                left.identity.address,
                right.identity.address,
                byteCount: size,
                seed: place
            )
        }
        left.feed(packets)
        left.turn()
        middle.turn()
        right.turn()
        // Sender, transit, receiver.
        #expect(right.deliveredToHost() == packets.map { HostPackets.aged($0, by: 3) })
        let back = HostPackets.plain(
            right.identity.address,
            left.identity.address,
            byteCount: 1340
        )
        right.sendFromHost(back)
        middle.turn()
        left.turn()
        #expect(left.deliveredToHost() == [HostPackets.aged(back, by: 3)])
        #expect(middle.counters.transitPackets == UInt64(packets.count) + 1)
        #expect(middle.counters.openedPackets == 0)
        #expect(left.counters.drops.total + right.counters.drops.total == 0)
        #expect(middle.counters.drops.total == 0)
    }

    @Test(arguments: [CarrierKind.datagram, .stream])
    func transitChangesTheHopLimitOnly(carrier: CarrierKind) throws {
        var node = try SealedNode(carrier, hasTUN: false)
        let source = try Stranger()
        let target = try Stranger()
        let from = try node.node.addLink()
        node.node.route(target.identity.subnet, node.link, target.identity.publicKey)
        node.node.route(source.identity.subnet, from, source.identity.publicKey)
        let packet = source.frame(
            .ip,
            HostPackets.content(1200),
            to: target.identity,
            hops: 9
        )
        node.node.receive(packet, on: from)
        let sealed = node.sentFrames()
        let frame = try #require(sealed.first.flatMap { node.peer.open($0) })
        #expect(sealed.count == 1)
        #expect(frame.header.kind == .routed)
        #expect(frame.content == Array(HostPackets.aged(packet, by: 1)[4..<40]))
        #expect(frame.body == Array(packet[40...]))
        // The body stands in the datagram as it is, and no address does.
        let bytes = sealed[0]
        #expect(Array(bytes.suffix(packet.count - 40)) == Array(packet[40...]))
        #expect(!Self.contains(source.identity.address.bytes.prefix(8), in: bytes))
        #expect(!Self.contains(target.identity.address.bytes.prefix(8), in: bytes))
        // And the other way, from the sealed link to the base stream.
        let answer = target.frame(.ip, [9, 9, 9], to: source.identity, hops: 30)
        node.receive([node.peer.routed(answer)])
        #expect(node.node.sent(on: from) == HostPackets.aged(answer, by: 1))
        #expect(node.node.counters.transitPackets == 2)
    }

    @Test(arguments: [CarrierKind.datagram, .stream])
    func anOwnPacketForSomebodyBehindTheNeighbourIsRouted(carrier: CarrierKind) throws {
        var node = try SealedNode(carrier)
        let target = try Stranger()
        node.node.route(
            target.identity.subnet,
            node.link,
            target.identity.publicKey,
            isDirect: false
        )
        let packet = HostPackets.plain(
            node.node.identity.address,
            target.identity.address,
            byteCount: 900
        )
        node.node.sendFromHost(packet)
        let frame = try #require(node.sent().first)
        #expect(frame.header.kind == .routed)
        let whole = [1, 0, 0, 0] + frame.content + frame.body
        #expect(whole[7] == 63)
        #expect(target.open(whole, from: node.node.identity) == [1, 0, 0, 0] + packet)
    }

    @Test func aLargePacketForSomebodyElseGoesInSegments() throws {
        var node = try SealedNode(.datagram)
        let target = try Stranger()
        node.node.route(
            target.identity.subnet,
            node.link,
            target.identity.publicKey,
            isDirect: false
        )
        let content = HostPackets.content(1280 * 5 + 3)
        let packet = HostPackets.partialTCP(
            node.node.identity.address,
            target.identity.address,
            sequence: 9,
            content
        )
        node.node.sendFromHost(packet, HostPackets.tcpOffload(segment: 1280))
        let segments = node.sent().compactMap { frame in
            target.open([1, 0, 0, 0] + frame.content + frame.body, from: node.node.identity)
        }
        #expect(segments.count == 6)
        #expect(segments.flatMap { $0.dropFirst(64) } == content)
        #expect(segments.allSatisfy { HostPackets.hasGoodTCPChecksum(Array($0.dropFirst(4))) })
    }

    @Test(arguments: [1, -1]) func aBodyOfAnotherLengthThanTheHeaderSaysIsRefused(by: Int) throws {
        var node = try SealedNode(.datagram, hasTUN: false)
        let source = try Stranger()
        let target = try Stranger()
        let to = try node.node.addLink()
        node.node.route(target.identity.subnet, to, target.identity.publicKey)
        var packet = source.frame(.ip, HostPackets.content(100), to: target.identity)
        packet[6] = UInt8(Int(packet[6]) + by)
        node.receive([node.peer.routed(packet)])
        #expect(node.node.sent(on: to).isEmpty)
        #expect(node.node.counters.drops[.malformed] == 1)
    }

    @Test func anExpiredPacketIsReportedToItsSource() throws {
        var node = try SealedNode(.datagram, hasTUN: false)
        let source = try Stranger()
        let target = try Stranger()
        node.node.route(
            source.identity.subnet,
            node.link,
            source.identity.publicKey,
            isDirect: false
        )
        let packet = source.frame(.ip, [9, 9, 9], to: target.identity, hops: 1)
        node.receive([node.peer.routed(packet)])
        let frame = try #require(node.sent().first)
        let report = source.open(
            [1, 0, 0, 0] + frame.content + frame.body,
            from: node.node.identity
        )
        #expect(report?.prefix(4) == [1, 2, 0, 0])
        #expect(node.node.counters.drops[.hopLimit] == 1)
    }

    private static func contains(_ needle: ArraySlice<UInt8>, in bytes: [UInt8]) -> Bool {
        bytes.indices.contains { bytes[$0...].starts(with: needle) }
    }
}
