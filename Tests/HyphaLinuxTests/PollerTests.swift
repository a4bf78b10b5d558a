// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaLinux
import Testing

@Suite struct PollerTests {
    @Test func readinessComesWithItsToken() throws {
        let poller = try Poller()
        let counter = try EventCounter()
        try poller.add(counter.descriptor, token: .max, interest: .readable)
        var events = PollEvents()
        poller.wait(into: &events, timeoutNanoseconds: 0)
        #expect(events.count == 0)
        counter.signal()
        poller.wait(into: &events, timeoutNanoseconds: nil)
        #expect(events.count == 1)
        #expect(events[0].token == .max)
        #expect(events[0].isReadable)
        #expect(!events[0].isWritable)
    }

    @Test func levelReadinessIsReportedUntilItIsOver() throws {
        let poller = try Poller()
        let counter = try EventCounter()
        try poller.add(counter.descriptor, token: 1, interest: .readable)
        var events = PollEvents()
        counter.signal()
        for _ in 0..<2 {
            poller.wait(into: &events, timeoutNanoseconds: 0)
            #expect(events.count == 1)
        }
        counter.drain()
        poller.wait(into: &events, timeoutNanoseconds: 0)
        #expect(events.count == 0)
    }

    @Test func edgeReadinessIsReportedOnceAChange() throws {
        let poller = try Poller()
        let counter = try EventCounter()
        try poller.add(counter.descriptor, token: 1, interest: .readable, trigger: .edge)
        var events = PollEvents()
        counter.signal()
        poller.wait(into: &events, timeoutNanoseconds: 0)
        #expect(events.count == 1)
        poller.wait(into: &events, timeoutNanoseconds: 0)
        #expect(events.count == 0)
        counter.signal()
        poller.wait(into: &events, timeoutNanoseconds: 0)
        #expect(events.count == 1)
        try poller.modify(counter.descriptor, token: 2, interest: .readable, trigger: .edge)
        poller.wait(into: &events, timeoutNanoseconds: 0)
        #expect(events.count == 1)
    }

    @Test func interestCanBeChangedAndEnded() throws {
        let poller = try Poller()
        let pair = try SocketPair()
        try poller.add(pair.first, token: 1, interest: .readable)
        var events = PollEvents()
        poller.wait(into: &events, timeoutNanoseconds: 0)
        #expect(events.count == 0)
        try poller.modify(pair.first, token: 2, interest: [.readable, .writable])
        poller.wait(into: &events, timeoutNanoseconds: 0)
        #expect(events.count == 1)
        #expect(events[0].isWritable)
        #expect(events[0].token == 2)
        try poller.remove(pair.first)
        poller.wait(into: &events, timeoutNanoseconds: 0)
        #expect(events.count == 0)
        #expect(throws: SystemError(operation: .watch, code: ENOENT)) {
            try poller.remove(pair.first)
        }
    }

    @Test func hangupIsReportedWithoutInterest() throws {
        let poller = try Poller()
        let other = try SocketPair().closeFirst()
        try poller.add(other, token: 1, interest: [])
        var events = PollEvents()
        poller.wait(into: &events, timeoutNanoseconds: 0)
        #expect(events.count == 1)
        #expect(events[0].isHangup)
    }

    @Test(arguments: [300_000, 2_500_000] as [Int64])
    func aTimeoutIsNotShorterThanAsked(nanoseconds: Int64) throws {
        let poller = try Poller()
        var events = PollEvents()
        let start = MonotonicClock.now()
        poller.wait(into: &events, timeoutNanoseconds: nanoseconds)
        let waited = MonotonicClock.now().elapsed(since: start)
        #expect(events.count == 0)
        #expect(waited >= .nanoseconds(nanoseconds))
        #expect(waited < .seconds(5))
    }

    @Test func aDeadlineThatIsOverOnlyLooks() throws {
        let poller = try Poller()
        var events = PollEvents()
        let now = MonotonicClock.now()
        poller.wait(into: &events, until: now + .seconds(-100), now: now)
        poller.wait(into: &events, until: .zero, now: .distantFuture)
        poller.wait(into: &events, until: Instant(nanoseconds: .min), now: .distantFuture)
        #expect(MonotonicClock.now().elapsed(since: now) < .seconds(5))
        #expect(events.count == 0)
    }

    @Test func eventsBeyondTheLimitAreSeenByTheNextWait() throws {
        let poller = try Poller()
        let counters = try (0..<100).map { _ in try EventCounter() }
        for (i, counter) in counters.enumerated() {
            try poller.add(counter.descriptor, token: UInt64(i), interest: .readable)
            counter.signal()
        }
        var events = PollEvents()
        var seen: Set<UInt64> = []
        poller.wait(into: &events, timeoutNanoseconds: 0)
        #expect(events.count == Limits.pollEventsMax)
        for i in 0..<events.count { seen.insert(events[i].token) }
        for i in seen { counters[Int(i)].drain() }
        poller.wait(into: &events, timeoutNanoseconds: 0)
        #expect(events.count == 100 - Limits.pollEventsMax)
        for i in 0..<events.count { seen.insert(events[i].token) }
        #expect(seen.count == 100)
    }

    @Test func theClockGoesForward() {
        let first = MonotonicClock.now()
        let second = MonotonicClock.now()
        #expect(second >= first)
        #expect(first > .zero)
    }
}
