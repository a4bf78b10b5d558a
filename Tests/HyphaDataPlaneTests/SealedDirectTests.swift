// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaCrypto
import HyphaDataPlane
import HyphaForwarding
import HyphaSession
import HyphaWire
import Testing

/// Packets between the two nodes of a link, sealed by the link alone.
@Suite struct SealedDirectTests {
    @Test(arguments: [CarrierKind.datagram, .stream], [40, 44, 1280, 1400])
    func aHostPacketIsOneDirectFrame(carrier: CarrierKind, size: Int) throws {
        var node = try SealedNode(carrier)
        let packet = node.outgoing(size)
        node.node.sendFromHost(packet)
        let header = TransportHeader(
            kind: .direct,
            receiverIndex: node.peer.own.value,
            counter: 0
        )
        let expected = OpenedFrame(
            header: header,
            content: [1, 0, 0, 0] + HostPackets.aged(packet, by: 1)
        )
        let frames = node.sentFrames()
        #expect(frames == [node.peer.sealedByWorker(expected)])
        #expect(frames.first?.count == size + 36)
        #expect(node.node.counters.sealedPackets == 1)
    }

    @Test(arguments: [CarrierKind.datagram, .stream], [40, 44, 1280, 1400])
    func aDirectFrameIsOnePacketForTheHost(carrier: CarrierKind, size: Int) throws {
        var node = try SealedNode(carrier)
        let packet = node.incoming(size)
        node.receive([node.peer.direct(packet)])
        #expect(node.node.deliveredToHost() == [HostPackets.aged(packet, by: 1)])
        #expect(node.node.counters.openedPackets == 1)
        #expect(node.node.counters.drops.total == 0)
    }

    @Test(arguments: [Joint.datagrams, .sealedStream])
    func packetsCrossInOrderAndTwoHopsOlder(joint: Joint) throws {
        var left = try WorkerHarness()
        var right = try WorkerHarness()
        _ = try Links.join(&left, &right, joint)
        let sizes = [1400, 1400, 1400, 60, 1400, 41, 41, 1000, 1000, 1000, 40, 999]
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
        right.turn()
        #expect(right.deliveredToHost() == packets.map { HostPackets.aged($0, by: 2) })
        #expect(right.counters.drops.total == 0)
    }

    @Test func framesOfOneSizeAreOneMessageWithASmallerOneAtItsEnd() throws {
        var node = try SealedNode(.datagram)
        let sizes = [1300, 1300, 1300, 700, 1300, 600, 600, 700]
        node.node.feed(sizes.enumerated().map { node.outgoing($1, seed: $0) })
        node.node.turn()
        let messages = node.end.receiveMessages()
        #expect(
            messages.map { $0.map { $0.count - 36 } } == [
                [1300, 1300, 1300, 700], [1300, 600], [600], [700],
            ]
        )
        let frames = messages.flatMap { $0 }.compactMap { node.peer.open($0) }
        #expect(frames.map(\.header.counter) == Array(0..<8))
        #expect(frames.map(\.content.count) == sizes.map { $0 + 4 })
    }

    @Test func framesOfOneMessageAreTakenApart() throws {
        var node = try SealedNode(.datagram)
        let packets = [1300, 1300, 1300, 700].enumerated().map { node.incoming($1, seed: $0) }
        node.end.sendTogether(packets.map { node.peer.direct($0) }, to: node.address)
        node.node.turn()
        #expect(node.node.deliveredToHost() == packets.map { HostPackets.aged($0, by: 1) })
    }

    @Test(arguments: [CarrierKind.datagram, .stream])
    func theInnerAddressesMustBeThoseOfTheLink(carrier: CarrierKind) throws {
        var node = try SealedNode(carrier)
        let other = try Stranger()
        let foreign = HostPackets.plain(
            other.identity.address,
            node.node.identity.address,
            byteCount: 100
        )
        let elsewhere = HostPackets.plain(
            node.stranger.identity.address,
            other.identity.address,
            byteCount: 100
        )
        node.receive([node.peer.direct(foreign), node.peer.direct(elsewhere)])
        #expect(node.node.deliveredToHost().isEmpty)
        #expect(node.node.counters.drops[.innerMismatch] == 2)
    }

    @Test func anExpiredPacketIsReportedToTheNeighbour() throws {
        var node = try SealedNode(.datagram)
        let packet = node.incoming(100, hops: 1)
        node.receive([node.peer.direct(packet)])
        #expect(node.node.deliveredToHost().isEmpty)
        #expect(node.node.counters.drops[.hopLimit] == 1)
        let report = node.sent().first
        #expect(report?.header.kind == .direct)
        #expect(report?.content.prefix(4) == [1, 2, 0, 0])
        // Reporter 16, offending source 16 and destination 16, type and code, then the quote.
        #expect(report?.content.suffix(packet.count) == packet[...])
    }

    @Test func aReportOfTheNeighbourReachesTheHost() throws {
        var left = try WorkerHarness()
        var right = try WorkerHarness()
        _ = try Links.join(&left, &right, .datagrams)
        // Arrives there with 1.
        let packet = HostPackets.plain(
            left.identity.address,
            right.identity.address,
            byteCount: 100,
            hops: 2
        )
        left.sendFromHost(packet)
        right.turn()
        left.turn()
        let errors = left.deliveredToHost()
        #expect(errors.count == 1)
        #expect(errors.first?[6] == 58)
        #expect(errors.first?[40] == 3)
        #expect(errors.first.map { Array($0[8..<16]) } == Array(right.identity.address.bytes[..<8]))
    }

    @Test func unknownUserTypesAreDroppedAndCounted() throws {
        var node = try SealedNode(.stream)
        let packet = node.incoming(100)
        node.receive([
            node.peer.direct(packet, kind: .other(9)), node.peer.frame(.direct, [1, 0]),
            node.peer.frame(.direct, [2, 0, 0, 0] + packet), node.peer.frame(.direct),
        ])
        #expect(node.node.deliveredToHost().isEmpty)
        #expect(node.node.counters.drops[.unknownUserType] == 4)
    }
}
