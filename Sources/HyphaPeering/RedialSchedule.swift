// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// How long a static peer waits between dials: 0.5 s ± 20 % for a minute, then each time half as
/// long again, to 5 s at most.
struct RedialSchedule: Hashable {
    private var eagerUntil: Instant
    private var nominal = PeeringTimes.redial

    /// - Parameter now: Start, loss of a link that proved itself, or a change of the network.
    init(now: Instant) { eagerUntil = now + PeeringTimes.redialEager }

    /// The wait after a failure at `now`.
    mutating func nextDelay(
        now: Instant,
        using random: inout some RandomNumberGenerator
    ) -> Duration {
        if now >= eagerUntil {
            nominal = min(nominal * 3 / 2, PeeringTimes.redialMax * 5 / 6)
        }
        return random.duration(in: Self.jittered(nominal))
    }

    /// `nominal` ± 20 %.
    static func jittered(_ nominal: Duration) -> ClosedRange<Duration> {
        (nominal * 4 / 5)...(nominal * 6 / 5)
    }
}
