// SPDX-License-Identifier: Apache-2.0

/// BLAKE3: hash, keyed hash, key derivation and extendable output.
///
/// Portable code; names and section numbers are those of the BLAKE3 paper, version 20211102.
package enum BLAKE3 {
    /// Size of a key and of the usual output, bytes.
    package static let byteCount = 32

    /// The 32-byte hash of `bytes`.
    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var hasher = Hasher()
        hasher.update(bytes.span)
        return hasher.output(byteCount: byteCount)
    }

    /// The 32-byte keyed hash (a message authentication code) of `bytes`.
    ///
    /// - Parameters:
    ///   - bytes: What is authenticated.
    ///   - key: Exactly 32 bytes.
    /// - Returns: 32 bytes, or `nil` when the key has another size.
    package static func keyedHash(_ bytes: [UInt8], key: [UInt8]) -> [UInt8]? {
        guard var hasher = Hasher(key: key.span) else { return nil }
        hasher.update(bytes.span)
        return hasher.output(byteCount: byteCount)
    }

    /// A key derived from other key material.
    ///
    /// - Parameters:
    ///   - context: Hard-coded, globally unique text that says what the key is for.
    ///   - material: The key material, of any size.
    ///   - byteCount: Size of the derived key, bytes.
    /// - Returns: `byteCount` bytes.
    package static func deriveKey(
        context: String,
        material: [UInt8],
        byteCount: Int = BLAKE3.byteCount
    ) -> [UInt8] {
        var hasher = Hasher(derivingFrom: context)
        hasher.update(material.span)
        return hasher.output(byteCount: byteCount)
    }
}
