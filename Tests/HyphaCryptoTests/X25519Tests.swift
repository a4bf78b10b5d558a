// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaSession
import Testing

private struct Wycheproof: Decodable {
    struct Test: Decodable {
        let tcId: Int
        let `public`: String
        let `private`: String
        let shared: String
    }

    let tests: [Test]
}

private struct Derived: Decodable {
    struct Shared: Decodable {
        let a_private: String
        let a_public: String
        let b_private: String
        let b_public: String
        let shared_secret_is_aes256_key: String
    }

    let shared_secrets: [Shared]
}

@Suite struct X25519Tests {
    @Test func publishedVectorsHoldAndZeroResultsAreRefused() throws {
        let tests = try Vectors.load("published/x25519.json", as: Wycheproof.self).tests
        #expect(tests.count == 518)
        var refusedCount = 0
        for test in tests {
            let key = try #require(PublicKey(hexadecimal: test.public))
            let expected = try bytes(test.shared)
            let result = try X25519.sharedSecret(secret(bytes(test.private)), with: key)
            let found: [UInt8]? =
                if let result { result.withBytes { span in span.indices.map { span[$0] } } } else {
                    nil
                }
            if expected.allSatisfy({ $0 == 0 }) {
                #expect(found == nil, "case \(test.tcId)")
                refusedCount += 1
            } else {
                #expect(found == expected, "case \(test.tcId)")
            }
        }
        #expect(refusedCount == 31)
    }

    @Test func bothSidesGetTheSharedSecretsOfTheBaseProtocol() throws {
        let vectors = try Vectors.load("mycelium-derived.json", as: Derived.self).shared_secrets
        #expect(vectors.count == 6)
        for vector in vectors {
            let a = try identity(vector.a_private)
            let b = try identity(vector.b_private)
            #expect(a.publicKey.description == vector.a_public)
            #expect(b.publicKey.description == vector.b_public)
            let expected = try secret(bytes(vector.shared_secret_is_aes256_key))
            let fromA = try require(a.sharedSecret(with: b.publicKey))
            let fromB = try require(b.sharedSecret(with: a.publicKey))
            let isAEqual = fromA.isEqual(to: expected)
            let isBEqual = fromB.isEqual(to: expected)
            #expect(isAEqual)
            #expect(isBEqual)
        }
    }
}
