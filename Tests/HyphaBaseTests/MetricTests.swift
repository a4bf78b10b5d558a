// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import Testing

@Suite struct MetricTests {
    @Test func sumsFollowTheVectors() throws {
        let vectors = try DerivedVectors.load().arithmetic.metric_add
        #expect(vectors.count == 8)
        for vector in vectors {
            #expect(Metric(vector.a) + Metric(vector.b) == Metric(vector.sum))
        }
    }

    @Test func differencesHaveAFloorAndInfinityStays() {
        #expect(Metric(10) - Metric(3) == Metric(7))
        #expect(Metric(3) - Metric(10) == .zero)
        #expect(Metric(3) - .infinite == .zero)
        #expect(Metric.infinite - Metric(1) == .infinite)
        #expect(Metric.infinite - .infinite == .infinite)
    }

    @Test func infinityIsTheLargest() {
        #expect(Metric.finiteMax < .infinite)
        #expect(Metric.infinite.isInfinite)
        #expect(!Metric.finiteMax.isInfinite)
        #expect("\(Metric.infinite)" == "infinite")
        #expect("\(Metric(7))" == "7")
    }

    @Test(arguments: 0..<5 as Range<UInt64>) func sumsCommuteAndNeverDecrease(seed: UInt64) {
        var generator = SplitMix(seed: seed)
        for _ in 0..<1000 {
            let a = Metric(.random(in: 0...(.max), using: &generator))
            let b = Metric(.random(in: 0...(.max), using: &generator))
            #expect(a + b == b + a)
            #expect(a + b >= a)
            #expect((a + b).isInfinite == (a.isInfinite || b.isInfinite))
        }
    }
}
