// SPDX-License-Identifier: Apache-2.0

/// A point in time on the wire, by which replayed handshakes are told (`Docs/protocol/hypha.md`
/// section 3.1).
///
/// Peers only compare it, so any 12 bytes are one; a clock that is wrong does no harm as long as
/// what is sent never goes back.
package struct TAI64N: Hashable, Comparable, Sendable {
    /// The TAI64 label: 2^62 + seconds since 1970 TAI.
    package let seconds: UInt64
    /// 0...999_999_999 from a correct sender; any value is compared as it is.
    package let nanoseconds: UInt32

    /// Size in bytes.
    package static let byteCount = 12
    /// The label of 1970-01-01 00:00:00 UTC: TAI was 10 s ahead, and leap seconds are not counted.
    package static let unixEpochSeconds: UInt64 = 0x4000_0000_0000_000a
    private static let nanosecondsMax: UInt32 = 999_999_999

    /// - Parameters:
    ///   - seconds: The TAI64 label.
    ///   - nanoseconds: Nanoseconds within the second.
    package init(seconds: UInt64, nanoseconds: UInt32) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// - Parameters:
    ///   - unixSeconds: Seconds since 1970 UTC; wraps beyond what a label can say.
    ///   - nanoseconds: 0...999_999_999.
    package init(unixSeconds: UInt64, nanoseconds: UInt32) {
        self.init(seconds: Self.unixEpochSeconds &+ unixSeconds, nanoseconds: nanoseconds)
    }

    /// - Parameter bytes: Exactly 12 bytes, otherwise `nil`.
    package init?(_ bytes: Span<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var seconds: UInt64 = 0
        var nanoseconds: UInt32 = 0
        for i in 0..<8 { seconds = seconds << 8 | UInt64(bytes[i]) }
        for i in 8..<12 { nanoseconds = nanoseconds << 8 | UInt32(bytes[i]) }
        self.init(seconds: seconds, nanoseconds: nanoseconds)
    }

    /// The 12 bytes, big-endian.
    package var bytes: [UInt8] {
        let high = stride(from: 56, through: 0, by: -8)
            .map { UInt8(truncatingIfNeeded: seconds >> UInt64($0)) }
        let low = stride(from: 24, through: 0, by: -8)
            .map { UInt8(truncatingIfNeeded: nanoseconds >> UInt32($0)) }
        return high + low
    }

    /// The least correct time after this one; the greatest label stays where it is.
    package var next: TAI64N {
        if nanoseconds < Self.nanosecondsMax {
            return TAI64N(seconds: seconds, nanoseconds: nanoseconds + 1)
        }
        guard seconds < .max else { return self }
        return TAI64N(seconds: seconds + 1, nanoseconds: 0)
    }

    package static func < (left: TAI64N, right: TAI64N) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}
