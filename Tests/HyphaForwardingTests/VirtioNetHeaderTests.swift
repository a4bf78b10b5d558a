// SPDX-License-Identifier: Apache-2.0
import HyphaForwarding
import Testing

struct VirtioNetHeaderTests {
    @Test func fieldsAreInTheOrderOfTheMachine() throws {
        var expected: [UInt8] = [1, 0x84]
        for value: UInt16 in [60, 1340, 40, 16] {
            let isLittleEndian = value.littleEndian == value
            expected += isLittleEndian ? bytes16(value).reversed() : bytes16(value)
        }
        let parsed = VirtioNetHeader(expected.span)
        let header = try #require(parsed)
        #expect(header.wantsChecksum && header.isLarge)
        #expect(header.baseType == VirtioNetHeader.typeTCPv6)
        #expect(header.headerByteCount == 60)
        #expect(header.segmentByteCount == 1340)
        #expect(header.checksumStart == 40)
        #expect(header.checksumOffset == 16)
        var written = [UInt8](repeating: 9, count: 12)
        var span = written.mutableSpan
        header.write(to: &span, at: 1)
        #expect(written == [9] + expected + [9])
    }

    @Test func theEmptyHeaderIsAllZero() {
        var written = [UInt8](repeating: 9, count: 10)
        var span = written.mutableSpan
        VirtioNetHeader().write(to: &span, at: 0)
        #expect(written == [UInt8](repeating: 0, count: 10))
        #expect(!VirtioNetHeader().isLarge && !VirtioNetHeader().wantsChecksum)
    }

    @Test(arguments: 0..<10)
    func shorterBytesAreNoHeader(count: Int) {
        let bytes = [UInt8](repeating: 0, count: count)
        let header = VirtioNetHeader(bytes.span)
        #expect(header == nil)
    }
}
