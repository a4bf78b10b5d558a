// SPDX-License-Identifier: Apache-2.0

/// When an engine wants its timer input next, and why; the reason is for diagnosis only.
package struct Deadline: Hashable, Sendable {
    /// The latest instant at which the timer input is due.
    package let instant: Instant
    /// What will be done then.
    package let reason: StaticReason

    /// The reasons as values, so that no text is built on the way to a timer.
    package struct StaticReason: Hashable, Sendable, ExpressibleByStringLiteral,
        CustomStringConvertible
    {
        package let description: String

        package init(stringLiteral value: String) { description = value }
    }

    /// - Parameters:
    ///   - instant: When the timer input is due.
    ///   - reason: What will be done then.
    package init(_ instant: Instant, _ reason: StaticReason) {
        self.instant = instant
        self.reason = reason
    }

    /// The earlier of two optional deadlines; the first one on a tie.
    package static func earlier(_ first: Deadline?, _ second: Deadline?) -> Deadline? {
        guard let first else { return second }
        guard let second else { return first }
        return second.instant < first.instant ? second : first
    }
}
