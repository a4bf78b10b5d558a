// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaSession
import Testing

private struct File: Decodable {
    struct Message: Decodable {
        let payload: String
        let ciphertext: String
    }

    struct Vector: Decodable {
        let protocol_name: String
        let set: String
        let init_prologue: String
        let init_psks: [String]?
        let init_static: String?
        let init_ephemeral: String
        let init_remote_static: String?
        let resp_prologue: String
        let resp_psks: [String]?
        let resp_static: String?
        let resp_ephemeral: String
        let handshake_hash: String?
        let messages: [Message]
    }

    struct Hybrid: Decodable {
        let protocol_name: String
        let static_i_private: String
        let static_i_public: String
        let static_r_private: String
        let ephemeral_dh_i_private: String
        let ephemeral_dh_r_private: String
        let kem_seed_d_z: String
        let encap_seed_m: String
        let prologue: String
        let msg_a: String
        let msg_b: String
        let msg_c: String
        let handshake_hash: String
        let cs1_k: String
        let cs2_k: String
    }

    let vectors: [Vector]
    let hfs: [Hybrid]
}

private enum AESSuite: NoiseSuite {
    typealias Key = X25519Key
    typealias Cipher = AES256GCM
    typealias Hash = SHA256
    typealias KEM = KeyEncapsulation
}

private enum ChaChaSuite: NoiseSuite {
    typealias Key = X25519Key
    typealias Cipher = ChaCha20Poly1305
    typealias Hash = BLAKE2s
    typealias KEM = KeyEncapsulation
}

private enum HybridSuite: NoiseSuite {
    typealias Key = X25519Key
    typealias Cipher = ChaCha20Poly1305
    typealias Hash = SHA256
    typealias KEM = KeyEncapsulation
}

/// The patterns that the file has, by the second word of the protocol name.
private let patterns: [String: NoisePattern] = [
    "IK": .ik, "IKpsk1": .ik.withPreSharedKey(1), "IKpsk2": .ik.withPreSharedKey(2), "NK": .nk,
    "XX": .xx,
]

/// Published handshakes, each made by both ends here and compared byte for byte.
@Suite struct NoiseVectorsTests {
    @Test func publishedHandshakesAreReproduced() throws {
        let vectors = try Vectors.load("published/noise.json", as: File.self).vectors
        #expect(vectors.count == 12)
        for vector in vectors {
            if vector.protocol_name.contains("AESGCM") {
                try check(vector, AESSuite.self)
            } else {
                try check(vector, ChaChaSuite.self)
            }
        }
    }

    @Test func publishedHybridHandshakesAreReproduced() throws {
        let vectors = try Vectors.load("published/noise.json", as: File.self).hfs
        #expect(vectors.count == 5)
        for (index, vector) in vectors.enumerated() {
            typealias Handshake = NoiseHandshake<HybridSuite>
            let pattern = NoisePattern.xx.withHybridForwardSecrecy()
            #expect(Handshake.protocolName(of: pattern) == vector.protocol_name)
            var initiator = Handshake(
                pattern: pattern,
                role: .initiator,
                prologue: try bytes(vector.prologue),
                keys: try keys(vector.static_i_private, nil, nil)
            )
            var responder = Handshake(
                pattern: pattern,
                role: .responder,
                prologue: try bytes(vector.prologue),
                keys: try keys(vector.static_r_private, nil, nil)
            )
            let ours = try ScriptedRandom([vector.ephemeral_dh_i_private, vector.kem_seed_d_z])
            let theirs = try ScriptedRandom([vector.ephemeral_dh_r_private, vector.encap_seed_m])

            let first = try initiator.writeMessage([], random: ours.next)
            #expect(Hexadecimal.text(first) == vector.msg_a, "\(index)")
            #expect(try responder.readMessage(first).isEmpty)
            let second = try responder.writeMessage([], random: theirs.next)
            #expect(Hexadecimal.text(second) == vector.msg_b, "\(index)")
            #expect(try initiator.readMessage(second).isEmpty)
            let third = try initiator.writeMessage([], random: ours.next)
            #expect(Hexadecimal.text(third) == vector.msg_c, "\(index)")
            #expect(try responder.readMessage(third).isEmpty)

            #expect(responder.remoteStatic?.description == vector.static_i_public)
            #expect(Hexadecimal.text(initiator.handshakeHash) == vector.handshake_hash)
            #expect(text(initiator.split()) == [vector.cs1_k, vector.cs2_k])
            #expect(text(responder.split()) == [vector.cs2_k, vector.cs1_k])
        }
    }

    private func check<Suite: NoiseSuite>(_ vector: File.Vector, _ suite: Suite.Type) throws {
        let name = "\(vector.protocol_name) of \(vector.set)"
        let pattern = try #require(
            patterns[String(vector.protocol_name.split(separator: "_")[1])],
            "\(name)"
        )
        #expect(NoiseHandshake<Suite>.protocolName(of: pattern) == vector.protocol_name)
        var initiator = NoiseHandshake<Suite>(
            pattern: pattern,
            role: .initiator,
            prologue: try bytes(vector.init_prologue),
            keys: try keys(vector.init_static, vector.init_remote_static, vector.init_psks)
        )
        var responder = NoiseHandshake<Suite>(
            pattern: pattern,
            role: .responder,
            prologue: try bytes(vector.resp_prologue),
            keys: try keys(vector.resp_static, nil, vector.resp_psks)
        )
        let ephemerals = try [bytes(vector.init_ephemeral), bytes(vector.resp_ephemeral)]

        for (index, message) in vector.messages.prefix(pattern.messages.count).enumerated() {
            let payload = try bytes(message.payload)
            let random = { (_: Int) in secret(ephemerals[index % 2]) }
            let isFromInitiator = index.isMultiple(of: 2)
            let sent =
                try isFromInitiator
                ? initiator.writeMessage(payload, random: random)
                : responder.writeMessage(payload, random: random)
            let expected = try bytes(message.ciphertext)
            #expect(sent == expected, "\(name), message \(index)")
            let received =
                try isFromInitiator
                ? responder.readMessage(expected) : initiator.readMessage(expected)
            #expect(received == payload, "\(name), message \(index)")
        }
        #expect(initiator.isFinished && responder.isFinished)
        #expect(initiator.handshakeHash == responder.handshakeHash)
        if let hash = vector.handshake_hash {
            #expect(Hexadecimal.text(initiator.handshakeHash) == hash, "\(name)")
        }
        try checkTransport(vector, initiator, responder, name)
    }

    private func checkTransport<Suite: NoiseSuite>(
        _ vector: File.Vector,
        _ initiator: NoiseHandshake<Suite>,
        _ responder: NoiseHandshake<Suite>,
        _ name: String
    ) throws {
        let keys = [initiator.split(), responder.split()]
        var counters: [UInt64] = [0, 0]
        let first = vector.protocol_name.contains("_XX_") ? 3 : 2
        for index in first..<vector.messages.count {
            let sender = index % 2
            let payload = try bytes(vector.messages[index].payload)
            let text = Suite.Cipher.seal(
                payload.span,
                key: keys[sender].sending,
                counter: counters[sender],
                additionalData: Span()
            )
            #expect(
                Hexadecimal.text(text) == vector.messages[index].ciphertext,
                "\(name), \(index)"
            )
            let opened = Suite.Cipher.open(
                text.span,
                key: keys[1 - sender].receiving,
                counter: counters[sender],
                additionalData: Span()
            )
            #expect(opened == payload, "\(name), \(index)")
            counters[sender] += 1
        }
    }

    private func keys<Suite: NoiseSuite>(
        _ ownStatic: String?,
        _ remoteStatic: String?,
        _ preShared: [String]?
    ) throws -> NoiseHandshake<Suite>.Keys {
        NoiseHandshake<Suite>.Keys(
            ownStatic: try ownStatic.map { Suite.Key(secret: secret(try bytes($0))) },
            remoteStatic: try remoteStatic.map { try #require(PublicKey(bytes($0))) },
            preShared: try (preShared ?? []).map { SecretBox(secret(try bytes($0))) }
        )
    }
}
