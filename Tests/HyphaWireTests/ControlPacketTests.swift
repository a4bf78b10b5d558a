// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaWire
import Testing

@Suite struct ControlPacketTests {
    private let hello: [UInt8] = [4, 6, 0x80, 0, 0, 1, 0x07, 0xd0]
    private let key = [UInt8](repeating: 7, count: 32)

    /// A packet from the magic on, with these bytes as its body.
    private func packet(_ body: [UInt8]) -> [UInt8] {
        [42, 3, UInt8(body.count >> 8), UInt8(body.count & 0xff)] + body
    }

    private func tlv(_ type: UInt8, _ value: [UInt8]) -> [UInt8] {
        [type, UInt8(value.count)] + value
    }

    private func decode(_ body: [UInt8]) throws -> ControlPacket {
        try ControlPacket.decode(packet(body).span)
    }

    private func error(_ bytes: [UInt8]) -> WireError? {
        do throws(WireError) {
            _ = try ControlPacket.decode(bytes.span)
            return nil
        } catch {
            return error
        }
    }

    private var routerID: [UInt8] { key + [0x48, 0x79, 1, 2, 3, 4, 5, 6] }

    private func update(encoding: UInt8, length: UInt8, prefix: [UInt8]) -> [UInt8] {
        tlv(8, [encoding, 0, length, 0, 0x75, 0x30, 0, 1, 0, 2] + prefix + routerID)
    }

    private func seqnoRequest(
        encoding: UInt8,
        length: UInt8,
        hops: UInt8,
        prefix: [UInt8]
    ) -> [UInt8] {
        tlv(10, [encoding, length, 0, 8, hops, 0] + routerID + prefix)
    }

    // MARK: - What is accepted

    @Test func severalTLVsInOneBodyAreAccepted() throws {
        let result = try decode(hello + hello + tlv(9, [0, 0, 0]))
        #expect(result.skippedCount == 0)
        #expect(
            result.tlvs == [
                .hello(Hello(seqno: Seqno(1))), .hello(Hello(seqno: Seqno(1))),
                .routeRequest(RouteRequest(generation: 0, prefix: .wildcard)),
            ]
        )
    }

    @Test func anEmptyBodyHoldsNothing() throws {
        let result = try decode([])
        #expect(result.tlvs.isEmpty && result.skippedCount == 0)
    }

    @Test func unknownTypesAreSkippedAndCounted() throws {
        // The model's sequence: a Hello, something unknown, four more Hellos.
        let unknown = tlv(200, [1, 2, 3])
        let result = try decode(hello + unknown + hello + hello + hello + hello + tlv(6, []))
        #expect(result.tlvs.count == 5)
        #expect(result.skippedCount == 2)
    }

    @Test func paddingIsSkipped() throws {
        let result = try decode([0, 0] + hello + tlv(1, [0, 0, 0]) + hello)
        #expect(result.tlvs.count == 2)
        #expect(result.skippedCount == 3)
    }

    @Test func unknownAddressEncodingsAreSkippedAndCounted() throws {
        let result = try decode(
            update(encoding: 4, length: 64, prefix: []) + tlv(9, [0, 200, 255])
                + seqnoRequest(encoding: 9, length: 200, hops: 1, prefix: [])
                + tlv(5, [7, 0, 0, 1, 0, 1]) + hello
        )
        #expect(result.tlvs.count == 1)
        #expect(result.skippedCount == 4)
    }

    @Test func aSeqnoRequestWithoutHopsIsSkipped() throws {
        let prefix: [UInt8] = [5, 0x2d, 0, 0, 0, 0, 0, 0]
        let result = try decode(
            seqnoRequest(encoding: 2, length: 64, hops: 0, prefix: prefix)
                + seqnoRequest(encoding: 2, length: 64, hops: 1, prefix: prefix)
        )
        #expect(result.tlvs.count == 1)
        #expect(result.skippedCount == 1)
    }

    @Test func trailingBytesAndOptionalSubTLVsAreIgnored() throws {
        let plain = try decode(hello).tlvs
        for tail: [UInt8] in [[0], [1, 0], [3, 4, 1, 2, 3, 4], [3, 200], [0, 0, 5]] {
            let result = try decode(tlv(4, Array(hello[2...]) + tail))
            #expect(result.tlvs == plain, "\(tail)")
            #expect(result.skippedCount == 0)
        }
    }

    @Test func aMandatorySubTLVHidesTheWholeTLV() throws {
        for tail: [UInt8] in [[0x80, 0], [0, 3, 1, 9, 0xff, 1, 2], [0x90], [0x80, 9]] {
            let result = try decode(tlv(4, Array(hello[2...]) + tail) + hello)
            #expect(result.tlvs.count == 1, "\(tail)")
            #expect(result.skippedCount == 1)
        }
        // 0x80 inside a sub-TLV's value is no type.
        #expect(try decode(tlv(4, Array(hello[2...]) + [3, 1, 0x80])).tlvs.count == 1)
    }

    @Test func unusedFlagsAreDropped() throws {
        var bytes = hello
        bytes[2] = 0xff
        bytes[3] = 0xff
        #expect(try decode(bytes).tlvs == [.hello(Hello(seqno: Seqno(1)))])
        var other = update(encoding: 0, length: 0, prefix: [])
        other[3] = 0xff
        guard case .update(let update)? = try decode(other).tlvs.first else {
            Issue.record("no Update")
            return
        }
        #expect(update.flags == 0xc0)
    }

    @Test func everyAddressEncodingIsRead() throws {
        let address = IPv4Address(bits: 0x0a01_8000)
        let cases: [(UInt8, UInt8, [UInt8], WirePrefix)] = [
            (0, 0, [], .wildcard),
            (1, 17, [10, 1, 0xff], .ipv4(address, length: 17)),
            (1, 0, [], .ipv4(IPv4Address(bits: 0), length: 0)),
            (2, 0, [], .ipv6(Prefix(.unspecified, length: 0))),
            (2, 7, [5], .ipv6(.overlay)),
            (3, 64, [1, 2, 3, 4, 5, 6, 7, 8], .ipv6(try #require(Prefix("fe80::/64")))),
        ]
        for (encoding, length, prefix, expected) in cases {
            let bytes = update(encoding: encoding, length: length, prefix: prefix)
            guard case .update(let update)? = try decode(bytes).tlvs.first else {
                Issue.record("no Update")
                return
            }
            #expect(update.prefix == expected)
            #expect(update.routerID.zone == 0x4879 && update.routerID.tail == 0x0102_0304_0506)
        }
    }

    @Test func theAddressOfAnIHUIsKept() throws {
        let cases: [([UInt8], WirePrefix)] = [
            ([0, 0, 0, 1, 0, 2], .wildcard),
            ([1, 0, 0, 1, 0, 2, 10, 1, 2, 3], .ipv4(IPv4Address(bits: 0x0a01_0203), length: 32)),
            (
                [3, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 9],
                .ipv6(try #require(Prefix("fe80::9/128")))
            ),
        ]
        for (value, expected) in cases {
            let ihu = IHU(address: expected, rxCost: Metric(1), intervalCentiseconds: 2)
            #expect(try decode(tlv(5, value)).tlvs == [.ihu(ihu)])
        }
    }

    @Test func theLengthOfAWildcardRouteRequestIsNotLookedAt() throws {
        #expect(
            try decode(tlv(9, [3, 0, 64])).tlvs
                == [.routeRequest(RouteRequest(generation: 3, prefix: .wildcard))]
        )
    }

    @Test func tlvsBeyondTheCeilingAreSkippedAndCounted() throws {
        var body: [UInt8] = []
        for _ in 0..<Limits.controlTLVsMax + 3 { body += hello }
        let result = try decode(body)
        #expect(result.tlvs.count == Limits.controlTLVsMax)
        #expect(result.skippedCount == 3)
        #expect(error(packet(body + [4, 5, 0, 0, 0, 0, 0])) != nil)
    }

    // MARK: - What ends the link

    @Test func wrongHeadersAreErrors() {
        #expect(error([]) == .truncated(needed: 4, available: 0))
        #expect(error([42, 3, 0]) == .truncated(needed: 4, available: 3))
        #expect(error([41, 3, 0, 0]) == .controlMagic(expected: 42, found: 41))
        #expect(error([42, 2, 0, 0]) == .controlVersion(expected: 3, found: 2))
        #expect(error([42, 3, 0, 9] + hello) == .truncated(needed: 13, available: 12))
        #expect(error([42, 3, 0, 7] + hello) == .surplus(expected: 11, found: 12))
    }

    @Test func tlvsThatRunOverTheBodyAreErrors() {
        #expect(error(packet([4])) == .truncated(needed: 2, available: 1))
        #expect(error(packet(hello.dropLast())) == .truncated(needed: 8, available: 7))
        #expect(error(packet([200, 1])) == .truncated(needed: 3, available: 2))
    }

    @Test func tlvsShorterThanTheirFieldsAreErrors() {
        let prefix: [UInt8] = [5, 0x2d, 0, 0, 0, 0, 0, 0]
        let whole = [
            hello, tlv(5, [0, 0, 0, 1, 0, 2]), tlv(5, [1, 0, 0, 1, 0, 2, 10, 1, 2, 3]),
            tlv(5, [2, 0, 0, 1, 0, 2] + [UInt8](repeating: 1, count: 16)),
            tlv(5, [3, 0, 0, 1, 0, 2] + prefix),
            update(encoding: 2, length: 64, prefix: prefix), tlv(9, [0, 2, 64] + prefix),
            tlv(9, [0, 0, 0]), update(encoding: 3, length: 64, prefix: prefix),
            seqnoRequest(encoding: 2, length: 64, hops: 1, prefix: prefix),
        ]
        for bytes in whole {
            #expect(error(packet(bytes)) == nil)
            for count in 0..<bytes.count - 2 {
                let short = tlv(bytes[0], Array(bytes[2..<2 + count]))
                guard case .truncated(let needed, let available)? = error(packet(short)) else {
                    Issue.record("type \(bytes[0]) with \(count) bytes was accepted")
                    continue
                }
                #expect(available == count && needed > count && needed <= bytes.count - 2)
            }
        }
    }

    @Test func prefixLengthsThatTheEncodingHasNotAreErrors() {
        let cases: [(UInt8, UInt8)] = [(0, 1), (1, 33), (2, 129), (2, 255), (3, 63), (3, 65)]
        let prefix = [UInt8](repeating: 0, count: 32)
        for (encoding, length) in cases {
            let expected = WireError.prefixLength(encoding: encoding, found: length)
            #expect(
                error(packet(update(encoding: encoding, length: length, prefix: prefix)))
                    == expected
            )
            #expect(
                error(
                    packet(
                        seqnoRequest(encoding: encoding, length: length, hops: 9, prefix: prefix)
                    )
                ) == expected
            )
            guard encoding != 0 else { continue }
            #expect(error(packet(tlv(9, [0, encoding, length] + prefix))) == expected)
        }
    }

    @Test func oneBadTLVSpoilsThePacket() {
        #expect(error(packet(hello + tlv(4, [0, 0]))) == .truncated(needed: 4, available: 2))
    }
}
