// SPDX-License-Identifier: Apache-2.0

/// ML-KEM-768, the key encapsulation of FIPS 203 (final, August 2024).
///
/// Portable code. No branch and no address depends on a secret (`make constant-time` shows it), and
/// secret intermediate values lie in memory that is wiped before a call returns. Randomness is an
/// argument: these are the internal functions of FIPS 203 section 6 together with the input checks
/// of section 7.
package enum MLKEM768 {
    /// Size of an encapsulation key, the public one, bytes.
    package static let encapsulationKeyByteCount = 1184
    /// Size of a decapsulation key, the secret one, in its standard form, bytes.
    package static let decapsulationKeyByteCount = 2400
    /// Size of a ciphertext, bytes.
    package static let ciphertextByteCount = 1088
    /// Size of a shared secret, bytes.
    package static let sharedSecretByteCount = 32
    /// Size of each random input (d, z and m), bytes.
    package static let seedByteCount = 32

    /// A new key pair (FIPS 203 algorithm 16).
    ///
    /// - Parameters:
    ///   - d: 32 random bytes, secret, the caller's to wipe.
    ///   - z: 32 other random bytes, secret, the caller's to wipe.
    /// - Returns: The key pair, or `nil` when `d` or `z` has another size.
    package static func generateKeyPair(
        d: Span<UInt8>,
        z: Span<UInt8>
    ) -> DecapsulationKey? {
        guard d.count == seedByteCount else { return nil }
        defer { Wiping.wipeStack() }
        var seeds = SecretMemory(byteCount: 64)
        seeds.withMutableBytes { expandSeed(d, into: &$0) }
        return seeds.withBytes { generateKeyPair(expanded: $0, z: z) }
    }

    /// The first step of ``generateKeyPair(d:z:)``: ρ, which is public, then σ, which is secret.
    ///
    /// On its own for the check of constant time, which has to say that ρ is public.
    ///
    /// - Parameters:
    ///   - d: 32 bytes.
    ///   - output: Gets 64 bytes.
    package static func expandSeed(_ d: Span<UInt8>, into output: inout MutableSpan<UInt8>) {
        var sponge = Keccak(.sha3Of512Bits)
        sponge.absorb(d)
        // The number of polynomials in a vector tells the parameter sets apart.
        sponge.absorb([3].span)
        sponge.squeeze(into: &output)
    }

    /// The second step of ``generateKeyPair(d:z:)``.
    ///
    /// - Parameters:
    ///   - seeds: The 64 bytes of the first step.
    ///   - z: 32 random bytes.
    /// - Returns: The key pair, or `nil` when an argument has another size.
    package static func generateKeyPair(
        expanded seeds: Span<UInt8>,
        z: Span<UInt8>
    ) -> DecapsulationKey? {
        guard seeds.count == 64, z.count == seedByteCount else { return nil }
        return DecapsulationKey(
            rho: seeds.extracting(0..<32),
            sigma: seeds.extracting(32..<64),
            z: z
        )
    }

    /// A shared secret and the ciphertext that tells it to the owner of a key (FIPS 203 algorithm
    /// 17).
    ///
    /// - Parameters:
    ///   - key: The receiver's encapsulation key, from the network.
    ///   - m: 32 random bytes, secret, the caller's to wipe.
    ///   - sharedSecret: Gets 32 bytes; unchanged when the result is `nil`.
    /// - Returns: The ciphertext, or `nil` when the key fails a check of FIPS 203 section 7.2 (its
    ///   size, or a coefficient is not less than q), or `m` or `sharedSecret` has another size.
    package static func encapsulate(
        to key: Span<UInt8>,
        m: Span<UInt8>,
        sharedSecret: inout MutableSpan<UInt8>
    ) -> [UInt8]? {
        guard m.count == seedByteCount, sharedSecret.count == sharedSecretByteCount,
            let key = EncryptionKey(key, isChecked: true)
        else { return nil }
        defer { Wiping.wipeStack() }
        let hash = Keccak.sha3Of256Bits(key.bytes.span)
        var seeds = SecretMemory(byteCount: 64)
        seeds.withMutableBytes { deriveSeeds(m, hash: hash, into: &$0) }
        var ciphertext = [UInt8](repeating: 0, count: ciphertextByteCount)
        var output = ciphertext.mutableSpan
        seeds.withBytes { key.encrypt(m, randomness: $0.extracting(32..<64), into: &output) }
        for i in 0..<sharedSecretByteCount { sharedSecret[i] = seeds[i] }
        return ciphertext
    }

    /// The same with the shared secret as an array, the caller's to wipe.
    ///
    /// - Parameters:
    ///   - key: The receiver's encapsulation key.
    ///   - m: 32 random bytes.
    /// - Returns: Ciphertext and shared secret, or `nil` when the key or the size of `m` is wrong.
    package static func encapsulate(
        to key: Span<UInt8>,
        m: Span<UInt8>
    ) -> (ciphertext: [UInt8], sharedSecret: [UInt8])? {
        var sharedSecret = [UInt8](repeating: 0, count: sharedSecretByteCount)
        var output = sharedSecret.mutableSpan
        guard let ciphertext = encapsulate(to: key, m: m, sharedSecret: &output) else { return nil }
        return (ciphertext, sharedSecret)
    }

    /// Decapsulates with a key in its standard form.
    ///
    /// - Parameters:
    ///   - ciphertext: From the network.
    ///   - key: 2400 bytes.
    /// - Returns: The shared secret, the caller's to wipe; `nil` when `key` fails the checks of
    ///   ``DecapsulationKey/init(_:)`` or the ciphertext does not have 1088 bytes.
    package static func decapsulate(_ ciphertext: Span<UInt8>, with key: Span<UInt8>) -> [UInt8]? {
        DecapsulationKey(key)?.decapsulate(ciphertext)
    }

    /// The hash G of a message and a key's hash: shared secret, then randomness.
    static func deriveSeeds(
        _ m: Span<UInt8>,
        hash: [UInt8],
        into output: inout MutableSpan<UInt8>
    ) {
        var sponge = Keccak(.sha3Of512Bits)
        sponge.absorb(m)
        sponge.absorb(hash.span)
        sponge.squeeze(into: &output)
    }
}
