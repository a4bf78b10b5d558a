// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaCrypto
import HyphaSession
import Testing

private struct Derived: Decodable {
    struct Payload: Decodable {
        let name: String
        let aes256_key: String
        let nonce: String
        let plaintext_header_plus_inner: String
        let raw_data_ct_tag_nonce: String
    }

    let encrypted_payloads: [Payload]
}

private struct Live: Decodable {
    struct Packet: Decodable {
        let name: String
        let hex: String
        let key: String?
        let plain: String?
    }

    let packets: [Packet]
}

/// The base protocol's bodies: computed with other code, and captured from the base program.
@Suite struct BaseVectorsTests {
    @Test(arguments: usableBackends) func derivedBodiesAreReproduced(
        backend: CryptoBackend
    ) throws {
        let vectors = try Vectors.load("mycelium-derived.json", as: Derived.self)
        #expect(vectors.encrypted_payloads.count == 6)
        for vector in vectors.encrypted_payloads {
            try checkBody(
                key: vector.aes256_key,
                plain: bytes(vector.plaintext_header_plus_inner),
                body: bytes(vector.raw_data_ct_tag_nonce),
                backend: backend,
                name: vector.name
            )
        }
    }

    @Test(arguments: usableBackends) func capturedBodiesAreReproduced(
        backend: CryptoBackend
    ) throws {
        let packets = try Vectors.load("mycelium-live.json", as: Live.self).packets
        var count = 0
        for packet in packets {
            guard let key = packet.key, let plain = packet.plain else { continue }
            count += 1
            // Frame header 4, data header 36, then the body.
            let body = try Array(bytes(packet.hex).dropFirst(40))
            try checkBody(
                key: key,
                plain: bytes(plain),
                body: body,
                backend: backend,
                name: packet.name
            )
        }
        #expect(count >= 15)
    }

    private func checkBody(
        key: String,
        plain: [UInt8],
        body: [UInt8],
        backend: CryptoBackend,
        name: String
    ) throws {
        var cipher = try require(PacketCipher(key: secret(bytes(key)), backend: backend))
        var opened = body
        var openedSpan = opened.mutableSpan
        let isOpened = BaseBody.open(inPlace: &openedSpan, with: &cipher)
        #expect(isOpened, "\(name)")
        #expect(Array(opened.prefix(plain.count)) == plain, "\(name)")
        #expect(BaseBody.plaintextByteCount(bodyByteCount: body.count) == plain.count)

        let nonce = Nonce(readFrom: body.span, at: body.count - 12)
        var sealed = [UInt8](repeating: 0, count: body.count)
        var sealedSpan = sealed.mutableSpan
        let isSealed = BaseBody.seal(plain.span, with: &cipher, nonce: nonce, into: &sealedSpan)
        #expect(isSealed, "\(name)")
        #expect(sealed == body, "\(name)")
    }
}
