// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What ``LinkMonitor`` knows about one link.
package struct LinkMonitorSnapshot: Hashable, Sendable {
    /// Static cost plus smoothed round trip.
    package let cost: Metric
    /// `nil` before the first sample.
    package let smoothedRoundTrip: Duration?
    /// When an IHU came last, or when the link came up.
    package let aliveAt: Instant
    package let hellosSent: UInt64
    /// IHUs heard, whether they gave a sample or not.
    package let ihusHeard: UInt64
    /// Hellos heard.
    package let hellosHeard: UInt64
    /// Hellos left unanswered because of the rate limit.
    package let hellosUnanswered: UInt64
}
