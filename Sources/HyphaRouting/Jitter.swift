// SPDX-License-Identifier: Apache-2.0

import HyphaBase

extension RandomNumberGenerator {
    /// A duration from zero to `limit`, drawn evenly.
    mutating func jitter(upTo limit: Duration) -> Duration {
        .nanoseconds(Int64.random(in: 0...limit.nanoseconds, using: &self))
    }
}
