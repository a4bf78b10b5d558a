// SPDX-License-Identifier: Apache-2.0
import CHyphaCrypto
import HyphaBase
package import HyphaBytes
import HyphaSession

/// SHA-256, with its HMAC (RFC 2104) and HKDF (RFC 5869).
package enum SHA256: NoiseHash {
    package static let name = "SHA256"
    package static let blockByteCount = 64

    /// As ``NoiseHash`` says.
    package static func hash(_ message: Span<UInt8>, into output: inout MutableSpan<UInt8>) {
        invariant(output.count == byteCount, "a hash has 32 bytes")
        // Safe: pointers and sizes belong together, and the output was checked.
        let result = unsafe message.withUnsafeBufferPointer { message in
            unsafe output.withUnsafeMutableBufferPointer { output in
                unsafe hypha_sha256(output.baseAddress, message.baseAddress, message.count)
            }
        }
        invariant(result == 0, "libcrypto cannot hash")
    }

    /// As ``NoiseHash`` says; here the key may have any size.
    package static func authenticate(
        _ message: Span<UInt8>,
        key: Span<UInt8>,
        into output: inout MutableSpan<UInt8>
    ) {
        invariant(output.count == byteCount, "a MAC has 32 bytes")
        // Safe: pointers and sizes belong together, and the output was checked.
        let result = unsafe message.withUnsafeBufferPointer { message in
            unsafe key.withUnsafeBufferPointer { key in
                unsafe output.withUnsafeMutableBufferPointer { output in
                    unsafe hypha_hmac_sha256(
                        output.baseAddress,
                        key.baseAddress,
                        key.count,
                        message.baseAddress,
                        message.count
                    )
                }
            }
        }
        invariant(result == 0, "libcrypto cannot hash")
    }

    /// HMAC-SHA256 of a message, 32 bytes; the key may have any size.
    package static func authenticationCode(_ message: Span<UInt8>, key: Span<UInt8>) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: byteCount)
        var span = output.mutableSpan
        authenticate(message, key: key, into: &span)
        return output
    }

    /// A key from HKDF-SHA256.
    ///
    /// - Parameters:
    ///   - input: Secret that the key is made from.
    ///   - salt: Not secret; 0 bytes or more.
    ///   - label: Different for each use of the secret.
    /// - Returns: 32 bytes.
    package static func deriveKey(
        from input: borrowing SecretBytes,
        salt: [UInt8],
        label: String
    ) -> SecretBytes {
        let extracted = SecretBytes(byteCount: byteCount) { output in
            input.withBytes { authenticate($0, key: salt.span, into: &output) }
        }
        let block = Array(label.utf8) + [1]
        return SecretBytes(byteCount: byteCount) { output in
            extracted.withBytes { authenticate(block.span, key: $0, into: &output) }
        }
    }
}
