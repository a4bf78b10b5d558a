// SPDX-License-Identifier: Apache-2.0
package import HyphaBytes

/// A hash of 32 bytes, and what Noise makes of it (revision 34 section 4.3).
package protocol NoiseHash {
    /// As in protocol names.
    static var name: String { get }
    /// Size of the blocks that the hash works on, bytes.
    static var blockByteCount: Int { get }

    /// Hashes a message.
    ///
    /// - Parameters:
    ///   - message: 0 bytes or more.
    ///   - output: Exactly 32 bytes.
    static func hash(_ message: Span<UInt8>, into output: inout MutableSpan<UInt8>)

    /// HMAC (RFC 2104) with this hash.
    ///
    /// - Parameters:
    ///   - message: 0 bytes or more.
    ///   - key: At most ``blockByteCount`` bytes.
    ///   - output: Exactly 32 bytes.
    static func authenticate(
        _ message: Span<UInt8>,
        key: Span<UInt8>,
        into output: inout MutableSpan<UInt8>
    )
}

extension NoiseHash {
    /// Size of a hash, bytes.
    package static var byteCount: Int { 32 }

    /// The hash of `message`, 32 bytes.
    package static func hash(_ message: Span<UInt8>) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: byteCount)
        var span = output.mutableSpan
        hash(message, into: &span)
        return output
    }

    /// HMAC built from the hash, for hashes that have none of their own.
    package static func authenticate(
        _ message: Span<UInt8>,
        key: Span<UInt8>,
        into output: inout MutableSpan<UInt8>
    ) {
        let inner = SecretBytes(byteCount: byteCount) { inner in
            padded(key, with: 0x36, before: message).withBytes { hash($0, into: &inner) }
        }
        inner.withBytes { inner in
            padded(key, with: 0x5c, before: inner).withBytes { hash($0, into: &output) }
        }
    }

    /// The first keys of HKDF with this chaining key as salt and an empty context (section 4.3).
    ///
    /// - Parameters:
    ///   - count: How many, 2 or 3.
    ///   - chainingKey: 32 bytes.
    ///   - input: The secret to mix in, 0 bytes or more.
    /// - Returns: `count` keys of 32 bytes.
    package static func deriveKeys(
        _ count: Int,
        chainingKey: borrowing SecretBytes,
        input: Span<UInt8>
    ) -> [SecretBox] {
        let temporary = authenticated(input, key: chainingKey)
        var keys: [SecretBox] = []
        for number in 1...count {
            let previous = keys.last
            let message = SecretBytes(byteCount: previous == nil ? 1 : byteCount + 1) { message in
                previous?.bytes.withBytes { message.copy($0, at: 0) }
                message[message.count - 1] = UInt8(truncatingIfNeeded: number)
            }
            let key = message.withBytes { authenticated($0, key: temporary) }
            keys.append(SecretBox(key))
        }
        return keys
    }

    private static func authenticated(
        _ message: Span<UInt8>,
        key: borrowing SecretBytes
    ) -> SecretBytes {
        SecretBytes(byteCount: byteCount) { output in
            key.withBytes { authenticate(message, key: $0, into: &output) }
        }
    }

    /// A block of the key, filled up with zeros and changed by `pad`, and then the message.
    private static func padded(
        _ key: Span<UInt8>,
        with pad: UInt8,
        before message: Span<UInt8>
    ) -> SecretBytes {
        SecretBytes(byteCount: blockByteCount + message.count) { block in
            block.copy(key, at: 0)
            for i in 0..<blockByteCount { block[i] ^= pad }
            block.copy(message, at: blockByteCount)
        }
    }
}
