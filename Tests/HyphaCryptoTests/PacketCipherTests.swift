// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaSession
import Testing

private struct Wycheproof: Decodable {
    struct Test: Decodable {
        let tcId: Int
        let key: String
        let iv: String
        let aad: String
        let msg: String
        let ct: String
        let tag: String
        let result: String
    }

    let tests: [Test]
}

@Suite struct PacketCipherTests {
    private let someNonce = Nonce(high: 0x0102_0304_0506_0708, low: 0x090a_0b0c)

    private func makeCipher(_ backend: CryptoBackend, fill: UInt8 = 7) throws -> TestCipher {
        try TestCipher(key: [UInt8](repeating: fill, count: 32), backend: backend)
    }

    @Test(arguments: usableBackends) func publishedVectorsHold(backend: CryptoBackend) throws {
        let tests = try Vectors.load("published/aes256gcm.json", as: Wycheproof.self).tests
        #expect(tests.count == 66)
        var validCount = 0
        for test in tests {
            let cipher = try TestCipher(key: bytes(test.key), backend: backend)
            let iv = try nonce(bytes(test.iv))
            let aad = try bytes(test.aad)
            let text = try bytes(test.msg)
            let sealed = try bytes(test.ct + test.tag)
            let apart = cipher.opened(sealed, iv, aad)
            let inPlace = cipher.openedInPlace(sealed, iv, aad)
            if test.result == "valid" {
                validCount += 1
                #expect(cipher.sealed(text, iv, aad) == sealed)
                #expect(cipher.sealedInPlace(text, iv, aad) == sealed)
                #expect(apart == (text, true))
                #expect(inPlace == (text, true))
            } else {
                let zeros = [UInt8](repeating: 0, count: text.count)
                #expect(apart == (zeros, false))
                #expect(inPlace == (zeros, false))
            }
        }
        #expect(validCount == 39)
    }

    @Test(arguments: usableBackends) func everyTamperedByteIsRefused(backend: CryptoBackend) throws
    {
        let cipher = try makeCipher(backend)
        let text: [UInt8] = (0..<100).map { $0 }
        let aad: [UInt8] = (0..<20).map { $0 ^ 0x80 }
        let sealed = try #require(cipher.sealed(text, someNonce, aad))
        let zeros = [UInt8](repeating: 0, count: 100)
        for i in sealed.indices {
            var changed = sealed
            changed[i] ^= 1 << UInt8(i % 8)
            #expect(cipher.opened(changed, someNonce, aad) == (zeros, false))
            #expect(cipher.openedInPlace(changed, someNonce, aad) == (zeros, false))
        }
        for i in aad.indices {
            var changed = aad
            changed[i] ^= 0x10
            #expect(cipher.opened(sealed, someNonce, changed) == (zeros, false))
        }
        let otherNonces = [
            Nonce(high: someNonce.high ^ 1, low: someNonce.low),
            Nonce(high: someNonce.high, low: someNonce.low ^ 0x8000_0000),
        ]
        for other in otherNonces { #expect(cipher.opened(sealed, other, aad) == (zeros, false)) }
        #expect(cipher.opened(Array(sealed.dropLast()), someNonce, aad).1 == false)
        #expect(cipher.opened(sealed, someNonce, aad) == (text, true))
    }

    @Test(arguments: usableBackends) func anotherKeyIsRefused(backend: CryptoBackend) throws {
        let cipher = try makeCipher(backend)
        let other = try makeCipher(backend, fill: 8)
        let sealed = try #require(cipher.sealed([1, 2, 3], someNonce))
        #expect(other.opened(sealed, someNonce) == ([0, 0, 0], false))
    }

    /// All sizes up to a few blocks, then around the strides of the wide implementations.
    @Test(arguments: usableBackends) func allSizesSurviveARoundTrip(backend: CryptoBackend) throws {
        let cipher = try makeCipher(backend)
        let sizes = Array(0...80) + [255, 256, 257, 511, 767, 768, 769, 1400, 4097, 65_000, 65_507]
        for size in sizes {
            let text = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let sealed = try #require(cipher.sealed(text, someNonce))
            #expect(sealed.count == size + 16)
            #expect(cipher.sealedInPlace(text, someNonce) == sealed)
            #expect(cipher.opened(sealed, someNonce) == (text, true))
            #expect(cipher.openedInPlace(sealed, someNonce) == (text, true))
        }
    }

    @Test(.enabled(if: usableBackends.count == 2)) func bothBackendsGiveTheSameBytes() throws {
        let first = try makeCipher(.ipsecMB)
        let second = try makeCipher(.openSSL)
        for size in stride(from: 0, to: 3000, by: 37) {
            let text = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 17) }
            let aad = (0..<(size % 50)).map { UInt8($0) }
            let iv = Nonce(high: UInt64(size), low: 5)
            #expect(first.sealed(text, iv, aad) == second.sealed(text, iv, aad))
        }
    }

    @Test(arguments: usableBackends) func wrongSizesAreRefused(backend: CryptoBackend) throws {
        let cipher = try makeCipher(backend)
        for (input, output) in [(10, 25), (10, 27), (10, 10), (0, 15), (0, 0), (0, 17)] {
            let text = [UInt8](repeating: 1, count: input)
            var memory = [UInt8](repeating: 9, count: output)
            #expect(!cipher.seal(text, someNonce, into: &memory))
            #expect(memory == [UInt8](repeating: 9, count: output))
        }
        for (input, output) in [(26, 9), (26, 11), (26, 26), (15, 0), (0, 0)] {
            let text = [UInt8](repeating: 1, count: input)
            var memory = [UInt8](repeating: 9, count: output)
            #expect(!cipher.open(text, someNonce, into: &memory))
            #expect(memory == [UInt8](repeating: 9, count: output))
        }
        for count in 0..<16 {
            let short = [UInt8](repeating: 3, count: count)
            #expect(cipher.openedInPlace(short, someNonce).1 == false)
        }
    }

    @Test(arguments: [0, 16, 31, 33]) func keysOfAnotherSizeAreRefused(count: Int) {
        let key = SecretBytes.random(byteCount: max(1, count))
        for backend in CryptoBackend.allCases {
            let isMade = PacketCipher(key: key, backend: backend) != nil
            #expect(!isMade)
        }
    }

    @Test(arguments: usableBackends) func threadsDoNotDisturbEachOther(
        backend: CryptoBackend
    ) async throws {
        let text: [UInt8] = (0..<1400).map { UInt8(truncatingIfNeeded: $0) }
        try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<4 as Range<UInt8> {
                group.addTask {
                    let key = [UInt8](repeating: worker, count: 32)
                    let cipher = try TestCipher(key: key, backend: backend)
                    let nonce = Nonce(high: 1, low: 0)
                    let expected = cipher.sealed(text, nonce)
                    var wrong = 0
                    for _ in 0..<300 {
                        let sealed = cipher.sealed(text, nonce)
                        if sealed != expected { wrong += 1 }
                        if cipher.openedInPlace(sealed ?? [], nonce) != (text, true) { wrong += 1 }
                    }
                    return wrong
                }
            }
            for try await wrong in group { #expect(wrong == 0) }
        }
    }
}
