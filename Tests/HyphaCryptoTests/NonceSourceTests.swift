// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaCrypto
import HyphaSession
import Testing

@Suite struct NonceSourceTests {
    @Test func noncesDoNotRepeatAcrossRefills() {
        var source = NonceSource()
        var seen: Set<Nonce> = []
        for _ in 0..<NonceSource.nonceCountPerDraw * 3 + 1 {
            let isNew = seen.insert(source.draw()).inserted
            #expect(isNew)
        }
        var other = NonceSource()
        let isNew = !seen.contains(other.draw())
        #expect(isNew)
    }

    @Test func everyBitIsRandom() {
        var source = NonceSource()
        var ones = Nonce(high: 0, low: 0)
        var zeros = Nonce(high: .max, low: .max)
        for _ in 0..<200 {
            let nonce = source.draw()
            ones = Nonce(high: ones.high | nonce.high, low: ones.low | nonce.low)
            zeros = Nonce(high: zeros.high & nonce.high, low: zeros.low & nonce.low)
        }
        #expect(ones == Nonce(high: .max, low: .max))
        #expect(zeros == Nonce(high: 0, low: 0))
    }
}
