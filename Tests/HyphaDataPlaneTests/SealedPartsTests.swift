// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaCrypto
import HyphaDataPlane
import HyphaForwarding
import HyphaSession
import HyphaWire
import Testing

/// Frames that the path does not take whole.
@Suite struct SealedPartsTests {
    @Test(arguments: [1196, 1197, 1280, 1399, 1400])
    func aDirectPacketBeyondTheCarrierGoesInTwoParts(size: Int) throws {
        var node = try SealedNode(.datagram, payloadMax: 1232)
        let packet = node.outgoing(size)
        node.node.sendFromHost(packet)
        let sealed = node.sentFrames()
        let frames = sealed.compactMap { node.peer.open($0) }
        #expect(sealed.allSatisfy { $0.count <= 1232 })
        #expect(frames.flatMap(\.content) == [1, 0, 0, 0] + HostPackets.aged(packet, by: 1))
        guard size > 1196 else {
            #expect(frames.map(\.header.parts) == [1])
            return
        }
        #expect(frames.map(\.header.parts) == [2, 2])
        #expect(frames.map(\.header.part) == [0, 1])
        #expect(frames.map(\.header.counter) == [0, 1])
        #expect(frames.first?.content.count == (size + 4 + 1) / 2)
    }

    @Test(arguments: [false, true]) func directPartsCrossInEitherOrder(isReversed: Bool) throws {
        var node = try SealedNode(.datagram, payloadMax: 1232)
        for size in [1280, 1281, 1400] {
            let packet = node.incoming(size)
            let parts = node.peer.directParts(packet)
            node.receive(isReversed ? parts.reversed() : parts)
            #expect(node.node.deliveredToHost() == [HostPackets.aged(packet, by: 1)])
        }
        #expect(node.node.counters.drops.total == 0)
        #expect(node.node.counters.openedPackets == 3)
    }

    @Test func partsOfSeveralPacketsMayMingle() throws {
        var node = try SealedNode(.datagram, payloadMax: 1232)
        let packets = (0..<10).map { node.incoming(1400, seed: $0) }
        let parts = packets.map { node.peer.directParts($0) }
        node.receive(parts.map { $0[1] } + parts.map { $0[0] })
        #expect(node.node.deliveredToHost() == packets.map { HostPackets.aged($0, by: 1) })
    }

    @Test func aRepeatedPartIsAReplay() throws {
        var node = try SealedNode(.datagram, payloadMax: 1232)
        let packet = node.incoming(1400)
        let parts = node.peer.directParts(packet)
        node.receive([parts[0], parts[0], parts[1], parts[1], parts[0]])
        #expect(node.node.deliveredToHost() == [HostPackets.aged(packet, by: 1)])
        #expect(node.node.counters.drops[.replayed] == 3)
        #expect(node.node.counters.drops.total == 3)
    }

    @Test func aPartWhoseOtherHalfNeverComesIsLostAndCounted() throws {
        var node = try SealedNode(.datagram, payloadMax: 1232)
        let lost = node.peer.directParts(node.incoming(1400))
        node.receive([lost[0]])
        #expect(node.node.counters.drops[.partLost] == 0)
        node.node.turnAtDeadline()
        node.node.turn()
        #expect(node.node.counters.drops[.partLost] == 1)
        // Too late: it waits for its other half in turn.
        node.receive([lost[1]])
        #expect(node.node.deliveredToHost().isEmpty)
        #expect(node.node.counters.drops[.partLost] == 1)
    }

    @Test func atTheCeilingOfGroupsAPartTakesThePlaceOfAnother() throws {
        var node = try SealedNode(.datagram, payloadMax: 1232)
        let packets = (0...Limits.partGroupsMax).map { node.incoming(1400, seed: $0) }
        let parts = packets.map { node.peer.directParts($0) }
        // In lots that fit a socket's buffer, and all within 500 ms.
        for start in stride(from: 0, to: parts.count, by: 32) {
            node.receive(parts[start..<min(start + 32, parts.count)].map { $0[0] })
        }
        #expect(node.node.counters.drops[.partLost] == 1)
        var delivered: [[UInt8]] = []
        for start in stride(from: 1, to: parts.count, by: 32) {
            node.receive(parts[start..<min(start + 32, parts.count)].map { $0[1] })
            delivered += node.node.deliveredToHost()
        }
        #expect(delivered == packets.dropFirst().map { HostPackets.aged($0, by: 1) })
        node.receive([parts[0][1]])
        #expect(node.node.deliveredToHost().isEmpty)
        #expect(node.node.counters.drops[.partLost] == 1)
    }

    @Test(arguments: [1132, 1133, 1280, 1400])
    func anOwnRoutedPacketBeyondTheCarrierGoesInTwoParts(size: Int) throws {
        var node = try SealedNode(.datagram, payloadMax: 1232)
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
            byteCount: size
        )
        node.node.sendFromHost(packet)
        let sealed = node.sentFrames()
        let frames = sealed.compactMap { node.peer.open($0) }
        #expect(sealed.allSatisfy { $0.count <= 1232 })
        #expect(frames.count == (size > 1132 ? 2 : 1))
        #expect(Set(frames.map(\.content)).count == 1)
        let whole = [1, 0, 0, 0] + (frames.first?.content ?? []) + frames.flatMap(\.body)
        #expect(target.open(whole, from: node.node.identity) == [1, 0, 0, 0] + packet)
        guard size > 1132 else { return }
        #expect(frames.map(\.header.part) == [0, 1])
        #expect(frames.first?.body.count == (size + 32 + 1) / 2)
    }

    @Test(arguments: [false, true])
    func aBodyOfABaseNodeCrossesInTwoParts(isReversed: Bool) throws {
        var node = try SealedNode(.datagram, hasTUN: false, payloadMax: 1232)
        let source = try Stranger()
        let target = try Stranger()
        let base = try node.node.addLink()
        node.node.route(
            target.identity.subnet,
            node.link,
            target.identity.publicKey,
            isDirect: false
        )
        node.node.route(source.identity.subnet, base, source.identity.publicKey)
        // The largest inner packet of a base node makes a body of 1432 bytes.
        let packet = source.frame(.ip, HostPackets.content(1400), to: target.identity)
        #expect(packet.count == 40 + 1432)
        node.node.receive(packet, on: base)
        let frames = node.sent()
        #expect(frames.map(\.header.part) == [0, 1])
        #expect(frames.flatMap(\.body) == Array(packet[40...]))
        #expect(frames.allSatisfy { $0.content == Array(HostPackets.aged(packet, by: 1)[4..<40]) })
        // And from there to the base.
        let answer = target.frame(.ip, HostPackets.content(1400), to: source.identity)
        let parts = node.peer.routedParts(answer)
        node.receive(isReversed ? parts.reversed() : parts)
        #expect(node.node.sent(on: base) == HostPackets.aged(answer, by: 1))
        #expect(node.node.counters.drops.total == 0)
    }

    @Test func partsThatDoNotBelongTogetherAreLost() throws {
        var node = try SealedNode(.datagram, hasTUN: false, payloadMax: 1232)
        let source = try Stranger()
        let target = try Stranger()
        let base = try node.node.addLink()
        node.node.route(target.identity.subnet, base, target.identity.publicKey)
        let packet = source.frame(.ip, HostPackets.content(1400), to: target.identity)
        let head = Array(packet[4..<40])
        let other = Array(HostPackets.aged(packet, by: 1)[4..<40])
        // Another header in the second part; a slice too short; the first half twice.
        let halves = (Array(packet[40..<756]), Array(packet[756...]))
        for (heads, slices) in [
            ((head, other), halves), ((head, head), (halves.0, Array(halves.1.dropLast()))),
        ] {
            node.receive([
                node.peer.frame(.routed, heads.0, body: slices.0, part: 0, of: 2),
                node.peer.frame(.routed, heads.1, body: slices.1, part: 1, of: 2),
            ])
        }
        #expect(node.node.sent(on: base).isEmpty)
        #expect(node.node.counters.drops[.partLost] == 2)
    }

    @Test(arguments: [Joint.datagrams]) func largestPacketsCrossALineInParts(joint: Joint) throws {
        var left = try WorkerHarness()
        var middle = try WorkerHarness(hasTUN: false)
        var right = try WorkerHarness()
        let first = try Links.join(&left, &middle, joint, payloadMax: 1232)
        _ = try Links.join(&middle, &right, joint, payloadMax: 1232)
        left.route(right.identity.subnet, first.left, right.identity.publicKey, isDirect: false)
        right.route(left.identity.subnet, LinkID(1), left.identity.publicKey, isDirect: false)
        let content = HostPackets.content(1340 * 10)
        let large = HostPackets.partialTCP(
            left.identity.address,
            right.identity.address,
            sequence: 4,
            content
        )
        left.sendFromHost(large, HostPackets.tcpOffload(segment: 1340))
        middle.turn()
        right.turn()
        let delivered = right.deliveredToHost()
        #expect(delivered.flatMap { $0.dropFirst(60) } == content)
        #expect(middle.counters.transitPackets == 10)
        #expect(middle.counters.drops.total + right.counters.drops.total == 0)
    }

    @Test func packetsInPartsAndWholeOnesStayInOrder() throws {
        var left = try WorkerHarness()
        var middle = try WorkerHarness(hasTUN: false)
        var right = try WorkerHarness()
        let first = try Links.join(&left, &middle, .datagrams, payloadMax: 1452)
        _ = try Links.join(&middle, &right, .datagrams, payloadMax: 1232)
        left.route(right.identity.subnet, first.left, right.identity.publicKey, isDirect: false)
        right.route(left.identity.subnet, LinkID(1), left.identity.publicKey, isDirect: false)
        // Enough of them that the middle one hands some to the kernel before it has seen all.
        let packets = (0..<60).map { place in
            HostPackets.plain(
                left.identity.address,
                right.identity.address,
                byteCount: place % 3 == 1 ? 100 : 1340,
                seed: place
            )
        }
        left.feed(packets)
        left.turn()
        middle.turn()
        right.turn()
        #expect(right.deliveredToHost() == packets.map { HostPackets.aged($0, by: 3) })
        #expect(middle.counters.transitPackets == 60)
    }

    @Test func whatDoesNotFitTwoPartsIsRefusedAndCounted() throws {
        var node = try SealedNode(.datagram, hasTUN: false, payloadMax: 1232)
        let source = try Stranger()
        let target = try Stranger()
        let base = try node.node.addLink()
        node.node.route(target.identity.subnet, node.link, target.identity.publicKey)
        // Two parts carry 2 (1232 - 68) = 2328 bytes of body.
        for (byteCount, parts) in [(2328 - 32, 2), (2329 - 32, 0)] {
            let packet = source.frame(.ip, HostPackets.content(byteCount), to: target.identity)
            node.node.receive(packet, on: base)
            let sealed = node.sentFrames()
            #expect(sealed.count == parts)
            #expect(sealed.allSatisfy { $0.count <= 1232 })
        }
        #expect(node.node.counters.drops[.oversized] == 1)
        #expect(node.node.counters.drops.total == 1)
    }
}
