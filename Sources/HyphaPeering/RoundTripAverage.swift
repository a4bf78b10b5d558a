// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// The smoothed round trip of one link, which is the variable part of its cost.
///
/// The base keeps whole milliseconds and starts at 1000, so a new link needs minutes to reach its
/// true cost, and a rising value stalls up to 9 ms below it (base section 5.6). Here the first
/// sample replaces the initial value and the same 9:1 smoothing runs in microseconds. This
/// interoperates because a cost is never compared across nodes: each side adds its own cost to the
/// metrics that it receives, and ignores the rx cost of an IHU. What goes over the wire has the
/// base's unit, range and initial value.
package struct RoundTripAverage: Hashable, Sendable {
    /// The smoothed value in microseconds.
    package private(set) var microseconds: Int64
    /// Whether any sample was taken.
    package private(set) var isMeasured = false

    /// Value before the first sample, milliseconds (base section 5.6).
    package static let initialMilliseconds: Int64 = 1000
    /// Largest sample, milliseconds (16 bits in the base).
    private static let sampleMillisecondsMax: Int64 = 65_535

    package init() { microseconds = Self.initialMilliseconds * 1000 }

    /// An average that was measured to be `milliseconds`.
    package init(measuredMilliseconds milliseconds: Int64) {
        microseconds = min(max(0, milliseconds), Self.sampleMillisecondsMax) * 1000
        isMeasured = true
    }

    /// Takes one sample; one above 65 535 ms counts as that.
    package mutating func add(_ sample: Duration) {
        let limit = Self.sampleMillisecondsMax * 1000
        let value = min(max(0, sample.nanoseconds / 1000), limit)
        microseconds = isMeasured ? (9 * microseconds + value) / 10 : value
        isMeasured = true
    }

    /// The link cost: `staticCost` plus whole milliseconds, 1...65534.
    ///
    /// Zero is excluded because a route of equal metric is infeasible (base section 8 item 21).
    package func cost(staticCost: Metric) -> Metric {
        let total = Int64(staticCost.value) + microseconds / 1000
        return Metric(UInt16(min(max(1, total), Int64(Metric.finiteMax.value))))
    }
}

extension Metric {
    /// The static cost of a TCP link to `remote`: 10 over IPv6, 15 over IPv4 (base section 5.6).
    package static func staticCost(ofTCPTo remote: SocketAddress) -> Metric {
        Metric(remote.isIPv4 ? 15 : 10)
    }
}
