// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaBytes
package import HyphaSession

/// The cryptography of handshakes (`Docs/protocol/hypha.md` sections 3.1 and 4).
///
/// Noise with X25519, ML-KEM-768, AES-256-GCM and SHA-256: `IKhfs`, in a private network
/// `IKhfs+psk2`.
package struct NoiseCryptography: SessionCryptography {
    /// State of the initiator between message 1 and 2.
    package typealias PendingInitiation = NoiseHandshake<HyphaSuite>
    /// State of the responder between message 1 and 2.
    package typealias PendingResponse = NoiseHandshake<HyphaSuite>

    private let identity: NodeIdentity
    private let network: PrivateNetwork?
    private let random: (Int) -> SecretBytes
    private let pattern: NoisePattern
    private static let authenticatorByteCount = 16
    private static let cookieNonceByteCount = 24

    /// The cryptography of one node.
    ///
    /// - Parameters:
    ///   - identity: Who this node is.
    ///   - network: The private network, `nil` in the public one.
    ///   - random: Makes that many random bytes; another source than the kernel's generator is for
    ///     reproducing recorded handshakes only.
    package init(
        identity: NodeIdentity,
        network: PrivateNetwork?,
        random: @escaping (Int) -> SecretBytes = { SecretBytes.random(byteCount: $0) }
    ) {
        self.identity = identity
        self.network = network
        self.random = random
        pattern = Self.pattern(isPrivate: network != nil)
    }

    /// What others know this node by.
    package var publicKey: PublicKey { identity.publicKey }

    /// Name of the private network, empty in a public one.
    package var networkName: [UInt8] { network?.name ?? [] }

    /// The handshake pattern of a network.
    ///
    /// - Parameter isPrivate: Whether the nodes share a key.
    /// - Returns: `IKhfs` or `IKhfs+psk2`.
    package static func pattern(isPrivate: Bool) -> NoisePattern {
        let hybrid = NoisePattern.ik.withHybridForwardSecrecy()
        return isPrivate ? hybrid.withPreSharedKey(2) : hybrid
    }

    // MARK: - Handshakes

    /// As ``SessionCryptography`` says.
    package func initiate(
        _ scope: SessionScope,
        to responder: PublicKey,
        payload: [UInt8]
    ) -> (NoiseHandshake<HyphaSuite>, message: [UInt8])? {
        var handshake = makeHandshake(scope, .initiator, remoteStatic: responder)
        guard let message = try? handshake.writeMessage(payload, random: random) else {
            return nil
        }
        return (handshake, message)
    }

    /// As ``SessionCryptography`` says.
    package func complete(
        _ pending: NoiseHandshake<HyphaSuite>,
        message: [UInt8]
    ) -> (payload: [UInt8], keys: SessionKeys)? {
        var handshake = pending
        guard let payload = try? handshake.readMessage(message) else { return nil }
        return (payload, handshake.split())
    }

    /// As ``SessionCryptography`` says.
    package func receive(
        _ scope: SessionScope,
        initiation: [UInt8]
    ) -> (initiator: PublicKey, payload: [UInt8], pending: NoiseHandshake<HyphaSuite>)? {
        var handshake = makeHandshake(scope, .responder, remoteStatic: nil)
        guard let payload = try? handshake.readMessage(initiation),
            let initiator = handshake.remoteStatic
        else { return nil }
        return (initiator, payload, handshake)
    }

    /// As ``SessionCryptography`` says.
    package func respond(
        _ pending: NoiseHandshake<HyphaSuite>,
        payload: [UInt8]
    ) -> (message: [UInt8], keys: SessionKeys)? {
        var handshake = pending
        guard let message = try? handshake.writeMessage(payload, random: random) else {
            return nil
        }
        return (message, handshake.split())
    }

    private func makeHandshake(
        _ scope: SessionScope,
        _ role: NoiseHandshake<HyphaSuite>.Role,
        remoteStatic: PublicKey?
    ) -> NoiseHandshake<HyphaSuite> {
        NoiseHandshake(
            pattern: pattern,
            role: role,
            prologue: scope.prologue(networkName: networkName),
            keys: NoiseHandshake.Keys(
                ownStatic: identity.key,
                remoteStatic: remoteStatic,
                preShared: network.map { [$0.preSharedKey] } ?? []
            )
        )
    }

    // MARK: - Before the handshake

    /// The first 16 bytes of HMAC-SHA256.
    package func authenticator(of message: Span<UInt8>, key: [UInt8]) -> [UInt8] {
        let code = SHA256.authenticationCode(message, key: key.span)
        return Array(code.prefix(Self.authenticatorByteCount))
    }

    /// SHA-256.
    package func hash(_ bytes: [UInt8]) -> [UInt8] { SHA256.hash(bytes.span) }

    /// The key of `mac1` in frames to this receiver, network key included.
    package func mac1Key(for receiver: PublicKey) -> [UInt8] {
        let known = Self.label("hypha mac1 1", receiver)
        guard let network else { return SHA256.hash(known.span) }
        return network.macKey.bytes.withBytes { macKey in
            let text = SecretBytes(byteCount: known.count + macKey.count) { text in
                text.copy(known.span, at: 0)
                text.copy(macKey, at: known.count)
            }
            return text.withBytes { SHA256.hash($0) }
        }
    }

    /// The MAC of key requests and replies, 16 bytes; `nil` in a public network.
    package func keyRequestAuthenticator(of bytes: [UInt8]) -> [UInt8]? {
        guard let network else { return nil }
        let code = network.keyRequestKey.bytes.withBytes { key in
            SHA256.authenticationCode(bytes.span, key: key)
        }
        return Array(code.prefix(Self.authenticatorByteCount))
    }

    /// As ``SessionCryptography`` says.
    package func sealCookie(
        _ cookie: [UInt8],
        replier: PublicKey,
        nonce: [UInt8],
        additionalData: [UInt8]
    ) -> [UInt8] {
        invariant(nonce.count == Self.cookieNonceByteCount, "the nonce of a cookie has 24 bytes")
        let sealed = ChaCha20Poly1305.seal(
            cookie.span,
            key: Self.cookieKey(of: replier).span,
            nonce: nonce.span,
            additionalData: additionalData.span
        )
        invariant(sealed != nil, "libsodium cannot seal")
        return sealed ?? []
    }

    /// As ``SessionCryptography`` says.
    package func openCookie(
        _ sealed: [UInt8],
        replier: PublicKey,
        nonce: [UInt8],
        additionalData: [UInt8]
    ) -> [UInt8]? {
        guard nonce.count == Self.cookieNonceByteCount else { return nil }
        return ChaCha20Poly1305.open(
            sealed.span,
            key: Self.cookieKey(of: replier).span,
            nonce: nonce.span,
            additionalData: additionalData.span
        )
    }

    /// Whether the bytes are the same; the time taken tells nothing about them.
    package func isEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        SecretBytes.isEqual(a.span, b.span)
    }

    /// Anyone who knows the replier can compute it: a cookie is hidden from nobody on the path, and
    /// needs no more than to be tied to the frame that it answers.
    private static func cookieKey(of replier: PublicKey) -> [UInt8] {
        SHA256.hash(label("hypha cookie 1", replier).span)
    }

    private static func label(_ label: String, _ key: PublicKey) -> [UInt8] {
        Array(label.utf8) + key.bytes
    }
}
