// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaBytes

/// One end of a Noise handshake (revision 34 section 5.3), for any pattern and suite.
///
/// A value: the two functions that move it on work on a copy, and a refused message leaves the
/// handshake as it was. Random bytes are an argument.
package struct NoiseHandshake<Suite: NoiseSuite> {
    /// Which end this is.
    package enum Role: Hashable, Sendable {
        /// Sends the first message.
        case initiator
        /// Answers.
        case responder
    }

    /// What this end brings along.
    package struct Keys {
        /// This end's static key, in patterns where it has one.
        package var ownStatic: Suite.Key?
        /// The other's static key, where it is known before.
        package var remoteStatic: PublicKey?
        /// Pre-shared keys of 32 bytes, in order of use.
        package var preShared: [SecretBox]

        /// - Parameters:
        ///   - ownStatic: This end's static key, in patterns where it has one.
        ///   - remoteStatic: The other's static key, where it is known before.
        ///   - preShared: Pre-shared keys of 32 bytes, in order of use.
        package init(
            ownStatic: Suite.Key?,
            remoteStatic: PublicKey? = nil,
            preShared: [SecretBox] = []
        ) {
            self.ownStatic = ownStatic
            self.remoteStatic = remoteStatic
            self.preShared = preShared
        }
    }

    /// The longest message, bytes (section 3).
    package static var messageByteCountMax: Int { 65_535 }
    private static var keyByteCount: Int { PublicKey.byteCount }

    private let pattern: NoisePattern
    private let role: Role
    private var symmetric: NoiseSymmetricState<Suite>
    private var keys: Keys
    private var ephemeral: Suite.Key?
    private var remoteEphemeral: PublicKey?
    private var kemKey: Suite.KEM.PrivateKey?
    private var remoteKEMKey: [UInt8]?
    private var preSharedUsed = 0
    private var messageIndex = 0

    /// A handshake before its first message.
    ///
    /// - Parameters:
    ///   - pattern: What is said.
    ///   - role: Which end this is.
    ///   - prologue: What both ends must agree on.
    ///   - keys: Must fit the pattern; where they do not, a message throws
    ///     ``NoiseError/missingKey``.
    package init(pattern: NoisePattern, role: Role, prologue: [UInt8], keys: Keys) {
        self.pattern = pattern
        self.role = role
        self.keys = keys
        symmetric = NoiseSymmetricState(protocolName: Self.protocolName(of: pattern))
        symmetric.mixHash(prologue)
        if pattern.isResponderKnown {
            let known = role == .initiator ? keys.remoteStatic : keys.ownStatic?.publicKey
            symmetric.mixHash(known?.bytes ?? [])
        }
    }

    /// The full name, such as `Noise_IKhfs+psk2_25519+MLKEM768_AESGCM_SHA256` (section 8).
    package static func protocolName(of pattern: NoisePattern) -> String {
        let agreement = Suite.Key.name + (pattern.isHybrid ? "+" + Suite.KEM.name : "")
        return "Noise_\(pattern.name)_\(agreement)_\(Suite.Cipher.name)_\(Suite.Hash.name)"
    }

    // MARK: - Messages

    /// Makes this end's next message.
    ///
    /// - Parameters:
    ///   - payload: Sealed once there is a key.
    ///   - random: Makes that many fresh random bytes; asked in the order of the tokens.
    /// - Returns: The message.
    /// - Throws: Why there is none; the state has not changed.
    package mutating func writeMessage(
        _ payload: [UInt8],
        random: (Int) -> SecretBytes
    ) throws(NoiseError) -> [UInt8] {
        invariant(isOwnTurn, "it is the other end's turn")
        var next = self
        var message: [UInt8] = []
        for token in pattern.messages[messageIndex] {
            message += try next.write(token, random: random)
        }
        message += next.symmetric.encryptAndHash(payload)
        guard message.count <= Self.messageByteCountMax else {
            throw .tooLong(byteCount: message.count)
        }
        next.messageIndex += 1
        self = next
        return message
    }

    /// Reads the other end's next message.
    ///
    /// - Returns: Its payload.
    /// - Throws: Why the message is refused; the state has not changed, and another message may be
    ///   read.
    package mutating func readMessage(_ message: [UInt8]) throws(NoiseError) -> [UInt8] {
        invariant(!isFinished && !isOwnTurn, "it is this end's turn")
        guard message.count <= Self.messageByteCountMax else {
            throw .tooLong(byteCount: message.count)
        }
        var next = self
        var rest = message[...]
        for token in pattern.messages[messageIndex] { try next.read(token, from: &rest) }
        let payload = try next.symmetric.decryptAndHash(Array(rest))
        next.messageIndex += 1
        self = next
        return payload
    }

    /// The keys for what comes after the handshake, which must be finished.
    package func split() -> SessionKeys {
        invariant(isFinished, "the handshake is not finished")
        return symmetric.split(isInitiator: role == .initiator)
    }

    // MARK: - Getters

    /// Whether all messages were sent or read.
    package var isFinished: Bool { messageIndex == pattern.messages.count }

    /// The other's static key, once it is known.
    package var remoteStatic: PublicKey? { keys.remoteStatic }

    /// Hash of all that was said; when finished it names this session (section 11.2).
    package var handshakeHash: [UInt8] { symmetric.handshakeHash }

    private var isOwnTurn: Bool {
        !isFinished && messageIndex.isMultiple(of: 2) == (role == .initiator)
    }

    // MARK: - Tokens

    private mutating func write(
        _ token: NoiseToken,
        random: (Int) -> SecretBytes
    ) throws(NoiseError) -> [UInt8] {
        switch token {
        case .e:
            let key = Suite.Key(secret: random(Self.keyByteCount))
            ephemeral = key
            mixEphemeral(key.publicKey)
            return key.publicKey.bytes
        case .s:
            guard let key = keys.ownStatic else { throw .missingKey }
            return symmetric.encryptAndHash(key.publicKey.bytes)
        case .dh(let agreement):
            try mix(agreement)
            return []
        case .psk:
            try mixPreSharedKey()
            return []
        case .e1:
            let seed = random(Suite.KEM.keySeedByteCount)
            guard let pair = Suite.KEM.makeKeyPair(seed: seed) else { throw .missingKey }
            kemKey = pair.privateKey
            return symmetric.encryptAndHash(pair.publicKey)
        case .ekem1:
            guard let remoteKEMKey else { throw .missingKey }
            let seed = random(Suite.KEM.encapsulationSeedByteCount)
            guard let made = Suite.KEM.encapsulate(to: remoteKEMKey, seed: seed) else {
                throw .unusableEncapsulation
            }
            let text = symmetric.encryptAndHash(made.ciphertext)
            made.secret.bytes.withBytes { symmetric.mixKey($0) }
            return text
        }
    }

    private mutating func read(
        _ token: NoiseToken,
        from rest: inout ArraySlice<UInt8>
    ) throws(NoiseError) {
        switch token {
        case .e:
            let key = try Self.publicKey(Self.take(Self.keyByteCount, from: &rest))
            remoteEphemeral = key
            mixEphemeral(key)
        case .s:
            let text = try Self.take(Self.keyByteCount + symmetric.overheadByteCount, from: &rest)
            keys.remoteStatic = try Self.publicKey(symmetric.decryptAndHash(text))
        case .dh(let agreement):
            try mix(agreement)
        case .psk:
            try mixPreSharedKey()
        case .e1:
            let byteCount = Suite.KEM.publicKeyByteCount + symmetric.overheadByteCount
            remoteKEMKey = try symmetric.decryptAndHash(Self.take(byteCount, from: &rest))
        case .ekem1:
            guard let kemKey else { throw .missingKey }
            let byteCount = Suite.KEM.ciphertextByteCount + symmetric.overheadByteCount
            let text = try symmetric.decryptAndHash(Self.take(byteCount, from: &rest))
            guard let secret = Suite.KEM.decapsulate(text, with: kemKey) else {
                throw .unusableEncapsulation
            }
            secret.bytes.withBytes { symmetric.mixKey($0) }
        }
    }

    /// Section 9.2: with pre-shared keys every `e` also goes into the key, so that no message is
    /// ever sealed by the pre-shared key alone, twice with one nonce.
    private mutating func mixEphemeral(_ key: PublicKey) {
        symmetric.mixHash(key.bytes)
        if pattern.hasPreSharedKey { symmetric.mixKey(key.bytes.span) }
    }

    private mutating func mix(_ agreement: NoiseAgreement) throws(NoiseError) {
        let isOwnStatic: Bool
        let isRemoteStatic: Bool
        switch (agreement, role) {
        case (.ee, _): (isOwnStatic, isRemoteStatic) = (false, false)
        case (.es, .initiator), (.se, .responder): (isOwnStatic, isRemoteStatic) = (false, true)
        case (.es, .responder), (.se, .initiator): (isOwnStatic, isRemoteStatic) = (true, false)
        case (.ss, _): (isOwnStatic, isRemoteStatic) = (true, true)
        }
        guard let own = isOwnStatic ? keys.ownStatic : ephemeral,
            let remote = isRemoteStatic ? keys.remoteStatic : remoteEphemeral
        else { throw .missingKey }
        guard let secret = own.sharedSecret(with: remote) else { throw .unusableKey }
        secret.withBytes { symmetric.mixKey($0) }
    }

    private mutating func mixPreSharedKey() throws(NoiseError) {
        guard preSharedUsed < keys.preShared.count else { throw .missingKey }
        keys.preShared[preSharedUsed].bytes.withBytes { symmetric.mixKeyAndHash($0) }
        preSharedUsed += 1
    }

    private static func take(
        _ byteCount: Int,
        from rest: inout ArraySlice<UInt8>
    ) throws(NoiseError) -> [UInt8] {
        guard rest.count >= byteCount else {
            throw .truncated(neededByteCount: byteCount, byteCount: rest.count)
        }
        defer { rest = rest.dropFirst(byteCount) }
        return Array(rest.prefix(byteCount))
    }

    private static func publicKey(_ bytes: [UInt8]) throws(NoiseError) -> PublicKey {
        guard let key = PublicKey(bytes) else {
            throw .truncated(neededByteCount: PublicKey.byteCount, byteCount: bytes.count)
        }
        return key
    }
}
