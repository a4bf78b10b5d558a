// SPDX-License-Identifier: Apache-2.0

/// A point in monotonic time: nanoseconds since the driver's epoch.
///
/// Pure modules receive it with every input; they compare and add, and never read a clock.
@usableFromInline
package struct Instant: Hashable, Comparable, Sendable {
    /// Nanoseconds since the driver's epoch (`CLOCK_MONOTONIC` in the daemon, 0 in simulations).
    @usableFromInline package var nanoseconds: Int64

    /// The driver's epoch.
    package static let zero = Instant(nanoseconds: 0)
    /// Later than anything that happens.
    package static let distantFuture = Instant(nanoseconds: .max)

    /// - Parameter nanoseconds: Nanoseconds since the driver's epoch.
    @inlinable
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    @inlinable
    package static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The instant `duration` later; saturates at the ends of time.
    @inlinable
    package static func + (instant: Instant, duration: Duration) -> Instant {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(duration.nanoseconds)
        guard overflow else { return Instant(nanoseconds: sum) }
        return Instant(nanoseconds: duration.nanoseconds < 0 ? .min : .max)
    }

    /// Time since `earlier`, zero when `earlier` is later; at most 292 years.
    @inlinable
    package func elapsed(since earlier: Instant) -> Duration {
        guard earlier < self else { return .zero }
        let (difference, overflow) = nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
        return .nanoseconds(overflow ? .max : difference)
    }
}

extension Duration {
    /// Whole nanoseconds, clamped to the range of `Int64` (292 years).
    @inlinable
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, carried) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carried ? (seconds < 0 ? .min : .max) : sum
    }

    /// Whole milliseconds, truncated towards zero.
    @inlinable
    package var milliseconds: Int64 { nanoseconds / 1_000_000 }

    /// A duration of `count` centiseconds (10 ms each), the unit of Babel's interval fields.
    @inlinable
    package static func centiseconds(_ count: some BinaryInteger) -> Duration {
        .milliseconds(Int64(count) * 10)
    }
}
