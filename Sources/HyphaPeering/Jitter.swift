// SPDX-License-Identifier: Apache-2.0
import HyphaBase

extension RandomNumberGenerator {
    /// A duration drawn evenly from `range`, to the nanosecond.
    mutating func duration(in range: ClosedRange<Duration>) -> Duration {
        .nanoseconds(
            Int64.random(
                in: range.lowerBound.nanoseconds...range.upperBound.nanoseconds,
                using: &self
            )
        )
    }
}
