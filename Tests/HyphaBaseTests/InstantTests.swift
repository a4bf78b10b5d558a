// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import Testing

@Suite struct InstantTests {
    @Test func additionSaturates() {
        let end = Instant.distantFuture
        #expect(end + .seconds(1) == end)
        #expect(end + .nanoseconds(-1) == Instant(nanoseconds: .max - 1))
        #expect(Instant(nanoseconds: .min) + .seconds(-1) == Instant(nanoseconds: .min))
        #expect(Instant.zero + .seconds(Int64.max) == end)
        #expect(Instant.zero + .milliseconds(1500) == Instant(nanoseconds: 1_500_000_000))
    }

    @Test func elapsedTimeIsNeverNegativeAndSaturates() {
        let early = Instant(nanoseconds: 5)
        let late = Instant(nanoseconds: 9)
        #expect(late.elapsed(since: early) == .nanoseconds(4))
        #expect(early.elapsed(since: late) == .zero)
        #expect(early.elapsed(since: early) == .zero)
        let all = Instant.distantFuture.elapsed(since: Instant(nanoseconds: .min))
        #expect(all == .nanoseconds(Int64.max))
    }

    @Test func durationsConvertAndClamp() {
        #expect(Duration.seconds(3).nanoseconds == 3_000_000_000)
        #expect(Duration.milliseconds(-1500).nanoseconds == -1_500_000_000)
        #expect(Duration.milliseconds(-1500).milliseconds == -1500)
        #expect(Duration.microseconds(1999).milliseconds == 1)
        #expect(Duration.seconds(Int64.max).nanoseconds == .max)
        #expect(Duration.seconds(Int64.min).nanoseconds == .min)
        #expect(Duration.nanoseconds(Int64.min).nanoseconds == .min)
        #expect(Duration.centiseconds(2000 as UInt16) == .seconds(20))
    }
}
