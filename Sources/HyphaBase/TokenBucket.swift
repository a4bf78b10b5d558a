// SPDX-License-Identifier: Apache-2.0

/// Allows `burst` events at once and `perSecond` in the long run.
package struct TokenBucket: Hashable, Sendable {
    private let interval: Duration
    private let burst: Duration
    /// When the bucket is full again; the generic cell rate algorithm keeps this one number.
    private var fullAt: Instant

    /// - Parameters:
    ///   - perSecond: Long-run rate in events a second, 1...1 000 000 000; clamped.
    ///   - burst: Events allowed at once, 1...1 000 000 000; clamped.
    package init(perSecond: Int, burst: Int) {
        let nanoseconds = 1_000_000_000 / Int64(min(max(1, perSecond), 1_000_000_000))
        interval = .nanoseconds(nanoseconds)
        self.burst = .nanoseconds(nanoseconds * Int64(min(max(1, burst), 1_000_000_000)))
        fullAt = Instant(nanoseconds: .min)
    }

    /// Takes one token; `false` when there is none.
    package mutating func take(now: Instant) -> Bool {
        let start = max(fullAt, now)
        guard start.elapsed(since: now) + interval <= burst else { return false }
        fullAt = start + interval
        return true
    }

    /// When the next token is there; not later than `now` if one is there already.
    package func nextTokenAt(now: Instant) -> Instant {
        max(now, max(fullAt, now) + (interval - burst))
    }
}
