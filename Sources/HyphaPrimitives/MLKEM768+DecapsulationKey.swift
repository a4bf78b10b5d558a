// SPDX-License-Identifier: Apache-2.0

extension MLKEM768 {
    /// A key pair as a handshake keeps it between its messages: expanded, in one place, wiped when
    /// the last reference goes.
    package final class DecapsulationKey {
        private let publicKey: EncryptionKey
        /// SHA3-256 of the encapsulation key.
        private let hash: [UInt8]
        /// The secret vector s, transformed.
        private let secret: PolynomialVector
        /// What a ciphertext that is not genuine is hashed with.
        private let rejection: SecretMemory

        /// The encapsulation key to send, 1184 bytes.
        package var encapsulationKey: [UInt8] { publicKey.bytes }

        /// Makes the keys (FIPS 203 algorithms 13 and 16); each argument has 32 bytes.
        init?(rho: Span<UInt8>, sigma: Span<UInt8>, z: Span<UInt8>) {
            var secret = PolynomialVector { _ in Polynomial() }
            for j in 0..<3 {
                secret[j].sampleNoise(sigma, counter: UInt8(j))
                secret[j].transform()
            }
            var bytes = [UInt8](repeating: 0, count: encapsulationKeyByteCount)
            var output = bytes.mutableSpan
            var entry = Polynomial()
            var noise = Polynomial()
            var sum = Polynomial()
            for i in 0..<3 {
                sum.clear()
                for j in 0..<3 {
                    entry.sampleUniform(rho, first: UInt8(j), second: UInt8(i))
                    sum.add(entry, times: secret[j])
                }
                sum.reduce()
                sum.multiplyByR()
                noise.sampleNoise(sigma, counter: UInt8(3 + i))
                noise.transform()
                sum.add(noise)
                sum.makeCanonical()
                sum.encode(to: &output, at: i * Polynomial.byteCount)
            }
            for i in 0..<32 { output[3 * Polynomial.byteCount + i] = rho[i] }
            guard let publicKey = EncryptionKey(bytes.span, isChecked: false) else { return nil }
            hash = Keccak.sha3Of256Bits(bytes.span)
            self.publicKey = publicKey
            self.secret = secret
            rejection = Self.copy(z)
        }

        /// Reads the standard form: s, encapsulation key, its hash, z.
        ///
        /// The result is `nil` when the size is another, or the hash is not that of the
        /// encapsulation key (FIPS 203 section 7.3).
        ///
        /// - Parameter bytes: 2400 bytes, the caller's to wipe.
        package init?(_ bytes: Span<UInt8>) {
            guard bytes.count == decapsulationKeyByteCount else { return nil }
            let keyOffset = 3 * Polynomial.byteCount
            let hashOffset = keyOffset + encapsulationKeyByteCount
            let key = bytes.extracting(keyOffset..<hashOffset)
            // Both are public, so the time of this comparison may depend on them.
            hash = Keccak.sha3Of256Bits(key)
            for i in 0..<32 where hash[i] != bytes[hashOffset + i] { return nil }
            guard let publicKey = EncryptionKey(key, isChecked: false) else { return nil }
            self.publicKey = publicKey
            var secret = PolynomialVector { _ in Polynomial() }
            for i in 0..<3 {
                let start = i * Polynomial.byteCount
                secret[i].decode(bytes.extracting(start..<start + Polynomial.byteCount))
                secret[i].reduce()
            }
            self.secret = secret
            rejection = Self.copy(bytes.extracting(hashOffset + 32..<hashOffset + 64))
        }

        /// The standard form, the caller's to wipe.
        ///
        /// - Returns: 2400 bytes.
        package func encoded() -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: decapsulationKeyByteCount)
            var output = bytes.mutableSpan
            var part = Polynomial()
            for i in 0..<3 {
                part.clear()
                part.add(secret[i])
                part.makeCanonical()
                part.encode(to: &output, at: i * Polynomial.byteCount)
            }
            var offset = 3 * Polynomial.byteCount
            for byte in publicKey.bytes {
                output[offset] = byte
                offset += 1
            }
            for i in 0..<32 {
                output[offset + i] = hash[i]
                output[offset + 32 + i] = rejection[i]
            }
            return bytes
        }

        /// The shared secret of a ciphertext; one that is not genuine gives a secret that nobody
        /// else knows (FIPS 203 algorithms 18 and 21).
        ///
        /// - Parameters:
        ///   - ciphertext: From the network.
        ///   - sharedSecret: Gets 32 bytes; unchanged when the result is `false`.
        /// - Returns: `false` only when an argument has another size.
        package func decapsulate(
            _ ciphertext: Span<UInt8>,
            sharedSecret: inout MutableSpan<UInt8>
        ) -> Bool {
            guard ciphertext.count == ciphertextByteCount,
                sharedSecret.count == sharedSecretByteCount
            else { return false }
            defer { Wiping.wipeStack() }
            var message = SecretMemory(byteCount: 32)
            message.withMutableBytes { decrypt(ciphertext, into: &$0) }
            var seeds = SecretMemory(byteCount: 64)
            seeds.withMutableBytes { seeds in
                message.withBytes { deriveSeeds($0, hash: hash, into: &seeds) }
            }
            var expected = SecretMemory(byteCount: ciphertextByteCount)
            expected.withMutableBytes { expected in
                message.withBytes { message in
                    seeds.withBytes { seeds in
                        publicKey.encrypt(
                            message,
                            randomness: seeds.extracting(32..<64),
                            into: &expected
                        )
                    }
                }
            }
            var rejected = SecretMemory(byteCount: 32)
            rejected.withMutableBytes { makeRejection(ciphertext, into: &$0) }
            var difference: UInt8 = 0
            for i in 0..<ciphertextByteCount { difference |= expected[i] ^ ciphertext[i] }
            // All ones when anything differs. The compiler must not see that it is one of two
            // values, or it may make a branch of the selection.
            let mask = Wiping.opaque(UInt8(truncatingIfNeeded: (0 &- UInt32(difference)) &>> 8))
            for i in 0..<sharedSecretByteCount {
                sharedSecret[i] = seeds[i] ^ (mask & (seeds[i] ^ rejected[i]))
            }
            return true
        }

        /// The same with the shared secret as an array, the caller's to wipe.
        ///
        /// - Parameter ciphertext: From the network.
        /// - Returns: 32 bytes, or `nil` when the ciphertext does not have 1088 bytes.
        package func decapsulate(_ ciphertext: Span<UInt8>) -> [UInt8]? {
            var sharedSecret = [UInt8](repeating: 0, count: sharedSecretByteCount)
            var output = sharedSecret.mutableSpan
            return decapsulate(ciphertext, sharedSecret: &output) ? sharedSecret : nil
        }

        /// Decrypts 32 bytes, which may be anything when the ciphertext is not genuine (FIPS 203
        /// algorithm 15).
        private func decrypt(_ ciphertext: Span<UInt8>, into output: inout MutableSpan<UInt8>) {
            var sum = Polynomial()
            var part = Polynomial()
            for i in 0..<3 {
                part.decodeCompressed10(ciphertext.extracting(i * 320..<i * 320 + 320))
                part.transform()
                sum.add(secret[i], times: part)
            }
            sum.reduce()
            sum.inverseTransform()
            part.decodeCompressed4(ciphertext.extracting(960..<ciphertextByteCount))
            sum.subtract(from: part)
            sum.makeCanonical()
            sum.encodeMessage(to: &output)
        }

        /// The hash J of z and the ciphertext.
        private func makeRejection(
            _ ciphertext: Span<UInt8>,
            into output: inout MutableSpan<UInt8>
        ) {
            var sponge = Keccak(.shake256)
            rejection.withBytes { sponge.absorb($0) }
            sponge.absorb(ciphertext)
            sponge.squeeze(into: &output)
        }

        private static func copy(_ bytes: Span<UInt8>) -> SecretMemory {
            var copy = SecretMemory(byteCount: bytes.count)
            for i in bytes.indices { copy[i] = bytes[i] }
            return copy
        }
    }
}
