// SPDX-License-Identifier: Apache-2.0

/// An IPv4 address: 32 bits in network order.
package struct IPv4Address: Hashable, Comparable, Sendable {
    /// The four bytes, the first one highest.
    package let bits: UInt32

    /// - Parameter bits: The four bytes, the first one highest.
    package init(bits: UInt32) { self.bits = bits }

    package static func < (left: IPv4Address, right: IPv4Address) -> Bool {
        left.bits < right.bits
    }
}

extension IPv4Address: CustomStringConvertible {
    /// Dotted decimal.
    package var description: String {
        stride(from: 24, through: 0, by: -8)
            .map { String(bits >> UInt32($0) & 0xff) }
            .joined(separator: ".")
    }

    /// - Parameter text: Four decimal numbers without leading zeros, otherwise `nil`.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard let value = UInt8(part), String(value) == part else { return nil }
            bits = bits << 8 | UInt32(value)
        }
        self.init(bits: bits)
    }
}
