// SPDX-License-Identifier: Apache-2.0

/// An IPv6 address: 128 bits as two big-endian words.
@usableFromInline
package struct IPv6Address: Hashable, Comparable, Sendable {
    /// The first 8 bytes.
    @usableFromInline package let high: UInt64
    /// The last 8 bytes.
    @usableFromInline package let low: UInt64

    /// `::`, the unspecified address.
    package static let unspecified = IPv6Address(high: 0, low: 0)

    /// - Parameters:
    ///   - high: The first 8 bytes.
    ///   - low: The last 8 bytes.
    @inlinable
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// - Parameter bytes: Exactly 16 bytes, otherwise `nil`.
    package init?(_ bytes: Span<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for i in 0..<8 {
            high = high << 8 | UInt64(bytes[i])
            low = low << 8 | UInt64(bytes[8 + i])
        }
        self.init(high: high, low: low)
    }

    /// The 16 bytes.
    package var bytes: [UInt8] {
        var result: [UInt8] = []
        for word in [high, low] {
            for shift in stride(from: 56, through: 0, by: -8) {
                result.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return result
    }

    /// Whether the address lies in the overlay range 400::/7.
    @inlinable
    package var isOverlay: Bool { high >> 57 == 0x02 }

    @inlinable
    package static func < (left: IPv6Address, right: IPv6Address) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}
