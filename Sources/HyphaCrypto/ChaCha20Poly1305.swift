// SPDX-License-Identifier: Apache-2.0
import CHyphaCrypto
import HyphaBase
package import HyphaBytes
import HyphaSession

/// ChaCha20-Poly1305 with nonces of 12 bytes (RFC 8439), and XChaCha20-Poly1305 with 24.
package enum ChaCha20Poly1305: NoiseCipher {
    package static let name = "ChaChaPoly"
    private typealias Bytes = UnsafePointer<UInt8>
    private typealias Function = (
        Bytes?, Bytes?, Int, Bytes?, Int, Bytes?, Int, UnsafeMutablePointer<UInt8>?, Int
    ) -> CInt
    private static let keyByteCount = 32
    private static let tagByteCount = 16

    /// Seals one text.
    ///
    /// - Parameters:
    ///   - plaintext: 0 bytes or more.
    ///   - key: 32 bytes.
    ///   - nonce: 12 bytes for ChaCha20-Poly1305, 24 for XChaCha20-Poly1305.
    ///   - additionalData: Authenticated, not part of the result.
    /// - Returns: Ciphertext and tag, or `nil` when key or nonce has another size.
    package static func seal(
        _ plaintext: Span<UInt8>,
        key: Span<UInt8>,
        nonce: Span<UInt8>,
        additionalData: Span<UInt8>
    ) -> [UInt8]? {
        guard key.count == keyByteCount else { return nil }
        var text = [UInt8](repeating: 0, count: plaintext.count + tagByteCount)
        var span = text.mutableSpan
        // Safe: the shim writes to the last pointer only.
        let isSealed = unsafe run(hypha_chacha_seal, key, nonce, additionalData, plaintext, &span)
        return isSealed ? text : nil
    }

    /// Opens one text.
    ///
    /// - Parameters:
    ///   - text: Ciphertext and tag.
    ///   - key: 32 bytes.
    ///   - nonce: As it was sealed.
    ///   - additionalData: As it was sealed.
    /// - Returns: The plaintext, or `nil` when the text is not genuine or a size is wrong.
    package static func open(
        _ text: Span<UInt8>,
        key: Span<UInt8>,
        nonce: Span<UInt8>,
        additionalData: Span<UInt8>
    ) -> [UInt8]? {
        guard key.count == keyByteCount, text.count >= tagByteCount else { return nil }
        var plaintext = [UInt8](repeating: 0, count: text.count - tagByteCount)
        var span = plaintext.mutableSpan
        // Safe: the shim writes to the last pointer only.
        let isGenuine = unsafe run(hypha_chacha_open, key, nonce, additionalData, text, &span)
        return isGenuine ? plaintext : nil
    }

    /// As ``NoiseCipher`` says, with a counter as nonce.
    package static func seal(
        _ plaintext: Span<UInt8>,
        key: borrowing SecretBytes,
        counter: UInt64,
        additionalData: Span<UInt8>
    ) -> [UInt8] {
        let nonce = noiseNonce(counter)
        let text = key.withBytes {
            seal(plaintext, key: $0, nonce: nonce.span, additionalData: additionalData)
        }
        invariant(text != nil, "libsodium cannot seal")
        return text ?? []
    }

    /// As ``NoiseCipher`` says, with a counter as nonce.
    package static func open(
        _ text: Span<UInt8>,
        key: borrowing SecretBytes,
        counter: UInt64,
        additionalData: Span<UInt8>
    ) -> [UInt8]? {
        let nonce = noiseNonce(counter)
        return key.withBytes {
            open(text, key: $0, nonce: nonce.span, additionalData: additionalData)
        }
    }

    /// Hands spans to a function of the shim.
    // Safe: only called with the two functions that check all sizes but the key's.
    @unsafe
    private static func run(
        _ function: Function,
        _ key: Span<UInt8>,
        _ nonce: Span<UInt8>,
        _ additionalData: Span<UInt8>,
        _ text: Span<UInt8>,
        _ output: inout MutableSpan<UInt8>
    ) -> Bool {
        // Safe: pointers and sizes belong together; the callers checked the size of the key.
        unsafe key.withUnsafeBufferPointer { key in
            unsafe nonce.withUnsafeBufferPointer { nonce in
                unsafe additionalData.withUnsafeBufferPointer { aad in
                    unsafe text.withUnsafeBufferPointer { text in
                        unsafe output.withUnsafeMutableBufferPointer { out in
                            unsafe function(
                                key.baseAddress,
                                nonce.baseAddress,
                                nonce.count,
                                aad.baseAddress,
                                aad.count,
                                text.baseAddress,
                                text.count,
                                out.baseAddress,
                                out.count
                            ) == 0
                        }
                    }
                }
            }
        }
    }

    /// Four zeros, then the counter in little-endian order (Noise revision 34 section 12.3).
    private static func noiseNonce(_ counter: UInt64) -> [UInt8] {
        var nonce: [UInt8] = [0, 0, 0, 0]
        nonce.appendBigEndian(counter.byteSwapped)
        return nonce
    }
}
