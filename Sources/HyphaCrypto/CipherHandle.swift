// SPDX-License-Identifier: Apache-2.0
import CHyphaCrypto
import HyphaSession

/// An expanded key of the shim, without ownership: ``PacketCipher`` and ``PeerKeyCache`` own.
///
/// Spans outside, pointers inside: this is the only file that hands packets to C.
@safe
struct CipherHandle: PacketAEAD {
    private let raw: OpaquePointer

    /// - Parameter raw: An expanded key that lives until ``destroy()``.
    // Safe: whoever calls it gives the key away.
    @unsafe
    init(owning raw: OpaquePointer) {
        // Safe: the caller hands over an expanded key that nobody else frees.
        unsafe self.raw = raw
    }

    /// Wipes and frees the key; the handle must not be used again.
    func destroy() {
        // Safe: the owner calls this once, last of all.
        unsafe hypha_aead_destroy(raw)
    }

    func seal(
        _ plaintext: Span<UInt8>,
        nonce: Nonce,
        additionalData: Span<UInt8>,
        into output: inout MutableSpan<UInt8>
    ) -> Bool {
        // Safe: pointers and sizes belong together, and the shim checks the sizes.
        unsafe plaintext.withUnsafeBufferPointer { text in
            unsafe additionalData.withUnsafeBufferPointer { aad in
                unsafe output.withUnsafeMutableBufferPointer { out in
                    unsafe hypha_aead_seal(
                        raw,
                        nonce.high,
                        nonce.low,
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

    func seal(
        inPlace text: inout MutableSpan<UInt8>,
        nonce: Nonce,
        additionalData: Span<UInt8>
    ) -> Bool {
        guard text.count >= BaseBody.tagByteCount else { return false }
        // Safe: pointers and sizes belong together, and the shim checks the sizes.
        return unsafe additionalData.withUnsafeBufferPointer { aad in
            unsafe text.withUnsafeMutableBufferPointer { text in
                unsafe hypha_aead_seal(
                    raw,
                    nonce.high,
                    nonce.low,
                    aad.baseAddress,
                    aad.count,
                    text.baseAddress,
                    text.count - BaseBody.tagByteCount,
                    text.baseAddress,
                    text.count
                ) == 0
            }
        }
    }

    func open(
        _ text: Span<UInt8>,
        nonce: Nonce,
        additionalData: Span<UInt8>,
        into output: inout MutableSpan<UInt8>
    ) -> Bool {
        // Safe: pointers and sizes belong together, and the shim checks the sizes.
        unsafe text.withUnsafeBufferPointer { text in
            unsafe additionalData.withUnsafeBufferPointer { aad in
                unsafe output.withUnsafeMutableBufferPointer { out in
                    unsafe hypha_aead_open(
                        raw,
                        nonce.high,
                        nonce.low,
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

    func open(
        inPlace text: inout MutableSpan<UInt8>,
        nonce: Nonce,
        additionalData: Span<UInt8>
    ) -> Bool {
        guard text.count >= BaseBody.tagByteCount else { return false }
        // Safe: pointers and sizes belong together, and the shim checks the sizes.
        return unsafe additionalData.withUnsafeBufferPointer { aad in
            unsafe text.withUnsafeMutableBufferPointer { text in
                unsafe hypha_aead_open(
                    raw,
                    nonce.high,
                    nonce.low,
                    aad.baseAddress,
                    aad.count,
                    text.baseAddress,
                    text.count,
                    text.baseAddress,
                    text.count - BaseBody.tagByteCount
                ) == 0
            }
        }
    }
}
