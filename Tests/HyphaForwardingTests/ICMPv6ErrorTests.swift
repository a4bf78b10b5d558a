// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaForwarding
import Testing

struct ICMPv6ErrorTests {
    private let envelope = ICMPv6Error.Envelope(
        source: IPv6Address(high: 0x0400_0000_0000_0002, low: 2),
        destination: IPv6Address(high: 0x0400_0000_0000_0001, low: 1)
    )

    private func made(_ error: ICMPv6Error, about packet: [UInt8]) -> [UInt8]? {
        var target = [UInt8](repeating: 0xaa, count: ICMPv6Error.byteCountMax)
        var span = target.mutableSpan
        guard let count = error.write(about: packet.span, envelope: envelope, into: &span) else {
            return nil
        }
        return Array(target[..<count])
    }

    @Test func theErrorIsTheOneMadeByHand() throws {
        let packet = try #require(
            Hexadecimal.bytes(
                "6001234500160640040000000000000100000000000000010400000000000002000000000000"
                    + "000212340050000000010102030450102000f8c800007879"
            )
        )
        let expected =
            "6000000000463a40040000000000000200000000000000020400000000000001000000000000"
            + "000101006cf900000000600123450016064004000000000000010000000000000001040000000000"
            + "0002000000000000000212340050000000010102030450102000f8c800007879"
        #expect(made(.noRoute, about: packet).map(Hexadecimal.text) == expected)
    }

    @Test func typesCodesAndParametersAreThoseOfTheStandard() {
        let packet = TestFlow().packet(payload: [1])
        func header(_ error: ICMPv6Error) -> [UInt8]? {
            made(error, about: packet).map { Array($0[40..<42] + $0[44..<48]) }
        }
        #expect(header(.noRoute) == [1, 0, 0, 0, 0, 0])
        #expect(header(.addressUnreachable) == [1, 3, 0, 0, 0, 0])
        #expect(header(.sourcePolicyFailed) == [1, 5, 0, 0, 0, 0])
        #expect(header(.hopLimitExceeded) == [3, 0, 0, 0, 0, 0])
        #expect(header(.packetTooBig(mtuBytes: 1400)) == [2, 0, 0, 0, 5, 120])
        #expect(header(.packetTooBig(mtuBytes: 0)) == [2, 0, 0, 0, 5, 0])
        #expect(header(ICMPv6Error(type: 128, code: 0)) == nil)
    }

    @Test(arguments: [40, 41, 1231, 1232, 1233, 9000])
    func quotesAreCutAndChecksumsHold(count: Int) throws {
        var packet = TestFlow().packet(payload: [UInt8](repeating: 0x21, count: 9000))
        packet = Array(packet[..<count])
        let error = try #require(made(.noRoute, about: packet))
        #expect(error.count == 48 + min(count, 1232) && error.count <= 1280)
        #expect(error.word16(at: 4) == error.count - 40)
        #expect(Array(error[48...]) == Array(packet.prefix(1232)))
        let pseudo = Array(error[8..<40]) + [0, 0] + error[4..<6] + [0, 0, 0, 58]
        #expect(TestChecksum.fold(pseudo + Array(error[40...])) == 0xffff)
    }

    @Test func nothingIsSaidAboutErrorsMulticastAndUnspecifiedSources() {
        let packet = TestFlow().packet(payload: [UInt8](repeating: 0, count: 40))
        func isReported(_ error: ICMPv6Error = .noRoute, _ change: (inout [UInt8]) -> Void) -> Bool
        {
            var changed = packet
            change(&changed)
            return made(error, about: changed) != nil
        }
        #expect(isReported { _ in })
        #expect(!isReported { $0 = Array($0[..<39]) })
        #expect(!isReported { $0[0] = 0x45 })
        #expect(!isReported { $0[8] = 0xff })
        #expect(!isReported { $0.replaceSubrange(8..<24, with: [UInt8](repeating: 0, count: 16)) })
        #expect(!isReported { $0[24] = 0xff })
        #expect(isReported(.packetTooBig(mtuBytes: 1400)) { $0[24] = 0xff })
        for (type, expected) in [(1, false), (3, false), (127, false), (128, true), (137, false)] {
            #expect(
                isReported {
                    $0[6] = 58; $0[40] = UInt8(type)
                } == expected
            )
        }
        #expect(
            !isReported {
                $0[6] = 58; $0 = Array($0[..<40])
            }
        )
    }

    @Test func extensionHeadersAreLookedThrough() {
        let packet = TestFlow().packet(payload: [UInt8](repeating: 0, count: 80))
        func isReported(_ chain: [UInt8], first: UInt8) -> Bool {
            var changed = packet
            changed[6] = first
            changed.replaceSubrange(40..<40 + chain.count, with: chain)
            return made(.noRoute, about: changed) != nil
        }
        let options: [UInt8] = [58, 0, 1, 4, 0, 0, 0, 0]
        #expect(!isReported(options + [1], first: 60))
        #expect(isReported(options + [128], first: 60))
        #expect(!isReported([60, 0, 1, 4, 0, 0, 0, 0] + options + [1], first: 0))
        #expect(!isReported([58, 0, 0, 0, 0, 0, 0, 0, 1], first: 44))
        #expect(isReported([58, 0, 0, 0, 0, 0, 0, 0, 128], first: 44))
        #expect(!isReported([58, 0, 0, 8, 0, 0, 0, 0, 128], first: 44), "a later fragment")
        #expect(isReported([17, 0, 0, 8, 0, 0, 0, 0, 1], first: 44))
        #expect(!isReported([58, 255, 0, 0], first: 60), "longer than the packet")
        let endless = [[UInt8]](repeating: [60, 0, 1, 4, 0, 0, 0, 0], count: 10).flatMap { $0 }
        #expect(!isReported(endless, first: 60))
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func noBytesEverTrap(seed: UInt64) {
        var random = SplitMix(seed)
        for count in 0...100 {
            for _ in 0..<20 {
                var packet = HyphaForwardingTests.random(count, using: &random)
                if count > 6 {
                    packet[0] = 0x60
                    packet[6] = [0, 43, 44, 58, 60].randomElement(using: &random) ?? 0
                }
                _ = made(.noRoute, about: packet)
            }
        }
    }
}
