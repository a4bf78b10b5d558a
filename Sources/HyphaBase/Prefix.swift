// SPDX-License-Identifier: Apache-2.0

/// An IPv6 prefix; host bits are always zero, so equality compares network bits and length only.
@usableFromInline
package struct Prefix: Hashable, Comparable, Sendable {
    /// The network address, host bits zero.
    @usableFromInline package let address: IPv6Address
    /// Prefix length in bits, 0...128.
    @usableFromInline package let length: UInt8

    /// The overlay range 400::/7.
    package static let overlay = Prefix(
        IPv6Address(high: 0x0400_0000_0000_0000, low: 0),
        length: 7
    )

    /// - Parameters:
    ///   - address: Any address inside; its host bits are cleared.
    ///   - length: 0...128; larger values count as 128.
    package init(_ address: IPv6Address, length: UInt8) {
        let length = min(length, 128)
        self.length = length
        self.address = IPv6Address(
            high: address.high & Self.mask(Int(length)),
            low: address.low & Self.mask(Int(length) - 64)
        )
    }

    /// The /64 around an address: a node's subnet (base protocol section 1.3).
    @inlinable
    package init(subnetOf address: IPv6Address) {
        self.address = IPv6Address(high: address.high, low: 0)
        length = 64
    }

    /// Whether `other` lies inside this prefix.
    package func contains(_ other: IPv6Address) -> Bool {
        other.high & Self.mask(Int(length)) == address.high
            && other.low & Self.mask(Int(length) - 64) == address.low
    }

    /// Whether all of `other` lies inside this prefix.
    package func contains(_ other: Prefix) -> Bool {
        other.length >= length && contains(other.address)
    }

    @inlinable
    package static func < (left: Prefix, right: Prefix) -> Bool {
        left.address == right.address ? left.length < right.length : left.address < right.address
    }

    private static func mask(_ bits: Int) -> UInt64 {
        bits <= 0 ? 0 : bits >= 64 ? .max : ~(UInt64.max >> UInt64(bits))
    }
}

extension Prefix: CustomStringConvertible {
    /// `address/length`.
    @usableFromInline package var description: String { "\(address)/\(length)" }

    /// - Parameter text: `address/length`, otherwise `nil`.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPv6Address(parts[0]),
            parts[1].utf8.allSatisfy({ (48...57).contains($0) }), let length = UInt8(parts[1]),
            length <= 128
        else { return nil }
        self.init(address, length: length)
    }
}
