// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaSession
import Testing

private let payload1 = [UInt8](0..<20)
private let payload2 = [UInt8](0..<26)

private func network(_ name: String, _ byte: UInt8) throws -> PrivateNetwork {
    let key = secret([UInt8](repeating: byte, count: 32))
    let network = PrivateNetwork(name: name, key: key)
    return try #require(network)
}

/// A node, in a class because `#expect` takes no values that cannot be copied.
private final class Node {
    private let cryptography: NoiseCryptography
    let publicKey: PublicKey

    init(_ byte: UInt8, network: PrivateNetwork? = nil) throws {
        let identity = try identity(Hexadecimal.text([UInt8](repeating: byte, count: 32)))
        publicKey = identity.publicKey
        cryptography = NoiseCryptography(identity: identity, network: network)
    }

    func initiate(
        _ scope: SessionScope = .link,
        to key: PublicKey
    ) -> (NoiseHandshake<HyphaSuite>, message: [UInt8])? {
        cryptography.initiate(scope, to: key, payload: payload1)
    }

    func complete(
        _ pending: NoiseHandshake<HyphaSuite>,
        _ message: [UInt8]
    ) -> (payload: [UInt8], keys: SessionKeys)? {
        cryptography.complete(pending, message: message)
    }

    func receive(
        _ message: [UInt8],
        _ scope: SessionScope = .link
    ) -> (initiator: PublicKey, payload: [UInt8], pending: NoiseHandshake<HyphaSuite>)? {
        cryptography.receive(scope, initiation: message)
    }

    func respond(
        _ pending: NoiseHandshake<HyphaSuite>
    ) -> (message: [UInt8], keys: SessionKeys)? {
        cryptography.respond(pending, payload: payload2)
    }

    /// The answer to a message 1, or `nil` when it is refused at either step.
    func answer(_ message: [UInt8], _ scope: SessionScope = .link) -> [UInt8]? {
        receive(message, scope).flatMap { respond($0.pending) }?.message
    }
}

@Suite struct NoiseCryptographyTests {
    @Test func freshHandshakesAgreeAndDiffer() throws {
        for network in [nil, try network("home", 5)] {
            let (left, right) = (try Node(1, network: network), try Node(2, network: network))
            var seen: [[String]] = []
            for _ in 0..<2 {
                let (pending, message) = try #require(left.initiate(to: right.publicKey))
                let received = try #require(right.receive(message))
                #expect(received.initiator == left.publicKey)
                #expect(received.payload == payload1)
                let response = try #require(right.respond(received.pending))
                let completed = try #require(left.complete(pending, response.message))
                #expect(completed.payload == payload2)
                #expect(text(completed.keys) == text(response.keys).reversed())
                seen.append(text(completed.keys))
            }
            #expect(Set(seen.joined()).count == 4)
        }
    }

    @Test func aForgedSecondMessageLeavesTheAttemptUsable() throws {
        let (left, right) = (try Node(1), try Node(2))
        let (pending, message) = try #require(left.initiate(to: right.publicKey))
        let response = try #require(right.answer(message))
        for at in response.indices {
            var forged = response
            forged[at] ^= at.isMultiple(of: 2) ? 1 : 0x80
            // X25519 ignores the top bit of the last byte, but the transcript does not.
            #expect(left.complete(pending, forged) == nil, "byte \(at)")
        }
        for count in [0, 31, 32, 1135, 1136, 1151, 1152, 1177] {
            #expect(left.complete(pending, Array(response.prefix(count))) == nil, "\(count) bytes")
        }
        #expect(left.complete(pending, response + [0]) == nil)
        #expect(left.complete(pending, [UInt8](repeating: 0, count: 70_000)) == nil)
        #expect(left.complete(pending, response)?.payload == payload2)
    }

    @Test func aHandshakeItselfIsUnchangedByARefusedMessage() throws {
        let (left, right) = (try Node(1), try Node(2))
        let (pending, message) = try #require(left.initiate(to: right.publicKey))
        let response = try #require(right.answer(message))
        var handshake = pending
        for at in [0, 40, 1140, 1177] {
            var forged = response
            forged[at] ^= 4
            #expect(throws: NoiseError.notGenuine) { try handshake.readMessage(forged) }
            #expect(handshake.handshakeHash == pending.handshakeHash)
            #expect(!handshake.isFinished)
        }
        #expect(throws: NoiseError.truncated(neededByteCount: 32, byteCount: 3)) {
            try handshake.readMessage([1, 2, 3])
        }
        #expect(throws: NoiseError.tooLong(byteCount: 65_536)) {
            try handshake.readMessage([UInt8](repeating: 1, count: 65_536))
        }
        #expect(try handshake.readMessage(response) == payload2)
        #expect(handshake.isFinished)
    }

    @Test func aForgedFirstMessageIsRefused() throws {
        let (left, right) = (try Node(1), try Node(2))
        let (_, message) = try #require(left.initiate(to: right.publicKey))
        for at in stride(from: 0, to: message.count, by: 7) {
            var forged = message
            forged[at] ^= 0x20
            #expect(right.receive(forged) == nil, "byte \(at)")
        }
        #expect(right.receive(Array(message.dropLast())) == nil)
        #expect(right.receive(message + [0]) == nil)
        #expect(right.receive([]) == nil)
        let (other, first) = (try Node(3), try #require(left.initiate(to: right.publicKey)))
        #expect(other.receive(first.message) == nil)
    }

    @Test func nodesOfDifferentNetworksNeverComplete() throws {
        let home = try network("home", 5)
        // The same name with another key: only the pre-shared key differs, in message 2.
        let (left, right) = (try Node(1, network: home), try Node(2, network: network("home", 6)))
        let (pending, message) = try #require(left.initiate(to: right.publicKey))
        let response = try #require(right.answer(message))
        #expect(left.complete(pending, response) == nil)
        // The same key under another name; a public node and a private one.
        let renamed = try network("Home", 5)
        for (ours, theirs) in [(home, renamed), (home, nil), (nil, home)] {
            let (left, right) = (try Node(1, network: ours), try Node(2, network: theirs))
            let (_, message) = try #require(left.initiate(to: right.publicKey))
            #expect(right.answer(message) == nil)
        }
    }

    @Test func linksAndSessionsAreNotMixedUp() throws {
        let (left, right) = (try Node(1), try Node(2))
        for (ours, theirs) in [(SessionScope.link, SessionScope.endToEnd), (.endToEnd, .link)] {
            let (_, message) = try #require(left.initiate(ours, to: right.publicKey))
            #expect(right.answer(message, theirs) == nil)
            #expect(right.answer(message, ours) != nil)
        }
    }

    @Test func keysOfSmallOrderAreRefused() throws {
        let left = try Node(1)
        for first: UInt8 in [0, 1] {
            let key = try #require(PublicKey([first] + [UInt8](repeating: 0, count: 31)))
            #expect(left.initiate(to: key) == nil)
        }
        // As the initiator's fresh key, where the responder computes with it.
        let (_, message) = try #require(left.initiate(to: Node(2).publicKey))
        var forged = message
        for at in 0..<32 { forged[at] = 0 }
        var handshake = NoiseHandshake<HyphaSuite>(
            pattern: NoiseCryptography.pattern(isPrivate: false),
            role: .responder,
            prologue: SessionScope.link.prologue(networkName: []),
            keys: NoiseHandshake.Keys(ownStatic: X25519Key(secret: .random(byteCount: 32)))
        )
        #expect(throws: NoiseError.unusableKey) { try handshake.readMessage(forged) }
    }

    @Test func anEncapsulationKeyOutOfRangeIsRefused() throws {
        let right = try Node(2)
        var initiator = NoiseHandshake<BadKeySuite>(
            pattern: NoiseCryptography.pattern(isPrivate: false),
            role: .initiator,
            prologue: SessionScope.link.prologue(networkName: []),
            keys: NoiseHandshake.Keys(
                ownStatic: X25519Key(secret: .random(byteCount: 32)),
                remoteStatic: right.publicKey
            )
        )
        let random = { (byteCount: Int) in SecretBytes.random(byteCount: byteCount) }
        let message = try initiator.writeMessage(payload1, random: random)
        // Genuine as Noise, so that nothing but the check of the key is left to refuse it.
        let received = try #require(right.receive(message))
        #expect(right.respond(received.pending) == nil)
    }

    @Test func namesAndKeysOfNetworksHaveLimits() {
        func isAccepted(_ name: String, _ byteCount: Int = 32) -> Bool {
            PrivateNetwork(name: name, key: .random(byteCount: byteCount)) != nil
        }
        #expect(isAccepted("a"))
        #expect(isAccepted(String(repeating: "a", count: Limits.networkNameBytesMax)))
        #expect(!isAccepted(String(repeating: "a", count: Limits.networkNameBytesMax + 1)))
        #expect(!isAccepted(String(repeating: "ü", count: Limits.networkNameBytesMax / 2 + 1)))
        #expect(!isAccepted(""))
        #expect(!isAccepted("home", 31))
        #expect(!isAccepted("home", 33))
    }

    @Test func cookiesOpenOnlyAsTheyWereSealed() throws {
        let node = NoiseCryptography(
            identity: try identity(String(repeating: "07", count: 32)),
            network: nil
        )
        let (cookie, nonce) = ([UInt8](0..<16), [UInt8](40..<64))
        let mac1 = [UInt8](100..<116)
        let replier = node.publicKey
        let sealed = node.sealCookie(cookie, replier: replier, nonce: nonce, additionalData: mac1)
        #expect(sealed.count == 32)
        func open(_ sealed: [UInt8], _ nonce: [UInt8], _ mac1: [UInt8]) -> [UInt8]? {
            node.openCookie(sealed, replier: replier, nonce: nonce, additionalData: mac1)
        }
        #expect(open(sealed, nonce, mac1) == cookie)
        #expect(open(sealed, nonce, mac1.reversed()) == nil)
        #expect(open(sealed, nonce.reversed(), mac1) == nil)
        #expect(open(sealed, Array(nonce.prefix(12)), mac1) == nil)
        for at in sealed.indices {
            var forged = sealed
            forged[at] ^= 1
            #expect(open(forged, nonce, mac1) == nil)
        }
        let other = try Node(8).publicKey
        #expect(
            node.openCookie(sealed, replier: other, nonce: nonce, additionalData: mac1) == nil
        )
        // The key is what the protocol says, and the cipher is XChaCha20-Poly1305.
        let key = node.hash(Array("hypha cookie 1".utf8) + replier.bytes)
        let expected = ChaCha20Poly1305.seal(
            cookie.span,
            key: key.span,
            nonce: nonce.span,
            additionalData: mac1.span
        )
        #expect(sealed == expected)
    }

    @Test func comparisonsAreExact() throws {
        let node = NoiseCryptography(
            identity: try identity(String(repeating: "07", count: 32)),
            network: nil
        )
        #expect(node.isEqual([1, 2, 3], [1, 2, 3]))
        #expect(!node.isEqual([1, 2, 3], [1, 2, 4]))
        #expect(!node.isEqual([1, 2, 3], [1, 2]))
        #expect(node.isEqual([], []))
        #expect(node.keyRequestAuthenticator(of: [1]) == nil)
    }
}

/// Our suite with an encapsulation key whose first coefficient is not below the modulus.
private enum BadKeySuite: NoiseSuite {
    typealias Key = X25519Key
    typealias Cipher = AES256GCM
    typealias Hash = SHA256
    typealias KEM = BadKey

    enum BadKey: NoiseKEM {
        static let name = KeyEncapsulation.name
        static let keySeedByteCount = KeyEncapsulation.keySeedByteCount
        static let encapsulationSeedByteCount = KeyEncapsulation.encapsulationSeedByteCount
        static let publicKeyByteCount = KeyEncapsulation.publicKeyByteCount
        static let ciphertextByteCount = KeyEncapsulation.ciphertextByteCount

        static func makeKeyPair(
            seed: borrowing SecretBytes
        ) -> (publicKey: [UInt8], privateKey: EncapsulationKeyPair)? {
            guard var pair = KeyEncapsulation.makeKeyPair(seed: seed) else { return nil }
            pair.publicKey[0] = 0xff
            pair.publicKey[1] |= 0x0f
            return pair
        }

        static func encapsulate(
            to publicKey: [UInt8],
            seed: borrowing SecretBytes
        ) -> (ciphertext: [UInt8], secret: SecretBox)? {
            KeyEncapsulation.encapsulate(to: publicKey, seed: seed)
        }

        static func decapsulate(
            _ ciphertext: [UInt8],
            with privateKey: EncapsulationKeyPair
        ) -> SecretBox? {
            KeyEncapsulation.decapsulate(ciphertext, with: privateKey)
        }
    }
}
