// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaBytes

/// The algorithms of one Noise protocol (Noise revision 34 section 4).
package protocol NoiseSuite {
    /// The key agreement, with a private key as its value.
    associatedtype Key: NoiseKeyAgreement
    /// The cipher.
    associatedtype Cipher: NoiseCipher
    /// The hash.
    associatedtype Hash: NoiseHash
    /// The key encapsulation of patterns with the modifier `hfs`.
    associatedtype KEM: NoiseKEM
}

/// A private key of a Diffie-Hellman function (section 4.1) with 32-byte keys and results.
package protocol NoiseKeyAgreement: Sendable {
    /// As in protocol names.
    static var name: String { get }
    /// The public half.
    var publicKey: PublicKey { get }

    /// - Parameter secret: 32 random bytes.
    init(secret: consuming SecretBytes)

    /// The result with another's public key, 32 bytes, or `nil` when it is all zero.
    func sharedSecret(with other: PublicKey) -> SecretBytes?
}

/// An AEAD with 32-byte keys, 64-bit nonces and 16-byte tags (section 4.2).
package protocol NoiseCipher {
    /// As in protocol names.
    static var name: String { get }

    /// Seals one text.
    ///
    /// - Parameters:
    ///   - plaintext: 0 bytes or more.
    ///   - key: 32 bytes.
    ///   - counter: The nonce; never used twice with one key.
    ///   - additionalData: Authenticated, not part of the result.
    /// - Returns: Ciphertext and tag.
    static func seal(
        _ plaintext: Span<UInt8>,
        key: borrowing SecretBytes,
        counter: UInt64,
        additionalData: Span<UInt8>
    ) -> [UInt8]

    /// Opens one text.
    ///
    /// - Parameters:
    ///   - text: Ciphertext and tag.
    ///   - key: 32 bytes.
    ///   - counter: The nonce it was sealed with.
    ///   - additionalData: The additional data it was sealed with.
    /// - Returns: The plaintext, or `nil` when the text is not genuine.
    static func open(
        _ text: Span<UInt8>,
        key: borrowing SecretBytes,
        counter: UInt64,
        additionalData: Span<UInt8>
    ) -> [UInt8]?
}

/// A key encapsulation mechanism whose randomness comes from the caller.
package protocol NoiseKEM {
    /// What opens encapsulations; only references to memory that is wiped.
    associatedtype PrivateKey
    /// As in protocol names.
    static var name: String { get }
    /// Size of the randomness of a key pair, bytes.
    static var keySeedByteCount: Int { get }
    /// Size of the randomness of an encapsulation, bytes.
    static var encapsulationSeedByteCount: Int { get }
    /// Size of public keys, bytes.
    static var publicKeyByteCount: Int { get }
    /// Size of encapsulations, bytes.
    static var ciphertextByteCount: Int { get }

    /// A key pair.
    ///
    /// - Parameter seed: ``keySeedByteCount`` random bytes.
    /// - Returns: Both halves, or `nil` when the seed has another size.
    static func makeKeyPair(
        seed: borrowing SecretBytes
    ) -> (publicKey: [UInt8], privateKey: PrivateKey)?

    /// A fresh secret and its encapsulation.
    ///
    /// - Parameters:
    ///   - publicKey: The other's key.
    ///   - seed: ``encapsulationSeedByteCount`` random bytes.
    /// - Returns: `nil` when the key fails the checks of the mechanism.
    static func encapsulate(
        to publicKey: [UInt8],
        seed: borrowing SecretBytes
    ) -> (ciphertext: [UInt8], secret: SecretBox)?

    /// The secret in an encapsulation; one that was not made for this key gives another secret,
    /// or `nil`.
    static func decapsulate(_ ciphertext: [UInt8], with privateKey: PrivateKey) -> SecretBox?
}
