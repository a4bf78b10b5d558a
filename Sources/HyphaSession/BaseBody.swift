// SPDX-License-Identifier: Apache-2.0
// Public, not package: only then may the inlinable functions below use it.
public import HyphaBytes

/// The encrypted body of a data packet of the base protocol (section 4.2).
///
///     | ciphertext n | tag 16 | nonce 12 |      plaintext n = | user header 4 | content n - 4 |
///
/// Additional data is empty. There is no replay protection and no rekeying in this format.
@usableFromInline
package enum BaseBody {
    /// Size of the header at the beginning of the plaintext, bytes.
    @inlinable package static var userHeaderByteCount: Int { 4 }
    /// Size of the tag, bytes.
    @inlinable package static var tagByteCount: Int { 16 }
    /// Size of the nonce, bytes.
    @inlinable package static var nonceByteCount: Int { Nonce.byteCount }
    /// What a body has more than its plaintext, bytes.
    @inlinable package static var sealByteCount: Int { tagByteCount + nonceByteCount }
    /// What a body has more than its content, bytes; also the size of the smallest body.
    @inlinable package static var overheadByteCount: Int { userHeaderByteCount + sealByteCount }

    /// The plaintext size of a body of `byteCount` bytes, or `nil` when it is below the smallest.
    @inlinable
    package static func plaintextByteCount(bodyByteCount byteCount: Int) -> Int? {
        byteCount >= overheadByteCount ? byteCount - sealByteCount : nil
    }

    /// Seals a plaintext into a body.
    ///
    /// - Parameters:
    ///   - plaintext: User header and content, at least 4 bytes.
    ///   - cipher: The cipher of the key shared with the other end.
    ///   - nonce: Fresh and random.
    ///   - body: Exactly 28 bytes longer than the plaintext.
    /// - Returns: `false` when a size does not fit or the library fails.
    @inlinable
    package static func seal<Cipher: PacketAEAD & ~Copyable>(
        _ plaintext: Span<UInt8>,
        with cipher: inout Cipher,
        nonce: Nonce,
        into body: inout MutableSpan<UInt8>
    ) -> Bool {
        guard plaintext.count >= userHeaderByteCount, body.count - sealByteCount == plaintext.count
        else { return false }
        let nonceOffset = body.count - nonceByteCount
        nonce.write(to: &body, at: nonceOffset)
        var text = body.slice(0..<nonceOffset)
        return cipher.seal(plaintext, nonce: nonce, additionalData: Span(), into: &text)
    }

    /// Seals a body whose plaintext is already in its place.
    ///
    /// - Parameters:
    ///   - body: User header and content, then 28 free bytes.
    ///   - cipher: The cipher of the key shared with the other end.
    ///   - nonce: Fresh and random.
    /// - Returns: `false` when the body is shorter than 32 bytes or the library fails.
    @inlinable
    package static func seal<Cipher: PacketAEAD & ~Copyable>(
        inPlace body: inout MutableSpan<UInt8>,
        with cipher: inout Cipher,
        nonce: Nonce
    ) -> Bool {
        guard body.count >= overheadByteCount else { return false }
        let nonceOffset = body.count - nonceByteCount
        nonce.write(to: &body, at: nonceOffset)
        var text = body.slice(0..<nonceOffset)
        return cipher.seal(inPlace: &text, nonce: nonce, additionalData: Span())
    }

    /// Opens a body in place; the first ``plaintextByteCount(bodyByteCount:)`` bytes become the
    /// plaintext, or zeros when refused.
    ///
    /// - Parameters:
    ///   - body: As received.
    ///   - cipher: The cipher of the key shared with the other end.
    /// - Returns: `false` when the body is shorter than 32 bytes (then it is unchanged) or not
    ///   genuine.
    @inlinable
    package static func open<Cipher: PacketAEAD & ~Copyable>(
        inPlace body: inout MutableSpan<UInt8>,
        with cipher: inout Cipher
    ) -> Bool {
        guard body.count >= overheadByteCount else { return false }
        let nonceOffset = body.count - nonceByteCount
        let nonce = Nonce(readFrom: body, at: nonceOffset)
        var text = body.slice(0..<nonceOffset)
        return cipher.open(inPlace: &text, nonce: nonce, additionalData: Span())
    }
}
