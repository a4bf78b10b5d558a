// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaWire
import Testing

/// Encoding and decoding random values gives the values back.
@Suite struct ControlRoundTripTests {
    private struct Generator {
        var random: SplitMix

        mutating func integer<T: FixedWidthInteger & UnsignedInteger>() -> T {
            // The ends of the range are what breaks arithmetic.
            switch UInt8.random(in: 0...7, using: &random) {
            case 0: 0
            case 1: .max
            default: .random(in: 0 ... .max, using: &random)
            }
        }

        mutating func routerID() -> RouterID {
            RouterID(
                publicKey: PublicKey(words: (integer(), integer(), integer(), integer())),
                zone: integer(),
                tail: integer()
            )
        }

        mutating func ipv4(length: UInt8) -> WirePrefix {
            let bits: UInt32 = integer()
            let mask = length == 0 ? 0 : UInt32.max << UInt32(32 - length)
            return .ipv4(IPv4Address(bits: bits & mask), length: length)
        }

        mutating func ipv6(length: UInt8) -> WirePrefix {
            .ipv6(Prefix(IPv6Address(high: integer(), low: integer()), length: length))
        }

        mutating func prefix() -> WirePrefix {
            switch UInt8.random(in: 0...4, using: &random) {
            case 0: .wildcard
            case 1: ipv4(length: .random(in: 0...32, using: &random))
            default: ipv6(length: .random(in: 0...128, using: &random))
            }
        }

        mutating func address() -> WirePrefix {
            switch UInt8.random(in: 0...2, using: &random) {
            case 0: .wildcard
            case 1: ipv4(length: 32)
            default: ipv6(length: 128)
            }
        }

        mutating func tlv() -> ControlTLV {
            switch UInt8.random(in: 0...4, using: &random) {
            case 0:
                .hello(
                    Hello(
                        flags: integer(UInt16.self) & 0x8000,
                        seqno: Seqno(integer()),
                        intervalCentiseconds: integer()
                    )
                )
            case 1:
                .ihu(
                    IHU(
                        address: address(),
                        rxCost: Metric(integer()),
                        intervalCentiseconds: integer()
                    )
                )
            case 2:
                .update(
                    Update(
                        flags: integer(UInt8.self) & 0xc0,
                        intervalCentiseconds: integer(),
                        seqno: Seqno(integer()),
                        metric: Metric(integer()),
                        prefix: prefix(),
                        routerID: routerID()
                    )
                )
            case 3:
                .routeRequest(RouteRequest(generation: integer(), prefix: prefix()))
            default:
                .seqnoRequest(
                    SeqnoRequest(
                        seqno: Seqno(integer()),
                        hopCount: max(1, integer()),
                        routerID: routerID(),
                        prefix: prefix()
                    )
                )
            }
        }

        private mutating func integer<T: FixedWidthInteger & UnsignedInteger>(_: T.Type) -> T {
            integer()
        }
    }

    @Test(arguments: [UInt64(1), 2, 3, 4]) func everyTLVSurvivesTheWire(seed: UInt64) throws {
        var generator = Generator(random: SplitMix(seed))
        for _ in 0..<1000 {
            let tlv = generator.tlv()
            var bytes: [UInt8] = [0xaa]
            ControlPacket.appendFramed(tlv, to: &bytes)
            let frame = try #require(try StreamFrame.first(in: bytes.span.extracting(1...)))
            #expect(frame == StreamFrame(kind: .control, byteCount: bytes.count - 1))
            let packet = try ControlPacket.decode(bytes.span.extracting(5...))
            #expect(packet.tlvs == [tlv], "seed \(seed)")
            #expect(packet.skippedCount == 0)
        }
    }

    @Test func whatIsSentIsAsLargeAsTheBaseExpects() {
        let id = RouterID(publicKey: PublicKey(words: (1, 2, 3, 4)), zone: 0, tail: 5)
        let prefix = WirePrefix.ipv6(Prefix(subnetOf: IPv6Address(high: 1 << 58, low: 1)))
        let tlvs: [(ControlTLV, Int)] = [
            (.hello(Hello(seqno: Seqno(1))), 16),
            (.ihu(IHU(rxCost: Metric(1))), 16),
            (.update(Update(seqno: Seqno(1), metric: .zero, prefix: prefix, routerID: id)), 68),
            (.routeRequest(RouteRequest(generation: 0, prefix: prefix)), 21),
            (.seqnoRequest(SeqnoRequest(seqno: Seqno(1), routerID: id, prefix: prefix)), 64),
        ]
        for (tlv, count) in tlvs {
            var bytes: [UInt8] = []
            ControlPacket.appendFramed(tlv, to: &bytes)
            #expect(bytes.count == count)
        }
    }
}
