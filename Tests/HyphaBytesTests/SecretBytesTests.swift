// SPDX-License-Identifier: Apache-2.0
import HyphaBytes
import Testing

@Suite struct SecretBytesTests {
    @Test func comparisonLooksAtEveryByte() {
        let one = [UInt8](repeating: 5, count: 40)
        let same = secret(one).isEqual(to: secret(one))
        #expect(same)
        for i in one.indices {
            var other = one
            other[i] ^= 0x40
            let isEqual = secret(one).isEqual(to: secret(other))
            #expect(!isEqual)
        }
        let isPrefixEqual = secret(one).isEqual(to: secret(Array(one.dropLast())))
        #expect(!isPrefixEqual)
    }

    @Test func contentIsWhatWasWritten() {
        let bytes = SecretBytes(byteCount: 3) { $0[1] = 9 }
        let copy = bytes.withBytes { [$0[0], $0[1], $0[2]] }
        #expect(copy == [0, 9, 0])
        #expect(bytes.byteCount == 3)
    }

    @Test func wipingLeavesZeros() {
        var memory: [UInt8] = Array(1...100)
        var span = memory.mutableSpan
        SecretBytes.wipe(&span)
        #expect(memory == [UInt8](repeating: 0, count: 100))
    }

    private func secret(_ bytes: [UInt8]) -> SecretBytes { SecretBytes(copying: bytes.span) }
}
