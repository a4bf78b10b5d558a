// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaSession
import Testing

private struct Derived: Decodable {
    struct Identity: Decodable {
        let key_file_bytes: String
        let public_key: String
        let address: String
        let node_subnet: String
    }

    let identity: [Identity]
}

@Suite struct NodeIdentityTests {
    @Test func identitiesFollowFromKeyFiles() throws {
        let vectors = try Vectors.load("mycelium-derived.json", as: Derived.self).identity
        #expect(vectors.count == 8)
        for vector in vectors {
            let node = try identity(vector.key_file_bytes)
            #expect(node.publicKey.description == vector.public_key)
            #expect(node.address.description == vector.address)
            #expect(node.subnet.description == vector.node_subnet)
        }
    }

    @Test func identitiesNeed32Bytes() {
        for count in [1, 31, 33, 64] {
            let isMade = NodeIdentity(secret: .random(byteCount: count)) != nil
            #expect(!isMade)
        }
    }

    @Test func noCipherIsMadeForAKeyOfSmallOrder() throws {
        let node = try require(NodeIdentity(secret: .random(byteCount: 32)))
        let zero = PublicKey(words: (0, 0, 0, 0))
        let isMade = node.makeCipher(for: zero) != nil
        #expect(!isMade)
    }

    @Test func bothSidesMakeTheSameCipher() throws {
        let a = try require(NodeIdentity(secret: .random(byteCount: 32)))
        let b = try require(NodeIdentity(secret: .random(byteCount: 32)))
        var here = try require(a.makeCipher(for: b.publicKey))
        var there = try require(b.makeCipher(for: a.publicKey))
        var body: [UInt8] = Array(1...20) + [UInt8](repeating: 0, count: 28)
        var span = body.mutableSpan
        let isSealed = BaseBody.seal(inPlace: &span, with: &here, nonce: Nonce(high: 1, low: 2))
        let isOpened = BaseBody.open(inPlace: &span, with: &there)
        #expect(isSealed)
        #expect(isOpened)
        #expect(Array(body.prefix(20)) == Array(1...20))
    }
}
