// SPDX-License-Identifier: Apache-2.0

/// The smoothed round trip of one carrier and its variation, as RFC 6298 computes them.
package struct RoundTripEstimate: Hashable, Sendable {
    /// The smoothed round trip; ``initial`` before the first sample.
    package private(set) var smoothed: Duration = Self.initial
    /// Whether any sample was taken.
    package private(set) var isMeasured = false
    private var variation: Duration = Self.initial

    /// Taken to be true before anything was measured.
    package static let initial: Duration = .milliseconds(100)
    /// Largest sample; a longer one counts as this.
    private static let sampleMax: Duration = .seconds(10)

    package init() {}

    /// How long to wait for an answer: the smoothed value and four times its variation.
    package var timeout: Duration { smoothed + variation * 4 }

    /// Takes one sample, RFC 6298 section 2.
    package mutating func add(_ sample: Duration) {
        let sample = min(max(.zero, sample), Self.sampleMax)
        guard isMeasured else {
            isMeasured = true
            smoothed = sample
            variation = sample / 2
            return
        }
        let error = sample < smoothed ? smoothed - sample : sample - smoothed
        variation = (variation * 3 + error) / 4
        smoothed = (smoothed * 7 + sample) / 8
    }
}
