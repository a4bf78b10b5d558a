// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// Lets each event through once a second and counts the rest.
struct LogLimiter {
    private var events: [State]

    private struct State {
        /// When the event was last let through.
        var last: Instant?
        var suppressedCount: UInt64 = 0
    }

    /// - Parameter eventCount: Events are numbered from 0.
    init(eventCount: Int) { events = Array(repeating: State(), count: eventCount) }

    /// Whether the event is let through, and how many were not since it last was.
    ///
    /// - Parameters:
    ///   - event: Its number.
    ///   - now: The time.
    /// - Returns: The count, or `nil` when it is suppressed.
    mutating func admit(_ event: Int, now: Instant) -> UInt64? {
        if let last = events[event].last, now.elapsed(since: last) < .seconds(1) {
            events[event].suppressedCount &+= 1
            return nil
        }
        defer { events[event] = State(last: now) }
        return events[event].suppressedCount
    }
}
