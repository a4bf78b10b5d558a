// SPDX-License-Identifier: Apache-2.0

/// A route metric or link cost, 0...65534, or ``infinite`` (base protocol section 5.5).
package struct Metric: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The wire value.
    package var value: UInt16

    /// Unreachable; a retraction on the wire.
    package static let infinite = Metric(0xffff)
    /// The largest finite metric.
    package static let finiteMax = Metric(0xfffe)
    package static let zero = Metric(0)

    package init(_ value: UInt16) { self.value = value }

    /// Whether the metric is the infinite one.
    package var isInfinite: Bool { self == .infinite }

    /// Infinite if either is, otherwise the sum capped at 65534.
    package static func + (left: Metric, right: Metric) -> Metric {
        guard !left.isInfinite, !right.isInfinite else { return .infinite }
        return Metric(UInt16(min(UInt32(left.value) + UInt32(right.value), 0xfffe)))
    }

    /// Infinite stays infinite, otherwise the difference with a floor of 0.
    package static func - (left: Metric, right: Metric) -> Metric {
        guard !left.isInfinite else { return .infinite }
        return Metric(left.value > right.value ? left.value - right.value : 0)
    }

    package static func < (left: Metric, right: Metric) -> Bool { left.value < right.value }

    package var description: String { isInfinite ? "infinite" : String(value) }
}
