// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaCrypto
import HyphaSession
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

    @Test func randomSecretsDiffer() {
        let isEqual = SecretBytes.random(byteCount: 32).isEqual(to: .random(byteCount: 32))
        #expect(!isEqual)
    }

    @Test func contentIsWhatWasWritten() {
        let bytes = SecretBytes(byteCount: 3) { $0[1] = 9 }
        let copy = bytes.withBytes { [$0[0], $0[1], $0[2]] }
        #expect(copy == [0, 9, 0])
        #expect(bytes.byteCount == 3)
    }
}
