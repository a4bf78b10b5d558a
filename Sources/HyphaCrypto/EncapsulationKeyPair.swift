// SPDX-License-Identifier: Apache-2.0
import CHyphaCrypto
import HyphaPrimitives

/// A key pair of ML-KEM-768 as a handshake keeps it between its messages; wiped when the last
/// reference goes.
@safe
package final class EncapsulationKeyPair {
    @safe
    private enum Key {
        case own(MLKEM768.DecapsulationKey)
        case openSSL(OpaquePointer)
    }

    private let key: Key
    /// The encapsulation key to send, 1184 bytes.
    package let encapsulationKey: [UInt8]

    /// Makes the keys.
    ///
    /// The result is `nil` when the seed has another size or OpenSSL fails.
    ///
    /// - Parameters:
    ///   - seed: 64 random bytes, d and then z of FIPS 203, the caller's to wipe.
    ///   - provider: Whose code computes.
    package init?(
        seed: Span<UInt8>,
        provider: KeyEncapsulation.Provider = .current
    ) {
        guard seed.count == 2 * MLKEM768.seedByteCount else { return nil }
        switch provider {
        case .own:
            let made = MLKEM768.generateKeyPair(
                d: seed.extracting(0..<MLKEM768.seedByteCount),
                z: seed.extracting(MLKEM768.seedByteCount..<seed.count)
            )
            guard let made else { return nil }
            key = .own(made)
            encapsulationKey = made.encapsulationKey
        case .openSSL:
            var bytes = [UInt8](repeating: 0, count: MLKEM768.encapsulationKeyByteCount)
            // Safe: pointers and sizes belong together; `deinit` frees what is made.
            let made = unsafe seed.withUnsafeBufferPointer { seed in
                unsafe bytes.withUnsafeMutableBufferPointer { bytes in
                    unsafe hypha_mlkem_make_key(
                        seed.baseAddress,
                        seed.count,
                        bytes.baseAddress,
                        bytes.count
                    )
                }
            }
            guard let made = unsafe made else { return nil }
            key = unsafe .openSSL(made)
            encapsulationKey = bytes
        }
    }

    deinit {
        // Safe: made in `init`, and nobody else has the pointer.
        if case .openSSL(let key) = key { unsafe hypha_mlkem_destroy(key) }
    }

    /// The shared secret of a ciphertext; one that is not genuine gives a secret that nobody else
    /// knows.
    ///
    /// - Parameters:
    ///   - ciphertext: From the network.
    ///   - sharedSecret: Gets 32 bytes; without meaning when the result is `false`.
    /// - Returns: `false` when a size is wrong or OpenSSL fails.
    package func decapsulate(
        _ ciphertext: Span<UInt8>,
        sharedSecret: inout MutableSpan<UInt8>
    ) -> Bool {
        switch key {
        case .own(let key): return key.decapsulate(ciphertext, sharedSecret: &sharedSecret)
        case .openSSL(let key):
            // Safe: the key lives as long as `self`; the shim checks the sizes.
            let result = unsafe ciphertext.withUnsafeBufferPointer { ciphertext in
                unsafe sharedSecret.withUnsafeMutableBufferPointer { secret in
                    unsafe hypha_mlkem_decapsulate(
                        key,
                        ciphertext.baseAddress,
                        ciphertext.count,
                        secret.baseAddress,
                        secret.count
                    )
                }
            }
            return result == 0
        }
    }
}
