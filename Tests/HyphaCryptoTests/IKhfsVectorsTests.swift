// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaSession
import Testing

private struct File: Decodable {
    struct Vector: Decodable {
        let protocol_name: String
        let scope: String
        let network_name: String
        let network_key: String?
        let key_request_mac: String?
        let init_static: String
        let init_ephemeral: String
        let kem_seed: String
        let resp_static: String
        let resp_ephemeral: String
        let encapsulation_seed: String
        let payload1: String
        let message1: String
        let payload2: String
        let message2: String
        let handshake_hash: String
        let initiator_sending: String
        let initiator_receiving: String
        let mac1_key: String
        let mac1: String
    }

    let vectors: [Vector]
}

/// Our own handshakes, frozen: computed with other code (`Tests/Vectors/hypha/ikhfs.py`).
@Suite struct IKhfsVectorsTests {
    @Test func frozenHandshakesAreReproduced() throws {
        let vectors = try Vectors.load("hypha/ikhfs.json", as: File.self).vectors
        #expect(vectors.count == 4)
        for (index, vector) in vectors.enumerated() { try check(vector, "handshake \(index)") }
    }

    private func check(_ vector: File.Vector, _ name: String) throws {
        let network = try vector.network_key.map { key in
            let key = try secret(bytes(key))
            let network = PrivateNetwork(name: vector.network_name, key: key)
            return try #require(network)
        }
        let scope: SessionScope = vector.scope == "link" ? .link : .endToEnd
        let ours = try ScriptedRandom([vector.init_ephemeral, vector.kem_seed])
        let initiator = NoiseCryptography(
            identity: try identity(vector.init_static),
            network: network,
            random: ours.next
        )
        let theirs = try ScriptedRandom([vector.resp_ephemeral, vector.encapsulation_seed])
        let responder = NoiseCryptography(
            identity: try identity(vector.resp_static),
            network: network,
            random: theirs.next
        )
        #expect(
            NoiseHandshake<HyphaSuite>
                .protocolName(of: NoiseCryptography.pattern(isPrivate: network != nil))
                == vector.protocol_name
        )

        let payload1 = try bytes(vector.payload1)
        let payload2 = try bytes(vector.payload2)
        let (pending, message1) = try #require(
            initiator.initiate(scope, to: responder.publicKey, payload: payload1)
        )
        #expect(message1.count == 1316)
        #expect(Hexadecimal.text(message1) == vector.message1, "\(name)")
        let received = try #require(responder.receive(scope, initiation: message1))
        #expect(received.initiator == initiator.publicKey)
        #expect(received.payload == payload1, "\(name)")
        let response = try #require(responder.respond(received.pending, payload: payload2))
        #expect(response.message.count == 1178)
        #expect(Hexadecimal.text(response.message) == vector.message2, "\(name)")
        let completed = try #require(initiator.complete(pending, message: response.message))
        #expect(completed.payload == payload2, "\(name)")
        let keys = [vector.initiator_sending, vector.initiator_receiving]
        #expect(text(completed.keys) == keys, "\(name)")
        #expect(text(response.keys) == keys.reversed(), "\(name)")

        let mac1Key = initiator.mac1Key(for: responder.publicKey)
        #expect(Hexadecimal.text(mac1Key) == vector.mac1_key, "\(name)")
        let mac1 = initiator.authenticator(of: message1.span, key: mac1Key)
        #expect(Hexadecimal.text(mac1) == vector.mac1, "\(name)")
        let code = initiator.keyRequestAuthenticator(of: payload1)
        #expect(code.map { Hexadecimal.text($0) } == vector.key_request_mac, "\(name)")
    }
}
