// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import Testing

@Suite struct SeqnoTests {
    @Test func comparisonFollowsTheVectors() throws {
        let vectors = try DerivedVectors.load().arithmetic.seqno_compare
        #expect(vectors.count == 8)
        for vector in vectors {
            let a = Seqno(vector.a)
            let b = Seqno(vector.b)
            #expect(a.isOlder(than: b) == vector.a_lt_b)
            #expect(a.isNewer(than: b) == vector.a_gt_b)
        }
    }

    @Test(arguments: 0..<5 as Range<UInt64>) func comparisonIsAntisymmetric(seed: UInt64) {
        var generator = SplitMix(seed: seed)
        for _ in 0..<1000 {
            let a = Seqno(.random(in: 0...(.max), using: &generator))
            let step = UInt16.random(in: 1...0x7fff, using: &generator)
            let b = a.advanced(by: step)
            #expect(a.isOlder(than: b))
            #expect(!b.isOlder(than: a))
            #expect(b.isNewer(than: a))
            #expect(!a.isNewer(than: b))
        }
    }
}
