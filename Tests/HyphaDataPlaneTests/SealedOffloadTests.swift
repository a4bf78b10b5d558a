// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaCrypto
import HyphaDataPlane
import HyphaForwarding
import HyphaWire
import Testing

/// Large packets of the host over sealed links.
@Suite struct SealedOffloadTests {
    @Test func aLargePacketGoesSegmentBySegmentOverDatagrams() throws {
        var node = try SealedNode(.datagram)
        let content = HostPackets.content(1340 * 7 + 99)
        let packet = HostPackets.partialTCP(
            node.node.identity.address,
            node.stranger.identity.address,
            sequence: 0xffff_f000,
            content
        )
        node.node.sendFromHost(packet, HostPackets.tcpOffload(segment: 1340))
        let frames = node.sent()
        #expect(frames.allSatisfy { $0.content.starts(with: [1, 0, 0, 1]) })
        let segments = frames.map { Array($0.content.dropFirst(4)) }
        #expect(segments.count == 8)
        #expect(segments.flatMap { $0.dropFirst(60) } == content)
        #expect(segments.allSatisfy(HostPackets.hasPartialTCPChecksum))
        #expect(segments.allSatisfy { $0[7] == 63 })
        let sequences = (0..<8).map { 0xffff_f000 as UInt32 &+ UInt32($0 * 1340) }
        #expect(segments.map(HostPackets.sequence) == sequences)
    }

    @Test func segmentsCoalesceAgain() throws {
        var left = try WorkerHarness()
        var right = try WorkerHarness()
        _ = try Links.join(&left, &right, .datagrams)
        let content = HostPackets.content(1340 * 20)
        let packet = HostPackets.partialTCP(
            left.identity.address,
            right.identity.address,
            sequence: 5,
            content
        )
        left.sendFromHost(packet, HostPackets.tcpOffload(segment: 1340))
        right.turn()
        let delivered = right.deliveredWithOffload()
        #expect(delivered.count == 1)
        let first = try #require(delivered.first)
        #expect(first.packet == HostPackets.aged(packet, by: 2))
        #expect(first.offload == HostPackets.tcpOffload(segment: 1340))
        #expect(right.counters.openedPackets == 20)
    }

    @Test func aPartialSumCrossesToTheOtherKernel() throws {
        var left = try WorkerHarness()
        var right = try WorkerHarness()
        _ = try Links.join(&left, &right, .datagrams)
        let packet = HostPackets.partialTCP(
            left.identity.address,
            right.identity.address,
            sequence: 5,
            HostPackets.content(300)
        )
        var offload = VirtioNetHeader()
        offload.flags = VirtioNetHeader.needsChecksum
        offload.checksumStart = 40
        offload.checksumOffset = 16
        left.sendFromHost(packet, offload)
        right.turn()
        let delivered = right.deliveredWithOffload()
        #expect(delivered.map(\.packet) == [HostPackets.aged(packet, by: 2)])
        #expect(delivered.map(\.offload) == [offload])
    }

    @Test func aCompleteSumCrossesAsItIs() throws {
        var left = try WorkerHarness()
        var right = try WorkerHarness()
        _ = try Links.join(&left, &right, .datagrams)
        let packet = HostPackets.tcp(
            left.identity.address,
            right.identity.address,
            sequence: 5,
            HostPackets.content(300)
        )
        left.sendFromHost(packet, VirtioNetHeader())
        right.turn()
        let delivered = right.deliveredWithOffload()
        #expect(delivered.map(\.packet) == [HostPackets.aged(packet, by: 2)])
        #expect(delivered.first?.offload.wantsChecksum == false)
    }

    @Test func aLargePacketGoesWholeOverAStream() throws {
        var node = try SealedNode(.stream)
        let content = HostPackets.content(1340 * 40 + 7)
        let packet = HostPackets.partialTCP(
            node.node.identity.address,
            node.stranger.identity.address,
            sequence: 77,
            content
        )
        node.node.sendFromHost(packet, HostPackets.tcpOffload(segment: 1340))
        let frames = node.sent()
        #expect(frames.count == 1)
        let userHeader: [UInt8] = [1, 0x13, UInt8(1340 >> 8), UInt8(1340 & 0xff)]
        #expect(frames.first?.content == userHeader + HostPackets.aged(packet, by: 1))
    }

    @Test func theOffloadOfASuperPacketIsDerived() throws {
        var left = try WorkerHarness()
        var right = try WorkerHarness()
        _ = try Links.join(&left, &right, .sealedStream)
        for content in [1340 * 48, 1341, 65_400 - 60] {
            let packet = HostPackets.partialTCP(
                left.identity.address,
                right.identity.address,
                sequence: 5,
                HostPackets.content(content)
            )
            left.sendFromHost(packet, HostPackets.tcpOffload(segment: 1340))
            right.turn()
            let delivered = right.deliveredWithOffload()
            #expect(delivered.count == 1)
            let first = try #require(delivered.first)
            #expect(first.packet == HostPackets.aged(packet, by: 2))
            #expect(first.offload == HostPackets.tcpOffload(segment: 1340))
        }
    }

    @Test func whatIsNoSuperPacketIsCutBeforeItIsSent() throws {
        var node = try SealedNode(.stream)
        // Segments below 512 bytes, and a packet beyond the ceiling.
        for (content, segment) in [(511 * 9, 511), (65_401 - 60, 1340)] {
            let packet = HostPackets.partialTCP(
                node.node.identity.address,
                node.stranger.identity.address,
                sequence: 77,
                HostPackets.content(content)
            )
            node.node.sendFromHost(packet, HostPackets.tcpOffload(segment: segment))
            let frames = node.sent()
            #expect(!frames.isEmpty)
            #expect(frames.allSatisfy { $0.content.starts(with: [1, 0, 0, 1]) })
            let segments = frames.map { Array($0.content.dropFirst(4)) }
            #expect(segments.flatMap { $0.dropFirst(60) } == HostPackets.content(content))
            #expect(segments.allSatisfy(HostPackets.hasPartialTCPChecksum))
        }
    }

    /// What a neighbour may get wrong about a super-packet.
    enum Mistake: CaseIterable {
        case segmentTooSmall
        case segmentBeyondMTU
        case extensionHeader
        case lengthTooSmall
        case lengthTooLarge
        case tooLarge
        case noContent
        case notTransport
        case truncatedHeader
    }

    @Test(arguments: Mistake.allCases) func aWrongSuperPacketIsRefused(mistake: Mistake) throws {
        var node = try SealedNode(.stream)
        let (from, to) = (node.stranger.identity.address, node.node.identity.address)
        var byteCount = 1340 * 4
        var segment: UInt16 = 1340
        switch mistake {
        case .segmentTooSmall: segment = 511
        case .segmentBeyondMTU: segment = 1341
        case .tooLarge: byteCount = 65_401 - 60
        case .noContent: byteCount = 0
        default: break
        }
        let content = HostPackets.content(byteCount)
        var packet = HostPackets.partialTCP(from, to, sequence: 3, content)
        switch mistake {
        case .extensionHeader:
            packet = HostPackets.header(0, 8 + packet.count - 40, from, to)
            packet += [6, 0, 1, 4, 0, 0, 0, 0]
            packet += HostPackets.partialTCP(from, to, sequence: 3, content).dropFirst(40)
        case .lengthTooSmall: packet[5] -= 1
        case .lengthTooLarge: packet[5] += 1
        case .notTransport: packet[6] = 58
        case .truncatedHeader: packet[52] = 0xf0
        default: break
        }
        if mistake == .truncatedHeader {
            packet = Array(packet.prefix(90))
            packet[4] = 0
            packet[5] = 50
        }
        node.receive([node.peer.direct(packet, kind: .superPacket, detail: segment)])
        #expect(node.node.deliveredToHost().isEmpty)
        #expect(node.node.counters.drops[.badOffload] == 1)
        #expect(node.node.counters.drops.total == 1)
        // The link stays.
        let good = node.incoming(100)
        node.receive([node.peer.direct(good)])
        #expect(node.node.deliveredToHost() == [HostPackets.aged(good, by: 1)])
    }

    @Test(arguments: [512, 1340]) func theLeastAndGreatestSegmentAreTaken(segment: Int) throws {
        var node = try SealedNode(.stream)
        let packet = HostPackets.partialTCP(
            node.stranger.identity.address,
            node.node.identity.address,
            sequence: 3,
            HostPackets.content(4000)
        )
        node.receive([node.peer.direct(packet, kind: .superPacket, detail: UInt16(segment))])
        let delivered = node.node.deliveredWithOffload()
        #expect(delivered.map(\.packet) == [HostPackets.aged(packet, by: 1)])
        #expect(delivered.first?.offload == HostPackets.tcpOffload(segment: segment))
    }

    @Test func aSuperPacketOfOneSegmentIsAnOrdinaryOneWithAPartialChecksum() throws {
        var node = try SealedNode(.stream)
        let packet = HostPackets.partialTCP(
            node.stranger.identity.address,
            node.node.identity.address,
            sequence: 3,
            HostPackets.content(600)
        )
        node.receive([node.peer.direct(packet, kind: .superPacket, detail: 600)])
        let offload = try #require(node.node.deliveredWithOffload().first).offload
        #expect(offload.segmentationType == VirtioNetHeader.typeNone)
        #expect(offload.segmentByteCount == 0)
        #expect(offload.flags == VirtioNetHeader.needsChecksum)
        #expect(offload.checksumStart == 40)
        #expect(offload.checksumOffset == 16)
    }

    @Test func aSuperPacketOfDatagramsIsSegmentedAsSuch() throws {
        var node = try SealedNode(.stream)
        let (from, to) = (node.stranger.identity.address, node.node.identity.address)
        let content = HostPackets.content(3000)
        var packet = HostPackets.header(17, 8 + content.count, from, to)
        packet += [0x12, 0x34, 0x56, 0x78, UInt8(3008 >> 8), UInt8(3008 & 0xff), 1, 2] + content
        node.receive([node.peer.direct(packet, kind: .superPacket, detail: 1000)])
        let delivered = try #require(node.node.deliveredWithOffload().first)
        #expect(delivered.packet == HostPackets.aged(packet, by: 1))
        #expect(delivered.offload.segmentationType == VirtioNetHeader.typeUDPSegments)
        #expect(delivered.offload.segmentByteCount == 1000)
        #expect(delivered.offload.headerByteCount == 48)
        #expect(delivered.offload.checksumStart == 40)
        #expect(delivered.offload.checksumOffset == 6)
    }
}
