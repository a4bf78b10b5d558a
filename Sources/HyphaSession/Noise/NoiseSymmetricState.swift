// SPDX-License-Identifier: Apache-2.0
import HyphaBytes

/// Key, chaining key and transcript hash of a handshake (Noise revision 34 sections 5.1 and 5.2).
///
/// A value: a copy shares the secrets until one of the two goes on.
package struct NoiseSymmetricState<Suite: NoiseSuite> {
    /// Hash of all that both ends have said; the same at both.
    package private(set) var handshakeHash: [UInt8]
    private var chainingKey: SecretBox
    /// `nil`: nothing is sealed yet.
    private var key: SecretBox?
    private var counter: UInt64 = 0

    /// Size of a tag, bytes.
    package static var tagByteCount: Int { 16 }

    /// - Parameter protocolName: The full name, ASCII.
    package init(protocolName: String) {
        var name = Array(protocolName.utf8)
        if name.count > Suite.Hash.byteCount {
            name = Suite.Hash.hash(name.span)
        } else {
            name += [UInt8](repeating: 0, count: Suite.Hash.byteCount - name.count)
        }
        handshakeHash = name
        chainingKey = SecretBox(SecretBytes(copying: name.span))
    }

    /// How many more bytes a sealed text has than its plaintext has now.
    package var overheadByteCount: Int { key == nil ? 0 : Self.tagByteCount }

    /// Mixes a secret into the key.
    package mutating func mixKey(_ input: Span<UInt8>) {
        let keys = Suite.Hash.deriveKeys(2, chainingKey: chainingKey.bytes, input: input)
        chainingKey = keys[0]
        key = keys[1]
        counter = 0
    }

    /// Mixes what both ends know into the transcript.
    package mutating func mixHash(_ data: [UInt8]) {
        handshakeHash = Suite.Hash.hash((handshakeHash + data).span)
    }

    /// Mixes a pre-shared key into key and transcript.
    package mutating func mixKeyAndHash(_ input: Span<UInt8>) {
        let keys = Suite.Hash.deriveKeys(3, chainingKey: chainingKey.bytes, input: input)
        chainingKey = keys[0]
        keys[1].bytes.withBytes { mixHash(Array(copying: $0)) }
        key = keys[2]
        counter = 0
    }

    /// Seals when there is a key; what is sent goes into the transcript.
    package mutating func encryptAndHash(_ plaintext: [UInt8]) -> [UInt8] {
        guard let key else {
            mixHash(plaintext)
            return plaintext
        }
        let text = Suite.Cipher.seal(
            plaintext.span,
            key: key.bytes,
            counter: counter,
            additionalData: handshakeHash.span
        )
        counter += 1
        mixHash(text)
        return text
    }

    /// Opens when there is a key; what was received goes into the transcript.
    ///
    /// - Throws: ``NoiseError/notGenuine``; the state has not changed.
    package mutating func decryptAndHash(_ text: [UInt8]) throws(NoiseError) -> [UInt8] {
        guard let key else {
            mixHash(text)
            return text
        }
        guard
            let plaintext = Suite.Cipher.open(
                text.span,
                key: key.bytes,
                counter: counter,
                additionalData: handshakeHash.span
            )
        else { throw .notGenuine }
        counter += 1
        mixHash(text)
        return plaintext
    }

    /// The keys of both directions, as this end uses them.
    package func split(isInitiator: Bool) -> SessionKeys {
        let keys = Suite.Hash.deriveKeys(2, chainingKey: chainingKey.bytes, input: Span())
        func copy(_ key: SecretBox) -> SecretBytes {
            key.bytes.withBytes { SecretBytes(copying: $0) }
        }
        return isInitiator
            ? SessionKeys(sending: copy(keys[0]), receiving: copy(keys[1]))
            : SessionKeys(sending: copy(keys[1]), receiving: copy(keys[0]))
    }
}
