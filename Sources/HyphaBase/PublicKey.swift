// SPDX-License-Identifier: Apache-2.0

/// An X25519 public key: 32 bytes, a Montgomery u-coordinate in little-endian order (RFC 7748).
///
/// Kept as raw bytes: two encodings of one curve point are two identities, as in the base
/// protocol (section 1.1).
@usableFromInline
package struct PublicKey: Hashable, Comparable, Sendable {
    /// The 32 bytes as four big-endian words, so that comparison follows byte order.
    @usableFromInline package let words: (UInt64, UInt64, UInt64, UInt64)

    /// Size in bytes.
    @inlinable package static var byteCount: Int { 32 }

    /// - Parameter words: The 32 bytes as four big-endian words.
    @inlinable
    package init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// - Parameter bytes: Exactly 32 bytes, otherwise `nil`.
    @inlinable
    package init?(_ bytes: Span<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        func word(_ at: Int) -> UInt64 {
            var value: UInt64 = 0
            for i in at..<at + 8 { value = value << 8 | UInt64(bytes[i]) }
            return value
        }
        words = (word(0), word(8), word(16), word(24))
    }

    /// - Parameter bytes: Exactly 32 bytes, otherwise `nil`.
    package init?(_ bytes: [UInt8]) { self.init(bytes.span) }

    /// The 32 bytes.
    package var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(Self.byteCount)
        appendBytes(to: &result)
        return result
    }

    /// Appends the 32 bytes to `buffer`.
    package func appendBytes(to buffer: inout [UInt8]) {
        for word in [words.0, words.1, words.2, words.3] {
            for shift in stride(from: 56, through: 0, by: -8) {
                buffer.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
    }

    @inlinable
    package static func == (left: PublicKey, right: PublicKey) -> Bool {
        left.words.0 == right.words.0 && left.words.1 == right.words.1
            && left.words.2 == right.words.2 && left.words.3 == right.words.3
    }

    @inlinable
    package static func < (left: PublicKey, right: PublicKey) -> Bool { left.words < right.words }

    @inlinable
    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

extension PublicKey: CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    @usableFromInline package var description: String { Hexadecimal.text(bytes) }

    /// - Parameter text: 64 hexadecimal digits of either case, otherwise `nil`.
    package init?(hexadecimal text: String) {
        guard let bytes = Hexadecimal.bytes(text) else { return nil }
        self.init(bytes)
    }
}
