// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaWire
import Testing

/// What the two Noise messages carry, on links and in sessions.
@Suite struct PayloadTests {
    private let timestamp = TAI64N(seconds: 0x4000_0000_0102_0304, nanoseconds: 5)

    @Test func linkPayloadsAreTheirBytes() throws {
        let first = LinkPayload1(
            timestamp: timestamp,
            capabilities: [.sessions, .extendedTLVs],
            carrierMTU: 1452,
            udpPort: 9652,
            tcpPort: 9651
        )
        #expect(
            first.encoded() == [
                0x40, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 5, 0, 5, 0x05, 0xac, 0x25, 0xb4, 0x25, 0xb3,
            ]
        )
        #expect(try LinkPayload1.decode(first.encoded().span) == first)

        let addresses: [SocketAddress?] = [
            nil,
            SocketAddress(host: .v4(IPv4Address(bits: 0xc000_0201)), port: 1),
            SocketAddress(
                host: .v6(IPv6Address(high: 0x2001_0db8 << 32, low: 7), scope: 0),
                port: 0
            ),
            SocketAddress(host: .v6(.unspecified, scope: 0), port: 3),
        ]
        for address in addresses {
            let second = LinkPayload2(
                capabilities: Capabilities(rawValue: 0xfff1),
                carrierMTU: 1232,
                udpPort: 0,
                tcpPort: .max,
                reflexive: address
            )
            let bytes = second.encoded()
            #expect(bytes.count == 26)
            #expect(bytes.prefix(8) == [0xff, 0xf1, 0x04, 0xd0, 0, 0, 0xff, 0xff])
            #expect(try LinkPayload2.decode(bytes.span) == second)
        }
        let mapped = LinkPayload2(
            capabilities: [],
            carrierMTU: 0,
            udpPort: 0,
            tcpPort: 0,
            reflexive: addresses[1]
        )
        #expect(
            mapped.encoded().suffix(18)
                == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1, 0, 1]
        )
    }

    @Test func sessionPayloadsAreTheirBytes() throws {
        let first = SessionPayload1(
            timestamp: timestamp,
            capabilities: .superPackets,
            innerMTU: 1340
        )
        #expect(first.encoded().suffix(8) == [0, 2, 0x05, 0x3c, 0, 0, 0, 0])
        #expect(first.encoded().count == SessionPayload1.byteCount)
        #expect(try SessionPayload1.decode(first.encoded().span) == first)
        let second = SessionPayload2(capabilities: .signedOrigins, innerMTU: 1280)
        #expect(second.encoded() == [0, 8, 5, 0] + [UInt8](repeating: 0, count: 22))
        #expect(try SessionPayload2.decode(second.encoded().span) == second)
    }

    @Test func anotherSizeIsRefused() {
        for count in 0..<60 {
            let bytes = [UInt8](repeating: 0, count: count)
            #expect(((try? LinkPayload1.decode(bytes.span)) != nil) == (count == 20))
            #expect(((try? LinkPayload2.decode(bytes.span)) != nil) == (count == 26))
            #expect(((try? SessionPayload1.decode(bytes.span)) != nil) == (count == 20))
            #expect(((try? SessionPayload2.decode(bytes.span)) != nil) == (count == 26))
        }
    }

    @Test func reservedBytesOfSessionPayloadsAreZero() {
        for at in 16..<20 {
            var bytes = [UInt8](repeating: 0, count: 20)
            bytes[at] = 1
            #expect(throws: WireError.reservedByte(offset: at, found: 1)) {
                try SessionPayload1.decode(bytes.span)
            }
        }
        for at in 4..<26 {
            var bytes = [UInt8](repeating: 0, count: 26)
            bytes[at] = 1
            #expect(throws: WireError.reservedByte(offset: at, found: 1)) {
                try SessionPayload2.decode(bytes.span)
            }
        }
    }
}
