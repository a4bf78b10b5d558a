// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// The secret that cookies are made with, replaced every 120 s; the one before is accepted too.
///
/// It is replaced when it is next needed, so that an idle node has nothing to do.
struct CookieSecrets {
    private(set) var current: [UInt8] = []
    private(set) var previous: [UInt8] = []
    private var madeAt: Instant?

    static let byteCount = 32

    /// Replaces what is too old.
    mutating func renew(now: Instant, using random: inout some RandomNumberGenerator) {
        let life = HandshakeTimes.cookieSecret
        let age = madeAt.map { now.elapsed(since: $0) } ?? life + life
        guard age >= life else { return }
        previous = age < life + life ? current : []
        current = random.bytes(Self.byteCount)
        madeAt = now
    }
}

extension RandomNumberGenerator {
    /// Fresh random bytes.
    mutating func bytes(_ count: Int) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        for _ in 0..<count { result.append(UInt8.random(in: 0 ... .max, using: &self)) }
        return result
    }

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
