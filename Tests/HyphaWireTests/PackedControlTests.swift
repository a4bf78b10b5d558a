// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaWire
import Testing

/// Several TLVs in a packet and sub-TLVs, which only Hypha links have.
@Suite struct PackedControlTests {
    private let id = RouterID(publicKey: PublicKey(words: (1, 2, 3, 4)), zone: 0x4879, tail: 5)

    private func update(_ number: UInt64, pathMTU: UInt16?) -> ControlTLV {
        let prefix = Prefix(subnetOf: IPv6Address(high: 1 << 58 | number, low: 1))
        return .update(
            Update(
                seqno: Seqno(UInt16(truncatingIfNeeded: number)),
                metric: Metric(7),
                prefix: .ipv6(prefix),
                routerID: id,
                pathMTU: pathMTU
            )
        )
    }

    private func packed(_ tlvs: [ControlTLV], byteCountMax: Int = 1200) -> [[UInt8]] {
        var packets: [[UInt8]] = []
        ControlPacket.appendPacked(tlvs, byteCountMax: byteCountMax, to: &packets)
        return packets
    }

    /// A packet with one Update and `subTLVs` after its fields.
    private func packet(_ subTLVs: [UInt8]) -> [UInt8] {
        var bytes = packed([update(1, pathMTU: nil)])[0]
        bytes += subTLVs
        bytes[3] += UInt8(subTLVs.count)
        bytes[5] += UInt8(subTLVs.count)
        return bytes
    }

    private func pathMTU(_ subTLVs: [UInt8]) throws -> UInt16? {
        let packet = try ControlPacket.decode(packet(subTLVs).span, as: .hypha)
        guard case .update(let update) = packet.tlvs.first else { return nil }
        return update.pathMTU
    }

    @Test func manyTLVsShareAPacketUpToItsCeiling() throws {
        let tlvs = (0..<300).map { update(UInt64($0), pathMTU: $0 % 2 == 0 ? 1340 : nil) }
        for ceiling in [ControlPacket.packedByteCountMin, 200, 1201, 70_000] {
            let packets = packed(tlvs, byteCountMax: ceiling)
            var again: [ControlTLV] = []
            for (i, bytes) in packets.enumerated() {
                #expect(bytes.count <= ceiling)
                let packet = try ControlPacket.decode(bytes.span, as: .hypha)
                #expect(packet.skippedCount == 0)
                // No packet ends where its successor's first TLV would have fitted.
                if i > 0, let first = packet.tlvs.first {
                    let next = packed([first])[0].count - 4
                    #expect(packets[i - 1].count + next > ceiling)
                }
                again += packet.tlvs
            }
            #expect(again == tlvs)
        }
        #expect(packed([]) == [])
    }

    @Test func aPacketHoldsNoMoreTLVsThanAReceiverTakes() throws {
        let hello = ControlTLV.hello(Hello(seqno: Seqno(1)))
        let tlvs = [ControlTLV](repeating: hello, count: Limits.controlTLVsMax + 1)
        let counts = try packed(tlvs, byteCountMax: 60_000).map {
            try ControlPacket.decode($0.span, as: .hypha).tlvs.count
        }
        #expect(counts == [Limits.controlTLVsMax, 1])
    }

    @Test func theLargestTLVFitsTheLeastCeiling() {
        let whole = WirePrefix.ipv6(Prefix(IPv6Address(high: .max, low: .max), length: 128))
        let largest = ControlTLV.update(
            Update(seqno: Seqno(1), metric: .zero, prefix: whole, routerID: id, pathMTU: 1280)
        )
        let packets = packed([largest], byteCountMax: ControlPacket.packedByteCountMin)
        #expect(packets.map(\.count) == [ControlPacket.packedByteCountMin])
    }

    @Test func aBasePacketHasNoSubTLVs() throws {
        var with: [UInt8] = []
        var without: [UInt8] = []
        ControlPacket.appendFramed(update(1, pathMTU: 1340), to: &with)
        ControlPacket.appendFramed(update(1, pathMTU: nil), to: &without)
        #expect(with == without && with.count == 68)
        let bytes = packet([112, 2, 0x05, 0x3c])
        #expect(try ControlPacket.decode(bytes.span).tlvs == [update(1, pathMTU: nil)])
        let hypha = try ControlPacket.decode(bytes.span, as: .hypha)
        #expect(hypha.tlvs == [update(1, pathMTU: 1340)])
        #expect(packed([update(1, pathMTU: 1340)]) == [bytes])
    }

    @Test func unknownSubTLVsAreSkipped() throws {
        #expect(try pathMTU([0, 3, 1, 9, 0, 112, 2, 5, 0, 113, 0]) == 1280)
        #expect(try pathMTU([112, 1, 5]) == nil)
        #expect(try pathMTU([112, 3, 5, 0, 0]) == nil)
        #expect(try pathMTU([112, 2, 5, 0, 112, 2, 6, 0]) == 1280)
        for subTLVs: [UInt8] in [[], [0], [112, 1, 5], [3, 2, 1, 1]] {
            #expect(try ControlPacket.decode(packet(subTLVs).span, as: .hypha).tlvs.count == 1)
        }
    }

    @Test func anUnknownMandatorySubTLVHidesTheTLV() throws {
        for subTLVs: [UInt8] in [
            [0x80, 0], [240, 1, 1], [112, 2, 5, 0, 200, 0], [0, 0, 129, 0], [255, 9],
        ] {
            for dialect in [ControlDialect.base, .hypha] {
                let packet = try ControlPacket.decode(packet(subTLVs).span, as: dialect)
                #expect(packet.tlvs.isEmpty && packet.skippedCount == 1)
            }
        }
    }

    @Test func bytesThatAreNoSubTLVsHideTheTLVFromHyphaAlone() throws {
        for subTLVs: [UInt8] in [[1], [112, 2, 5], [5, 9, 0]] {
            let bytes = packet(subTLVs)
            #expect(try ControlPacket.decode(bytes.span).tlvs.count == 1)
            #expect(try ControlPacket.decode(bytes.span, as: .hypha).tlvs.isEmpty)
        }
    }

    @Test func packetsStandOneAfterTheOther() throws {
        let packets = packed((0..<40).map { update($0, pathMTU: 1280) }, byteCountMax: 300)
        let bytes = packets.flatMap { $0 }
        let extents = try ControlPacket.extents(in: bytes.span)
        #expect(extents.map { Array(bytes[$0]) } == packets)
        let none: [UInt8] = []
        #expect(try ControlPacket.extents(in: none.span) == [])
        #expect(throws: WireError.self) {
            _ = try ControlPacket.extents(in: bytes.span.extracting(droppingLast: 1))
        }
        let other = bytes + [1]
        #expect(throws: WireError.controlMagic(expected: 42, found: 1)) {
            _ = try ControlPacket.extents(in: other.span)
        }
    }
}
