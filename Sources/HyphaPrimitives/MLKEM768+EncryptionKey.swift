// SPDX-License-Identifier: Apache-2.0

extension MLKEM768 {
    /// The public key of K-PKE, the encryption inside ML-KEM (FIPS 203 section 5).
    struct EncryptionKey: ~Copyable {
        /// The encoded vector t, then ρ: 1184 bytes.
        let bytes: [UInt8]
        private let vector: PolynomialVector

        /// From an encoded key.
        ///
        /// - Parameters:
        ///   - bytes: From anywhere; `nil` when they are not 1184.
        ///   - isChecked: Whether the result is `nil` too when a coefficient is not less than q
        ///     (FIPS 203 section 7.2).
        init?(_ bytes: Span<UInt8>, isChecked: Bool) {
            guard bytes.count == encapsulationKeyByteCount else { return nil }
            var vector = PolynomialVector { _ in Polynomial() }
            for i in 0..<3 {
                let start = i * Polynomial.byteCount
                let part = bytes.extracting(start..<start + Polynomial.byteCount)
                // This order: in a new key nobody knows the coefficients yet, so nothing may depend
                // on them.
                let isReduced = vector[i].decode(part)
                if isChecked && !isReduced { return nil }
            }
            self.vector = vector
            self.bytes = [UInt8](capacity: bytes.count) { output in
                for i in bytes.indices { output.append(bytes[i]) }
            }
        }

        /// Encrypts (FIPS 203 algorithm 14).
        ///
        /// - Parameters:
        ///   - message: 32 secret bytes.
        ///   - randomness: 32 secret bytes.
        ///   - output: Gets the ciphertext of 1088 bytes.
        func encrypt(
            _ message: Span<UInt8>,
            randomness: Span<UInt8>,
            into output: inout MutableSpan<UInt8>
        ) {
            let rho = bytes.span.extracting(3 * Polynomial.byteCount..<encapsulationKeyByteCount)
            var y = PolynomialVector { _ in Polynomial() }
            for j in 0..<3 {
                y[j].sampleNoise(randomness, counter: UInt8(j))
                y[j].transform()
            }
            var entry = Polynomial()
            var noise = Polynomial()
            var sum = Polynomial()
            for i in 0..<3 {
                sum.clear()
                for j in 0..<3 {
                    // The matrix transposed: row and column change places.
                    entry.sampleUniform(rho, first: UInt8(i), second: UInt8(j))
                    sum.add(entry, times: y[j])
                }
                sum.reduce()
                sum.inverseTransform()
                noise.sampleNoise(randomness, counter: UInt8(3 + i))
                sum.add(noise)
                sum.makeCanonical()
                sum.encodeCompressed10(to: &output, at: i * 320)
            }
            sum.clear()
            for j in 0..<3 { sum.add(vector[j], times: y[j]) }
            sum.reduce()
            sum.inverseTransform()
            noise.sampleNoise(randomness, counter: 6)
            sum.add(noise)
            sum.addMessage(message)
            sum.makeCanonical()
            sum.encodeCompressed4(to: &output, at: 960)
        }
    }
}
