// SPDX-License-Identifier: Apache-2.0
import CHyphaCrypto
package import HyphaBase
package import HyphaBytes

/// X25519 (RFC 7748); secrets are clamped at each use, not when stored.
package enum X25519 {
    /// Size of secrets, public keys and results, bytes.
    package static let byteCount = 32

    /// The public key of a secret.
    ///
    /// - Parameter secret: Exactly 32 bytes; another size is a mistake of ours and stops the
    ///   process.
    /// - Returns: The public key.
    package static func publicKey(of secret: borrowing SecretBytes) -> PublicKey {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        let result = secret.withBytes { secret in
            invariant(secret.count == byteCount, "an X25519 secret has 32 bytes")
            // Safe: all arrays have 32 bytes.
            return unsafe secret.withUnsafeBufferPointer { secret in
                unsafe bytes.withUnsafeMutableBufferPointer { out in
                    unsafe hypha_x25519_public_key(out.baseAddress, secret.baseAddress)
                }
            }
        }
        invariant(result == 0, "libsodium cannot start")
        let key = PublicKey(bytes)
        invariant(key != nil, "32 bytes are a key")
        return key ?? PublicKey(words: (0, 0, 0, 0))
    }

    /// The shared secret of our secret and another's public key; about 50 µs.
    ///
    /// - Parameters:
    ///   - secret: Exactly 32 bytes; another size is a mistake of ours and stops the process.
    ///   - publicKey: Any 32 bytes.
    /// - Returns: 32 bytes, or `nil` when the result is all zero, which anybody can compute: the
    ///   public key has small order.
    package static func sharedSecret(
        _ secret: borrowing SecretBytes,
        with publicKey: PublicKey
    ) -> SecretBytes? {
        let publicBytes = publicKey.bytes
        var result: CInt = 0
        let shared = SecretBytes(byteCount: byteCount) { out in
            result = secret.withBytes { secret in
                invariant(secret.count == byteCount, "an X25519 secret has 32 bytes")
                // Safe: all arrays have 32 bytes.
                return unsafe secret.withUnsafeBufferPointer { secret in
                    unsafe publicBytes.withUnsafeBufferPointer { other in
                        unsafe out.withUnsafeMutableBufferPointer { out in
                            unsafe hypha_x25519(
                                out.baseAddress,
                                secret.baseAddress,
                                other.baseAddress
                            )
                        }
                    }
                }
            }
        }
        guard result == 0 else { return nil }
        return shared
    }
}
