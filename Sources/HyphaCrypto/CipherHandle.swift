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

    // MARK: - Within one run of bytes

    /// Seals a part of a frame whose additional data is another part of it.
    ///
    /// - Parameters:
    ///   - bytes: The frame.
    ///   - text: Where the plaintext is, and 16 free bytes behind it.
    ///   - additionalData: Where the additional data is; does not overlap the text.
    ///   - nonce: Must not have been used with this key.
    /// - Returns: `false` when a range does not fit or the library fails.
    func seal(
        within bytes: inout MutableSpan<UInt8>,
        text: Range<Int>,
        additionalData: Range<Int>,
        nonce: Nonce
    ) -> Bool {
        guard Self.fits(text, additionalData, bytes.count) else { return false }
        // Safe: both ranges were checked to lie within the bytes.
        return unsafe bytes.withUnsafeMutableBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return false }
            return unsafe hypha_aead_seal(
                raw,
                nonce.high,
                nonce.low,
                base + additionalData.lowerBound,
                additionalData.count,
                base + text.lowerBound,
                text.count - BaseBody.tagByteCount,
                base + text.lowerBound,
                text.count
            ) == 0
        }
    }

    /// As above, with a plaintext from elsewhere, so that sealing is the copy.
    func seal(
        _ plaintext: Span<UInt8>,
        within bytes: inout MutableSpan<UInt8>,
        text: Range<Int>,
        additionalData: Range<Int>,
        nonce: Nonce
    ) -> Bool {
        guard Self.fits(text, additionalData, bytes.count) else { return false }
        // Safe: both ranges were checked to lie within the bytes; the shim compares the sizes.
        return unsafe bytes.withUnsafeMutableBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return false }
            return unsafe plaintext.withUnsafeBufferPointer { plaintext in
                unsafe hypha_aead_seal(
                    raw,
                    nonce.high,
                    nonce.low,
                    base + additionalData.lowerBound,
                    additionalData.count,
                    plaintext.baseAddress,
                    plaintext.count,
                    base + text.lowerBound,
                    text.count
                ) == 0
            }
        }
    }

    /// Opens a part of a frame whose additional data is another part of it.
    ///
    /// - Parameters:
    ///   - bytes: The frame.
    ///   - text: Where ciphertext and tag are; all but the last 16 bytes become the plaintext.
    ///   - additionalData: Where the additional data is; does not overlap the text.
    ///   - nonce: The nonce it was sealed with.
    /// - Returns: `false` when it is not genuine or a range does not fit.
    func open(
        within bytes: inout MutableSpan<UInt8>,
        text: Range<Int>,
        additionalData: Range<Int>,
        nonce: Nonce
    ) -> Bool {
        guard Self.fits(text, additionalData, bytes.count) else { return false }
        // Safe: both ranges were checked to lie within the bytes.
        return unsafe bytes.withUnsafeMutableBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return false }
            return unsafe hypha_aead_open(
                raw,
                nonce.high,
                nonce.low,
                base + additionalData.lowerBound,
                additionalData.count,
                base + text.lowerBound,
                text.count,
                base + text.lowerBound,
                text.count - BaseBody.tagByteCount
            ) == 0
        }
    }

    private static func fits(_ text: Range<Int>, _ data: Range<Int>, _ byteCount: Int) -> Bool {
        text.lowerBound >= 0 && text.upperBound <= byteCount && data.lowerBound >= 0
            && data.upperBound <= byteCount && text.count >= BaseBody.tagByteCount
            && !text.overlaps(data)
    }
}
