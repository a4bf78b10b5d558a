// SPDX-License-Identifier: Apache-2.0
import HyphaPrimitives
import Testing

/// Known answers of ACVP, Wycheproof and CCTV, and what they do not reach.
@Suite struct MLKEM768Tests {
    private func bytes(_ text: String) throws -> [UInt8] { try bytesOfHexadecimal(text) }

    // On arrays, because `#expect` and `#require` cannot look into calls with spans.

    private func makeKey(d: [UInt8], z: [UInt8]) -> MLKEM768.DecapsulationKey? {
        MLKEM768.generateKeyPair(d: d.span, z: z.span)
    }

    private func encapsulate(
        to key: [UInt8],
        m: [UInt8]
    ) -> (ciphertext: [UInt8], sharedSecret: [UInt8])? {
        MLKEM768.encapsulate(to: key.span, m: m.span)
    }

    private func decapsulate(
        _ ciphertext: [UInt8],
        _ key: MLKEM768.DecapsulationKey
    ) -> [UInt8]? {
        key.decapsulate(ciphertext.span)
    }

    @Test func seedsGiveThePublishedKeys() throws {
        let vectors = try MLKEM768Vectors.load()
        #expect(vectors.keygen.count == 25)
        for vector in vectors.keygen {
            let key = try #require(
                makeKey(d: bytes(vector.d), z: bytes(vector.z))
            )
            #expect(hexadecimal(key.encapsulationKey) == vector.ek)
            #expect(hexadecimal(key.encoded()) == vector.dk)
        }
    }

    @Test func encapsulationGivesThePublishedCiphertextsAndSecrets() throws {
        let vectors = try MLKEM768Vectors.load()
        #expect(vectors.encaps.count == 35)
        for vector in vectors.encaps {
            let result = try #require(
                encapsulate(to: bytes(vector.ek), m: bytes(vector.m))
            )
            #expect(hexadecimal(result.ciphertext) == vector.c)
            #expect(hexadecimal(result.sharedSecret) == vector.K)
        }
    }

    @Test func decapsulationGivesThePublishedSecretsAndRejectsImplicitly() throws {
        let vectors = try MLKEM768Vectors.load()
        #expect(vectors.decaps.count == 26)
        for vector in vectors.decaps {
            let key = try bytes(vector.dk)
            let ciphertext = try bytes(vector.c)
            let secret = MLKEM768.decapsulate(ciphertext.span, with: key.span)
            if vector.result == "invalid" {
                #expect(secret == nil)
                continue
            }
            #expect(secret.map(hexadecimal) == vector.K)
            guard let d = vector.d, let z = vector.z else { continue }
            let generated = try #require(
                makeKey(d: bytes(d), z: bytes(z))
            )
            #expect(generated.encoded() == key)
            #expect(decapsulate(ciphertext, generated) == secret)
        }
    }

    @Test func keysKeptFromTheirSeedDecapsulate() throws {
        let vectors = try MLKEM768Vectors.load()
        #expect(vectors.decaps_seed.count == 21)
        var refused = 0
        for vector in vectors.decaps_seed {
            let seed = try bytes(vector.seed)
            let z = min(32, seed.count)
            let key = makeKey(d: Array(seed[..<z]), z: Array(seed[z...]))
            let ciphertext = try bytes(vector.c)
            let secret = key.flatMap { decapsulate(ciphertext, $0) }
            if vector.result == "invalid" {
                #expect(secret == nil)
                refused += 1
            } else {
                #expect(secret.map(hexadecimal) == vector.K)
            }
        }
        #expect(refused == 6)
    }

    @Test func encapsulationKeysThatFailTheChecksAreRefused() throws {
        let vectors = try MLKEM768Vectors.load()
        #expect(vectors.ek_check.count == 32)
        let m = [UInt8](repeating: 7, count: 32)
        for vector in vectors.ek_check {
            let result = encapsulate(to: try bytes(vector.ek), m: m)
            #expect((result != nil) == vector.valid)
        }
    }

    @Test func everyCoefficientNotBelowTheModulusIsRefused() throws {
        let vectors = try MLKEM768Vectors.load()
        let base = try bytes(vectors.ek_modulus.base_ek)
        let patches = vectors.ek_modulus_patches.joined()
        #expect(patches.count == 780)
        let m = [UInt8](repeating: 7, count: 32)
        #expect(encapsulate(to: base, m: m) != nil)
        for patch in patches {
            var key = base
            for (i, byte) in patch.bytes.enumerated() { key[patch.offset + i] = byte }
            #expect(encapsulate(to: key, m: m) == nil)
        }
    }

    @Test func decapsulationKeysThatFailTheChecksAreRefused() throws {
        let vectors = try MLKEM768Vectors.load()
        #expect(vectors.dk_check.count == 14)
        for vector in vectors.dk_check {
            let bytes = try bytes(vector.dk)
            let key = MLKEM768.DecapsulationKey(bytes.span)
            #expect((key != nil) == vector.valid)
        }
    }

    @Test func matrixThatNeedsUnusuallyMuchOutputIsSampled() throws {
        let vectors = try MLKEM768Vectors.load()
        #expect(vectors.unlucky.count == 1)
        for vector in vectors.unlucky {
            let result = try #require(
                encapsulate(to: bytes(vector.ek), m: bytes(vector.m))
            )
            #expect(hexadecimal(result.ciphertext) == vector.c)
            #expect(hexadecimal(result.sharedSecret) == vector.K)
            let ciphertext = result.ciphertext
            let key = try bytes(vector.dk)
            let secret = MLKEM768.decapsulate(ciphertext.span, with: key.span)
            #expect(secret == result.sharedSecret)
        }
    }

    @Test func accumulatedHashOfManyRunsIsThePublishedOne() throws {
        let vectors = try MLKEM768Vectors.load()
        // Ten thousand runs take a minute or two without optimisation.
        #if DEBUG
        let (count, expected) = (100, vectors.accumulated.n_100)
        #else
        let (count, expected) = (10_000, vectors.accumulated.n_10000)
        #endif
        #expect(accumulated(count).map(hexadecimal) == expected)
    }

    /// The method that the vectors' file describes; `nil` when a step is refused or goes wrong.
    private func accumulated(_ count: Int) -> [UInt8]? {
        var random = Keccak(.shake128)
        var results = Keccak(.shake128)
        for _ in 0..<count {
            let d = random.squeeze(byteCount: 32)
            let z = random.squeeze(byteCount: 32)
            let m = random.squeeze(byteCount: 32)
            let other = random.squeeze(byteCount: 1088)
            guard let key = makeKey(d: d, z: z),
                let sent = encapsulate(to: key.encapsulationKey, m: m),
                decapsulate(sent.ciphertext, key) == sent.sharedSecret,
                let rejected = decapsulate(other, key)
            else { return nil }
            results.absorb(key.encapsulationKey.span)
            results.absorb(sent.ciphertext.span)
            results.absorb(sent.sharedSecret.span)
            results.absorb(rejected.span)
        }
        return results.squeeze(byteCount: 32)
    }

    @Test func changedCiphertextsAreRejectedWithAnotherSecret() throws {
        let seed = [UInt8](repeating: 3, count: 32)
        let key = try #require(makeKey(d: seed, z: seed))
        let (ciphertext, secret) = try #require(
            encapsulate(to: key.encapsulationKey, m: seed)
        )
        for i in stride(from: 0, to: 1088, by: 17) {
            var changed = ciphertext
            changed[i] ^= 1 << UInt8(i % 8)
            let other = decapsulate(changed, key)
            #expect(other != nil)
            #expect(other != secret)
        }
    }

    @Test(arguments: [0, 31, 33]) func argumentsOfAnotherSizeAreRefused(byteCount: Int) throws {
        let good = [UInt8](repeating: 1, count: 32)
        let bad = [UInt8](repeating: 1, count: byteCount)
        #expect(makeKey(d: bad, z: good) == nil)
        #expect(makeKey(d: good, z: bad) == nil)
        let key = try #require(makeKey(d: good, z: good))
        #expect(encapsulate(to: key.encapsulationKey, m: bad) == nil)
        let (ciphertext, _) = try #require(
            encapsulate(to: key.encapsulationKey, m: good)
        )
        var output = bad
        var span = output.mutableSpan
        let isDecapsulated = key.decapsulate(ciphertext.span, sharedSecret: &span)
        #expect(!isDecapsulated)
        let encapsulationKey = key.encapsulationKey
        let refused = MLKEM768.encapsulate(
            to: encapsulationKey.span,
            m: good.span,
            sharedSecret: &span
        )
        #expect(refused == nil)
        #expect(output == bad)
    }

    @Test func wipedBytesAreZero() {
        var bytes: [UInt8] = [1, 2, 3]
        Wiping.wipe(&bytes)
        #expect(bytes == [0, 0, 0])
    }
}
