// SPDX-License-Identifier: Apache-2.0

/// An AEAD with its key, 12-byte nonces and 16-byte tags: what the packet path needs of a cipher.
///
/// The real one is in `HyphaCrypto`; simulations and fuzzers bring their own. The functions are
/// mutating because an implementation may keep a scratch context: one key, one thread at a time.
/// They answer `false` and never trap for whatever arrives from outside.
@usableFromInline
package protocol PacketAEAD: ~Copyable {
    /// Seals into other memory, so that sealing is the copy.
    ///
    /// - Parameters:
    ///   - plaintext: What is sealed, 0 bytes or more.
    ///   - nonce: Must not have been used with this key.
    ///   - additionalData: Authenticated, not sent.
    ///   - output: Exactly 16 bytes longer; receives ciphertext ‖ tag.
    /// - Returns: `false` when the sizes do not fit or the library fails; the output is then not
    ///   to be used.
    mutating func seal(
        _ plaintext: Span<UInt8>,
        nonce: Nonce,
        additionalData: Span<UInt8>,
        into output: inout MutableSpan<UInt8>
    ) -> Bool

    /// Seals in place.
    ///
    /// - Parameters:
    ///   - text: Plaintext and 16 free bytes; becomes ciphertext ‖ tag.
    ///   - nonce: Must not have been used with this key.
    ///   - additionalData: Authenticated, not sent.
    /// - Returns: `false` when `text` is shorter than 16 bytes or the library fails.
    mutating func seal(
        inPlace text: inout MutableSpan<UInt8>,
        nonce: Nonce,
        additionalData: Span<UInt8>
    ) -> Bool

    /// Opens into other memory.
    ///
    /// - Parameters:
    ///   - text: Ciphertext ‖ tag.
    ///   - nonce: The nonce it was sealed with.
    ///   - additionalData: The additional data it was sealed with.
    ///   - output: Exactly 16 bytes shorter; receives the plaintext, zeros when refused.
    /// - Returns: `false` when the text is not genuine or a size does not fit.
    mutating func open(
        _ text: Span<UInt8>,
        nonce: Nonce,
        additionalData: Span<UInt8>,
        into output: inout MutableSpan<UInt8>
    ) -> Bool

    /// Opens in place.
    ///
    /// - Parameters:
    ///   - text: Ciphertext ‖ tag; all but the last 16 bytes become the plaintext, or zeros when
    ///     refused.
    ///   - nonce: The nonce it was sealed with.
    ///   - additionalData: The additional data it was sealed with.
    /// - Returns: `false` when the text is not genuine or shorter than 16 bytes.
    mutating func open(
        inPlace text: inout MutableSpan<UInt8>,
        nonce: Nonce,
        additionalData: Span<UInt8>
    ) -> Bool
}
