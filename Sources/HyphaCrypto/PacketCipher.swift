// SPDX-License-Identifier: Apache-2.0
package import HyphaBytes
package import HyphaSession

/// AES-256-GCM with an expanded key, by the chosen backend; the key is wiped in the end.
package struct PacketCipher: ~Copyable, PacketAEAD, @unchecked Sendable {
    // Unchecked: there is one owner, and every use of the handle is mutating, hence exclusive.
    private var handle: CipherHandle

    /// - Parameters:
    ///   - key: Exactly 32 bytes, otherwise `nil`.
    ///   - backend: The library; `nil` is returned when it is not usable here.
    package init?(key: borrowing SecretBytes, backend: CryptoBackend = .current) {
        guard let handle = key.withBytes({ backend.expand($0) }) else { return nil }
        self.handle = handle
    }

    deinit { handle.destroy() }

    /// As ``PacketAEAD`` says, into other memory.
    package mutating func seal(
        _ plaintext: Span<UInt8>,
        nonce: Nonce,
        additionalData: Span<UInt8>,
        into output: inout MutableSpan<UInt8>
    ) -> Bool {
        handle.seal(plaintext, nonce: nonce, additionalData: additionalData, into: &output)
    }

    /// As ``PacketAEAD`` says, in place.
    package mutating func seal(
        inPlace text: inout MutableSpan<UInt8>,
        nonce: Nonce,
        additionalData: Span<UInt8>
    ) -> Bool {
        handle.seal(inPlace: &text, nonce: nonce, additionalData: additionalData)
    }

    /// As ``PacketAEAD`` says, into other memory.
    package mutating func open(
        _ text: Span<UInt8>,
        nonce: Nonce,
        additionalData: Span<UInt8>,
        into output: inout MutableSpan<UInt8>
    ) -> Bool {
        handle.open(text, nonce: nonce, additionalData: additionalData, into: &output)
    }

    /// As ``PacketAEAD`` says, in place.
    package mutating func open(
        inPlace text: inout MutableSpan<UInt8>,
        nonce: Nonce,
        additionalData: Span<UInt8>
    ) -> Bool {
        handle.open(inPlace: &text, nonce: nonce, additionalData: additionalData)
    }

    // MARK: - Within one run of bytes

    /// Seals a part of a frame whose additional data is another part of it; see
    /// ``CipherHandle/seal(within:text:additionalData:nonce:)``.
    package mutating func seal(
        within bytes: inout MutableSpan<UInt8>,
        text: Range<Int>,
        additionalData: Range<Int>,
        nonce: Nonce
    ) -> Bool {
        handle.seal(within: &bytes, text: text, additionalData: additionalData, nonce: nonce)
    }

    /// As above, with a plaintext from elsewhere.
    package mutating func seal(
        _ plaintext: Span<UInt8>,
        within bytes: inout MutableSpan<UInt8>,
        text: Range<Int>,
        additionalData: Range<Int>,
        nonce: Nonce
    ) -> Bool {
        handle.seal(
            plaintext,
            within: &bytes,
            text: text,
            additionalData: additionalData,
            nonce: nonce
        )
    }

    /// Opens a part of a frame whose additional data is another part of it.
    package mutating func open(
        within bytes: inout MutableSpan<UInt8>,
        text: Range<Int>,
        additionalData: Range<Int>,
        nonce: Nonce
    ) -> Bool {
        handle.open(within: &bytes, text: text, additionalData: additionalData, nonce: nonce)
    }
}
