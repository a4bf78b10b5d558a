// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaCrypto
import HyphaDataPlane
import HyphaForwarding
import HyphaWire
import Testing

/// Frames that are made, taken and passed on many in a row.
@Suite struct SealedRunTests {
    @Test(arguments: [600, 1100, 1340])
    func segmentsBehindAPacketOfAnotherSizeStayWhole(segment: Int) throws {
        var node = try SealedNode(.datagram)
        let before = node.outgoing(1400, seed: 1)
        let content = HostPackets.content(segment * 5 + 99)
        let packet = HostPackets.partialTCP(
            node.node.identity.address,
            node.stranger.identity.address,
            sequence: 7,
            content
        )
        let after = node.outgoing(1400, seed: 2)
        // All are read, and wait for the kernel, in one turn.
        node.node.feed([before])
        node.node.feed([packet], HostPackets.tcpOffload(segment: segment))
        node.node.feed([after])
        node.node.turn()
        let sent = node.sentFrames()
        let contents = sent.compactMap { node.peer.open($0) }.map { $0.content.dropFirst(4) }
        #expect(sent.count == 8)
        #expect(contents.count == 8)
        #expect(contents.dropFirst().dropLast().flatMap { $0.dropFirst(60) } == content)
        #expect(contents.first.map(Array.init) == HostPackets.aged(before, by: 1))
        #expect(contents.last.map(Array.init) == HostPackets.aged(after, by: 1))
    }

    @Test func whatIsNotGenuineInAMessageIsLeftOutAlone() throws {
        var node = try SealedNode(.datagram)
        let first = node.incoming(600, seed: 90)
        node.receive([node.peer.direct(first)])
        #expect(node.node.deliveredToHost() == [HostPackets.aged(first, by: 1)])

        let packets = (0..<4).map { node.incoming(1300, seed: $0) }
        let frames = packets.map { node.peer.direct($0) }
        var forged = node.peer.direct(node.incoming(1300, seed: 91))
        forged[700] ^= 1
        let message = [frames[0], forged, frames[1], frames[0], frames[2], frames[3]]
        node.end.sendTogether(message, to: node.address)
        node.node.turn()
        #expect(node.node.deliveredToHost() == packets.map { HostPackets.aged($0, by: 1) })
        #expect(node.node.counters.drops[.badSeal] == 1)
        #expect(node.node.counters.drops[.replayed] == 1)
        #expect(node.node.counters.drops.total == 2)
        #expect(node.node.counters.openedPackets == 5)
    }

    @Test func anotherKindOfFrameEndsTheRowAndNothingElse() throws {
        var node = try SealedNode(.datagram)
        node.receive([node.peer.direct(node.incoming(600, seed: 90))])
        _ = node.node.deliveredToHost()
        let packets = (0..<4).map { node.incoming(1300, seed: $0) }
        var frames = packets.map { node.peer.direct($0) }
        // As large as the others: 1300 and what a direct frame has around it, less its own.
        let control = node.peer.frame(.control, [UInt8](repeating: 0, count: 1304))
        frames.insert(control, at: 2)
        node.end.sendTogether(frames, to: node.address)
        node.node.turn()
        #expect(node.node.deliveredToHost() == packets.map { HostPackets.aged($0, by: 1) })
        #expect(node.node.counters.drops.total == 0)
    }

    @Test func aRowInTransitStaysInOrderAndLosesOnlyWhatExpires() throws {
        var left = try WorkerHarness()
        var middle = try WorkerHarness(hasTUN: false)
        var right = try WorkerHarness()
        let first = try Links.join(&left, &middle, .datagrams)
        let second = try Links.join(&middle, &right, .datagrams)
        left.route(right.identity.subnet, first.left, right.identity.publicKey, isDirect: false)
        right.route(left.identity.subnet, second.right, left.identity.publicKey, isDirect: false)
        // The first one confirms the sessions of the links.
        for count in [1, 14] {
            let packets = (0..<count).map { place in
                HostPackets.plain(
                    left.identity.address,
                    right.identity.address,
                    byteCount: 1300,
                    seed: count * 100 + place,
                    // One hop is used up by the sender, and the next by the node between.
                    hops: place == 5 ? 2 : 64
                )
            }
            let before = middle.counters
            left.feed(packets)
            left.turn()
            middle.turn()
            right.turn()
            let living = packets.enumerated().filter { $0.offset != 5 }.map(\.element)
            #expect(right.deliveredToHost() == living.map { HostPackets.aged($0, by: 3) })
            let passed = middle.counters.transitPackets - before.transitPackets
            #expect(passed == UInt64(living.count))
            let bytes = middle.counters.transitBytes - before.transitBytes
            // A base packet has 40 bytes of header and 32 around the body's packet.
            #expect(bytes == UInt64(living.count * (1300 + 72)))
        }
        #expect(middle.counters.drops[.hopLimit] == 1)
        #expect(middle.counters.drops.total == 1)
        #expect(right.counters.drops.total == 0)
    }
}
