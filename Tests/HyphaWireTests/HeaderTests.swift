// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaWire
import Testing

/// The fixed headers: data packet, user data, IPv6.
@Suite struct HeaderTests {
    private func random(_ random: inout SplitMix) -> IPv6Address {
        IPv6Address(high: random.next(), low: random.next())
    }

    @Test(arguments: [UInt64(1), 2]) func dataHeadersSurviveTheWire(seed: UInt64) throws {
        var random = SplitMix(seed)
        for _ in 0..<1000 {
            let header = DataHeader(
                bodyByteCount: .random(in: 0 ... .max, using: &random),
                hopLimit: .random(in: 0 ... .max, using: &random),
                source: self.random(&random),
                destination: self.random(&random)
            )
            var bytes = [UInt8](repeating: 0xee, count: 41)
            var span = bytes.mutableSpan
            header.write(to: &span)
            #expect(try DataHeader(bytes.span) == header)
            #expect(bytes[..<5] == [1, 0, 0, 0, 0] && bytes[40] == 0xee)
            #expect(
                Array(bytes[DataHeader.sourceOffset..<DataHeader.destinationOffset])
                    == header.source.bytes
            )
        }
    }

    @Test func theHopLimitIsSetAndTheReservedBytesAreCleared() throws {
        var bytes: [UInt8] = [1, 0, 7, 8, 9, 0x12, 0x34, 64]
        bytes += (0..<50).map { $0 }
        let before = try DataHeader(bytes.span)
        let tail = bytes[8...]
        var span = bytes.mutableSpan
        DataHeader.setHopLimit(63, in: &span)
        #expect(bytes[..<8] == [1, 0, 0, 0, 0, 0x12, 0x34, 63])
        #expect(bytes[8...] == tail)
        var expected = before
        expected.hopLimit = 63
        #expect(try DataHeader(bytes.span) == expected)
    }

    @Test func ipv6HeadersSurviveTheWire() throws {
        var random = SplitMix(3)
        for _ in 0..<1000 {
            let header = IPv6Header(
                payloadByteCount: .random(in: 0 ... .max, using: &random),
                nextHeader: .random(in: 0 ... .max, using: &random),
                hopLimit: .random(in: 0 ... .max, using: &random),
                source: self.random(&random),
                destination: self.random(&random)
            )
            var bytes = [UInt8](repeating: 0xee, count: 41)
            var span = bytes.mutableSpan
            header.write(to: &span)
            #expect(try IPv6Header(bytes.span) == header)
            // Traffic class and flow label do not disturb the rest.
            bytes[0] |= 0x0f
            bytes[1] = 0xff
            #expect(try IPv6Header(bytes.span) == header)
            span = bytes.mutableSpan
            IPv6Header.setHopLimit(3, in: &span)
            var expected = header
            expected.hopLimit = 3
            #expect(try IPv6Header(bytes.span) == expected)
            #expect(bytes[IPv6Header.nextHeaderOffset] == header.nextHeader)
            #expect(
                bytes.span.bigEndian(at: IPv6Header.payloadByteCountOffset)
                    == header.payloadByteCount
            )
        }
    }

    @Test func userHeadersSurviveTheWire() throws {
        for type in UInt8.min ... .max {
            let header = UserHeader(UserHeader.Kind(type: type))
            var bytes = [UInt8](repeating: 0xee, count: 5)
            var span = bytes.mutableSpan
            header.write(to: &span)
            #expect(bytes == [1, type, 0, 0, 0xee])
            #expect(try UserHeader(bytes.span) == header)
        }
        #expect(UserHeader.Kind(type: 0) == .ip)
        #expect(UserHeader.Kind(type: 1) == .message)
        #expect(UserHeader.Kind(type: 2) == .icmp)
        #expect(UserHeader.Kind(type: 3) == .other(3))
        #expect(UserHeader.Kind(type: 0x10) == .sessionInitiation)
        #expect(UserHeader.Kind(type: 0x11) == .sessionResponse)
        #expect(UserHeader.Kind(type: 0x12) == .sessionControl)
        #expect(UserHeader.Kind(type: 0x13) == .superPacket)
        #expect(UserHeader.Kind(type: 0x14) == .other(0x14))
    }

    @Test func reservedBytesOfTheUserHeaderAreIgnored() throws {
        #expect(try UserHeader([1, 2, 0xff, 0xff].span).kind == .icmp)
    }

    @Test func shortHeadersAreRefused() {
        let bytes = [UInt8](repeating: 0x60, count: 40)
        for count in 0..<40 {
            let short = Array(bytes[..<count])
            let expected = WireError.truncated(needed: 40, available: count)
            #expect(throws: expected) { try DataHeader(short.span) }
            #expect(throws: expected) { try IPv6Header(short.span) }
        }
        for count in 0..<4 {
            #expect(throws: WireError.truncated(needed: 4, available: count)) {
                try UserHeader(bytes.span.extracting(..<count))
            }
        }
    }

    @Test func otherVersionsAreRefused() {
        var bytes = [UInt8](repeating: 0x45, count: 40)
        #expect(throws: WireError.ipVersion(expected: 6, found: 4)) {
            try IPv6Header(bytes.span)
        }
        bytes[0] = 2
        #expect(throws: WireError.userHeaderVersion(expected: 1, found: 2)) {
            try UserHeader(bytes.span)
        }
    }
}
