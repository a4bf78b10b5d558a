// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import Testing

@Suite struct TokenBucketTests {
    /// How many tokens are there now, at most `limit`; takes them.
    private func drain(_ bucket: inout TokenBucket, _ now: Instant, limit: Int = 100) -> Int {
        var count = 0
        while count < limit, bucket.take(now: now) { count += 1 }
        return count
    }

    @Test func aBurstIsAllowedAndThenTheRate() {
        var bucket = TokenBucket(perSecond: 10, burst: 3)
        let start = Instant(nanoseconds: 77)
        let burst = drain(&bucket, start)
        #expect(burst == 3)
        #expect(bucket.nextTokenAt(now: start) == start + .milliseconds(100))
        let tooEarly = drain(&bucket, start + .nanoseconds(99_999_999))
        #expect(tooEarly == 0)
        let due = start + .milliseconds(100)
        #expect(bucket.nextTokenAt(now: due) == due)
        let inTime = drain(&bucket, due)
        #expect(inTime == 1)
    }

    @Test func aRestFillsTheBucketButNotMore() {
        var bucket = TokenBucket(perSecond: 1000, burst: 5)
        _ = bucket.take(now: .zero)
        let count = drain(&bucket, .zero + .seconds(3600))
        #expect(count == 5)
    }

    @Test(arguments: 0..<10 as Range<UInt64>) func theLongRunRateHolds(seed: UInt64) {
        var generator = SplitMix(seed: seed)
        var bucket = TokenBucket(perSecond: 100, burst: 7)
        var now = Instant.zero
        var taken: Int64 = 0
        for _ in 0..<2000 {
            now = now + .nanoseconds(Int64.random(in: 0...10_000_000, using: &generator))
            let isThere = bucket.nextTokenAt(now: now) <= now
            let isTaken = bucket.take(now: now)
            #expect(isTaken == isThere)
            taken += isTaken ? 1 : 0
        }
        let allowed = now.nanoseconds / 10_000_000 + 7
        #expect(taken <= allowed)
        #expect(taken >= allowed - 8)
    }

    @Test func extremeParametersAndTimesAreSurvived() {
        var fast = TokenBucket(perSecond: .max, burst: .max)
        let fastCount = drain(&fast, .distantFuture, limit: 5)
        #expect(fastCount == 5)
        var slow = TokenBucket(perSecond: 0, burst: -1)
        let slowCount = drain(&slow, .zero)
        #expect(slowCount == 1)
        #expect(slow.nextTokenAt(now: .zero) == .zero + .seconds(1))
        var huge = TokenBucket(perSecond: 1, burst: .max)
        let hugeCount = drain(&huge, .zero, limit: 5)
        #expect(hugeCount == 5)
        let past = Instant(nanoseconds: .min)
        #expect(huge.nextTokenAt(now: past) >= past)
    }
}
