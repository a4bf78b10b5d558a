// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// Gives out times for Updates: a burst at once, then evenly spaced ones (GCRA with reservation).
///
/// Unlike a token bucket it never says no: whoever exceeds the burst gets a later slot.
package struct UpdatePacer {
    private var fullAt: Int64 = .min

    /// How many at once, and how many per second in the long run.
    package struct Rate: Sendable {
        fileprivate let interval: Int64
        fileprivate let burst: Int64

        /// - Parameters:
        ///   - perSecond: At least 1.
        ///   - burst: At least 1.
        package init(perSecond: Int, burst: Int) {
            interval = 1_000_000_000 / Int64(max(1, perSecond))
            self.burst = interval * Int64(max(1, burst))
        }
    }

    package init() {}

    /// Takes the next slot.
    ///
    /// - Returns: Its time, `now` or later.
    package mutating func reserve(_ rate: Rate, now: Instant) -> Instant {
        let start = max(fullAt, now.nanoseconds)
        fullAt = start &+ rate.interval
        return Instant(nanoseconds: max(now.nanoseconds, fullAt &- rate.burst))
    }
}
