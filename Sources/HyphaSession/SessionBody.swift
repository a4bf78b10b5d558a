// SPDX-License-Identifier: Apache-2.0
// Public, not package: only then may the inlinable functions below use it.
public import HyphaBytes

/// The sealed body of a data packet in an end-to-end session (`Docs/protocol/hypha.md` section 4).
///
///     | ciphertext n | tag 16 | index 4 | counter 8 |   plaintext n = | user header 4 | content n - 4 |
///
/// It has the shape of a ``BaseBody``, with the trailer in the place of the nonce. Additional data
/// are the 32 bytes of the outer addresses as sent.
@usableFromInline
package enum SessionBody {
    /// Size of the header at the beginning of the plaintext, bytes.
    @inlinable package static var userHeaderByteCount: Int { BaseBody.userHeaderByteCount }
    /// Size of the tag, bytes.
    @inlinable package static var tagByteCount: Int { BaseBody.tagByteCount }
    /// Size of what follows the tag, bytes.
    @inlinable package static var trailerByteCount: Int { Trailer.byteCount }
    /// What a body has more than its plaintext, bytes.
    @inlinable package static var sealByteCount: Int { tagByteCount + trailerByteCount }
    /// What a body has more than its content, bytes; also the size of the smallest body.
    @inlinable package static var overheadByteCount: Int { userHeaderByteCount + sealByteCount }

    /// The clear end of a session body.
    @usableFromInline
    package struct Trailer: Hashable, Sendable {
        /// The index that the receiver gave the session.
        @usableFromInline package let receiverIndex: UInt32
        /// Never used twice with one key.
        @usableFromInline package let counter: UInt64

        /// Size in bytes.
        @inlinable package static var byteCount: Int { 12 }

        /// - Parameters:
        ///   - receiverIndex: The index that the receiver gave the session.
        ///   - counter: Never used twice with one key.
        @inlinable
        package init(receiverIndex: UInt32, counter: UInt64) {
            self.receiverIndex = receiverIndex
            self.counter = counter
        }

        /// The last 12 bytes of a body, or `nil` when it is below the smallest.
        @inlinable
        package init?(of body: Span<UInt8>) {
            guard body.count >= SessionBody.overheadByteCount else { return nil }
            let start = body.count - Self.byteCount
            self.init(
                receiverIndex: body.bigEndian(at: start),
                counter: body.bigEndian(at: start + 4)
            )
        }

        /// Writes the last 12 bytes of `body`; traps when there are fewer.
        @inlinable
        package func write(toEndOf body: inout MutableSpan<UInt8>) {
            let start = body.count - Self.byteCount
            body.storeBigEndian(receiverIndex, at: start)
            body.storeBigEndian(counter, at: start + 4)
        }
    }

    /// The plaintext size of a body of `byteCount` bytes, or `nil` when it is below the smallest.
    @inlinable
    package static func plaintextByteCount(bodyByteCount byteCount: Int) -> Int? {
        byteCount >= overheadByteCount ? byteCount - sealByteCount : nil
    }

    /// Seals a plaintext into a body.
    ///
    /// - Parameters:
    ///   - plaintext: User header and content, at least 4 bytes.
    ///   - cipher: The sending key of the session.
    ///   - trailer: The receiver's index and a counter never used before.
    ///   - addresses: The 32 bytes of the outer addresses as sent.
    ///   - body: Exactly 28 bytes longer than the plaintext.
    /// - Returns: `false` when a size does not fit or the library fails.
    @inlinable
    package static func seal<Cipher: PacketAEAD & ~Copyable>(
        _ plaintext: Span<UInt8>,
        with cipher: inout Cipher,
        trailer: Trailer,
        addresses: Span<UInt8>,
        into body: inout MutableSpan<UInt8>
    ) -> Bool {
        guard plaintext.count >= userHeaderByteCount, body.count - sealByteCount == plaintext.count
        else { return false }
        trailer.write(toEndOf: &body)
        let nonce = Nonce(counter: trailer.counter)
        var text = body.slice(0..<body.count - trailerByteCount)
        return cipher.seal(plaintext, nonce: nonce, additionalData: addresses, into: &text)
    }

    /// Seals a body whose plaintext is already in its place.
    ///
    /// - Parameters:
    ///   - body: User header and content, then 28 free bytes.
    ///   - cipher: The sending key of the session.
    ///   - trailer: The receiver's index and a counter never used before.
    ///   - addresses: The 32 bytes of the outer addresses as sent.
    /// - Returns: `false` when the body is shorter than 32 bytes or the library fails.
    @inlinable
    package static func seal<Cipher: PacketAEAD & ~Copyable>(
        inPlace body: inout MutableSpan<UInt8>,
        with cipher: inout Cipher,
        trailer: Trailer,
        addresses: Span<UInt8>
    ) -> Bool {
        guard body.count >= overheadByteCount else { return false }
        trailer.write(toEndOf: &body)
        let nonce = Nonce(counter: trailer.counter)
        var text = body.slice(0..<body.count - trailerByteCount)
        return cipher.seal(inPlace: &text, nonce: nonce, additionalData: addresses)
    }

    /// Opens a body in place; the first ``plaintextByteCount(bodyByteCount:)`` bytes become the
    /// plaintext, or zeros when refused.
    ///
    /// - Parameters:
    ///   - body: As received.
    ///   - cipher: The receiving key of the session that the trailer's index names.
    ///   - counter: That of the body's ``Trailer``.
    ///   - addresses: The 32 bytes of the outer addresses as received.
    /// - Returns: `false` when the body is shorter than 32 bytes (then it is unchanged) or not
    ///   genuine.
    @inlinable
    package static func open<Cipher: PacketAEAD & ~Copyable>(
        inPlace body: inout MutableSpan<UInt8>,
        with cipher: inout Cipher,
        counter: UInt64,
        addresses: Span<UInt8>
    ) -> Bool {
        guard body.count >= overheadByteCount else { return false }
        var text = body.slice(0..<body.count - trailerByteCount)
        let nonce = Nonce(counter: counter)
        return cipher.open(inPlace: &text, nonce: nonce, additionalData: addresses)
    }

    /// Opens a body into other memory.
    ///
    /// - Parameters:
    ///   - body: As received.
    ///   - cipher: The receiving key of the session that the trailer's index names; for a body of
    ///     our own that somebody quotes, the sending key of the session it went under.
    ///   - counter: That of the body's ``Trailer``.
    ///   - addresses: The 32 bytes of the outer addresses as received.
    ///   - plaintext: Exactly 28 bytes shorter; zeros when refused.
    /// - Returns: `false` when a size does not fit or the body is not genuine.
    @inlinable
    package static func open<Cipher: PacketAEAD & ~Copyable>(
        _ body: Span<UInt8>,
        with cipher: inout Cipher,
        counter: UInt64,
        addresses: Span<UInt8>,
        into plaintext: inout MutableSpan<UInt8>
    ) -> Bool {
        guard body.count >= overheadByteCount, plaintext.count == body.count - sealByteCount
        else { return false }
        let text = body.extracting(0..<body.count - trailerByteCount)
        let nonce = Nonce(counter: counter)
        return cipher.open(text, nonce: nonce, additionalData: addresses, into: &plaintext)
    }
}
