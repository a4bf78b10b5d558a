// SPDX-License-Identifier: Apache-2.0

/// A 16-bit circular sequence number (RFC 8966 section 3.2.1).
package struct Seqno: Hashable, Sendable, CustomStringConvertible {
    /// The wire value.
    package var value: UInt16

    package init(_ value: UInt16) { self.value = value }

    /// The number `count` later, modulo 65536.
    package func advanced(by count: UInt16) -> Seqno { Seqno(value &+ count) }

    /// Whether this number is older; at distance exactly 32768 neither is (base section 5.5).
    package func isOlder(than other: Seqno) -> Bool {
        let distance = other.value &- value
        return distance != 0 && distance < 0x8000
    }

    /// Whether this number is newer; at distance exactly 32768 neither is (base section 5.5).
    package func isNewer(than other: Seqno) -> Bool { other.isOlder(than: self) }

    package var description: String { String(value) }
}
