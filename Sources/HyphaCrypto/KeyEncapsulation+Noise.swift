// SPDX-License-Identifier: Apache-2.0
package import HyphaBytes
import HyphaPrimitives
package import HyphaSession

extension KeyEncapsulation: NoiseKEM {
    /// As in protocol names.
    package static var name: String { "MLKEM768" }
    /// Size of d and z of FIPS 203, bytes.
    package static var keySeedByteCount: Int { 2 * MLKEM768.seedByteCount }
    /// Size of m of FIPS 203, bytes.
    package static var encapsulationSeedByteCount: Int { MLKEM768.seedByteCount }
    /// Size of encapsulation keys, bytes.
    package static var publicKeyByteCount: Int { MLKEM768.encapsulationKeyByteCount }
    /// Size of ciphertexts, bytes.
    package static var ciphertextByteCount: Int { MLKEM768.ciphertextByteCount }

    /// A key pair.
    ///
    /// - Parameter seed: 64 random bytes: d, then z of FIPS 203.
    /// - Returns: Both halves, or `nil` when the seed has another size.
    package static func makeKeyPair(
        seed: borrowing SecretBytes
    ) -> (publicKey: [UInt8], privateKey: EncapsulationKeyPair)? {
        let pair = seed.withBytes { EncapsulationKeyPair(seed: $0) }
        return pair.map { ($0.encapsulationKey, $0) }
    }

    /// A fresh secret and its encapsulation.
    ///
    /// - Parameters:
    ///   - publicKey: The other's key, from the network.
    ///   - seed: 32 random bytes: m of FIPS 203.
    /// - Returns: `nil` when the key fails the checks of FIPS 203 section 7.2.
    package static func encapsulate(
        to publicKey: [UInt8],
        seed: borrowing SecretBytes
    ) -> (ciphertext: [UInt8], secret: SecretBox)? {
        var made: [UInt8]?
        let secret = SecretBytes(byteCount: MLKEM768.sharedSecretByteCount) { output in
            made = seed.withBytes { encapsulate(to: publicKey.span, m: $0, sharedSecret: &output) }
        }
        let box = SecretBox(secret)
        return made.map { ($0, box) }
    }

    /// The secret in an encapsulation; one that was not made for this key gives another secret.
    ///
    /// - Parameters:
    ///   - ciphertext: From the network.
    ///   - privateKey: The key that it should be for.
    /// - Returns: `nil` when the ciphertext has another size.
    package static func decapsulate(
        _ ciphertext: [UInt8],
        with privateKey: EncapsulationKeyPair
    ) -> SecretBox? {
        var isDone = false
        let secret = SecretBytes(byteCount: MLKEM768.sharedSecretByteCount) { output in
            isDone = privateKey.decapsulate(ciphertext.span, sharedSecret: &output)
        }
        let box = SecretBox(secret)
        return isDone ? box : nil
    }
}
