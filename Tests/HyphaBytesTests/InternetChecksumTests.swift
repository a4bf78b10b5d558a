// SPDX-License-Identifier: Apache-2.0
import HyphaBytes
import Testing

@Suite struct InternetChecksumTests {
    /// The definition of RFC 1071 section 1, word by word.
    private func model(_ bytes: some Collection<UInt8>, initial: Int = 0) -> UInt16 {
        var sum = initial
        for (i, byte) in bytes.enumerated() {
            sum += Int(byte) << (i.isMultiple(of: 2) ? 8 : 0)
            if sum > 0xffff { sum -= 0xffff }
        }
        return UInt16(sum)
    }

    @Test func theExampleOfRFC1071Sums() {
        let bytes: [UInt8] = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]
        #expect(InternetChecksum.fold(InternetChecksum.sum(bytes.span)) == 0xddf2)
    }

    @Test(arguments: [UInt64(1), 2, 3]) func everyLengthAgreesWithTheDefinition(seed: UInt64) {
        var random = SplitMix(seed)
        for count in 0...300 {
            let bytes = (0..<count).map { _ in
                seed == 3 ? 0xff : UInt8.random(in: 0...255, using: &random)
            }
            let sum = InternetChecksum.fold(InternetChecksum.sum(bytes.span))
            #expect(sum == model(bytes), "\(count) bytes")
        }
    }

    @Test func partsOfEvenSizeAddUpToTheWhole() {
        var random = SplitMix(4)
        for _ in 0..<300 {
            let bytes = (0..<Int.random(in: 0...1500, using: &random))
                .map { _ in UInt8.random(in: 0...255, using: &random) }
            let cut = Int.random(in: 0...bytes.count, using: &random) & ~1
            let first = InternetChecksum.sum(bytes.span.extracting(..<cut))
            let both = InternetChecksum.sum(bytes.span.extracting(cut...), initial: first)
            #expect(InternetChecksum.fold(both) == model(bytes))
        }
    }

    @Test func theLargestPacketOfOnesDoesNotOverflow() {
        let bytes = [UInt8](repeating: 0xff, count: 1 << 20)
        let sum = InternetChecksum.sum(bytes.span, initial: .max)
        #expect(InternetChecksum.fold(sum) == 0xffff)
    }

    @Test func aSumIsZeroOnlyForZeroBytes() {
        #expect(InternetChecksum.fold(0) == 0)
        #expect(InternetChecksum.fold(0xffff) == 0xffff)
        #expect(InternetChecksum.fold(.max) == 0xffff)
        #expect(InternetChecksum.fold(0x1_0000_0000_0000) == 1)
    }

    @Test func sumsAddWithEndAroundCarry() {
        #expect(InternetChecksum.add(.max, 1) == 1)
        #expect(InternetChecksum.add(.max, .max) == .max)
    }

    @Test func thePseudoHeaderIsThatOfTheStandards() {
        var random = SplitMix(5)
        for size in [8, 32] {
            let addresses = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
            for length in [0, 8, 1500, 0x1_2345, 0xffff_ffff] {
                let sum = InternetChecksum.pseudoHeader(
                    addresses: addresses.span,
                    upperLayerByteCount: length,
                    nextHeader: 58
                )
                var header = addresses
                header.appendBigEndian(UInt32(length))
                header += [0, 0, 0, 58]
                #expect(InternetChecksum.fold(sum) == model(header))
            }
        }
    }
}
