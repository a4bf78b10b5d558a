// SPDX-License-Identifier: Apache-2.0
import Foundation
import HyphaCrypto
import Testing

/// Published answers through each provider that this machine has: OpenSSL's only from 3.5 on.
@Suite struct KeyEncapsulationTests {
    struct File: Decodable {
        struct KeyGeneration: Decodable { let d, z, ek: String }
        struct Encapsulation: Decodable { let ek, m, c, K: String }
        struct Decapsulation: Decodable {
            let seed, c: String
            let K, result: String?
        }
        struct Check: Decodable {
            let valid: Bool
            let ek: String
        }
        let keygen: [KeyGeneration]
        let encaps: [Encapsulation]
        let decaps_seed: [Decapsulation]
        let ek_check: [Check]
    }

    static let providers = KeyEncapsulation.Provider.allCases.filter(\.isUsable)

    private func encapsulate(
        _ key: [UInt8],
        _ m: [UInt8],
        _ provider: KeyEncapsulation.Provider
    ) -> (ciphertext: [UInt8], secret: [UInt8])? {
        var secret = [UInt8](repeating: 0, count: 32)
        var output = secret.mutableSpan
        let ciphertext = KeyEncapsulation.encapsulate(
            to: key.span,
            m: m.span,
            sharedSecret: &output,
            provider: provider
        )
        return ciphertext.map { ($0, secret) }
    }

    private func decapsulate(
        _ seed: [UInt8],
        _ ciphertext: [UInt8],
        _ provider: KeyEncapsulation.Provider
    ) -> [UInt8]? {
        var secret = [UInt8](repeating: 0, count: 32)
        var output = secret.mutableSpan
        let pair = EncapsulationKeyPair(seed: seed.span, provider: provider)
        guard let pair, pair.decapsulate(ciphertext.span, sharedSecret: &output) else { return nil }
        return secret
    }

    @Test(arguments: providers)
    func publishedAnswersHold(provider: KeyEncapsulation.Provider) throws {
        let file = try Vectors.load("published/mlkem768.json", as: File.self)
        for vector in file.keygen {
            let seed = try bytes(vector.d) + bytes(vector.z)
            let pair = EncapsulationKeyPair(seed: seed.span, provider: provider)
            #expect(try pair?.encapsulationKey == bytes(vector.ek))
        }
        for vector in file.encaps {
            let sent = try encapsulate(bytes(vector.ek), bytes(vector.m), provider)
            #expect(try sent?.ciphertext == bytes(vector.c))
            #expect(try sent?.secret == bytes(vector.K))
        }
        for vector in file.decaps_seed {
            let secret = try decapsulate(bytes(vector.seed), bytes(vector.c), provider)
            #expect(try secret == (vector.result == "invalid" ? nil : vector.K.map(bytes)))
        }
        let m = [UInt8](repeating: 1, count: 32)
        for vector in file.ek_check {
            let sent = try encapsulate(bytes(vector.ek), m, provider)
            #expect((sent != nil) == vector.valid)
        }
    }

    @Test func theProviderInUseIsUsable() {
        #expect(Self.providers.contains(.current))
        #expect(Self.providers.contains(.own))
    }
}
