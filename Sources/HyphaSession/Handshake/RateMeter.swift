// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// Says whether more than a number of events came within a second.
///
/// Unlike a bucket it lets nothing through while the events go on: counts are taken per second of
/// time, and a full second counts against the next one too.
struct RateMeter {
    private let perSecondMax: Int
    private var startedAt: Instant?
    private var count = 0
    private var wasExceeded = false

    init(perSecondMax: Int) { self.perSecondMax = perSecondMax }

    /// Counts an event; `true` when there were too many in this second or the one before.
    mutating func exceeds(now: Instant) -> Bool {
        let age = startedAt.map { now.elapsed(since: $0) } ?? .seconds(2)
        if age >= .seconds(1) {
            wasExceeded = age < .seconds(2) && count > perSecondMax
            startedAt = now
            count = 0
        }
        count = min(count + 1, perSecondMax + 1)
        return wasExceeded || count > perSecondMax
    }
}
