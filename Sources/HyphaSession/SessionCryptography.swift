// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// Everything that a handshake engine needs of cryptography.
///
/// The real one is in `HyphaCrypto`; simulations bring a fast one that protects nothing.
package protocol SessionCryptography: ~Copyable {
    /// State between message 1 and 2 of the initiator: a value with only references to memory that
    /// is wiped.
    associatedtype PendingInitiation
    /// State between message 1 and 2 of the responder.
    associatedtype PendingResponse

    /// What others know this node by.
    var publicKey: PublicKey { get }

    /// Name of the private network, empty in a public one.
    var networkName: [UInt8] { get }

    /// Makes message 1 for the node with this key.
    ///
    /// - Returns: `nil` when the other key has small order.
    mutating func initiate(
        _ scope: SessionScope,
        to responder: PublicKey,
        payload: [UInt8]
    ) -> (PendingInitiation, message: [UInt8])?

    /// Reads message 2.
    ///
    /// - Returns: `nil` when it is not genuine; `pending` stays usable, for a forged message 2 must
    ///   not end an attempt.
    mutating func complete(
        _ pending: PendingInitiation,
        message: [UInt8]
    ) -> (payload: [UInt8], keys: SessionKeys)?

    /// Reads message 1. Nothing is sent or stored yet, so the caller may look at key and payload
    /// first.
    ///
    /// - Returns: `nil` when it is not genuine.
    mutating func receive(
        _ scope: SessionScope,
        initiation: [UInt8]
    ) -> (initiator: PublicKey, payload: [UInt8], pending: PendingResponse)?

    /// Makes message 2.
    ///
    /// - Returns: `nil` when a key of the initiator is not acceptable.
    mutating func respond(
        _ pending: PendingResponse,
        payload: [UInt8]
    ) -> (message: [UInt8], keys: SessionKeys)?

    /// The first 16 bytes of HMAC-SHA256.
    func authenticator(of message: Span<UInt8>, key: [UInt8]) -> [UInt8]

    /// SHA-256.
    func hash(_ bytes: [UInt8]) -> [UInt8]

    /// The key of `mac1` in frames to this receiver, network key included
    /// (`Docs/protocol/hypha.md` section 3.1).
    func mac1Key(for receiver: PublicKey) -> [UInt8]

    /// The MAC of key requests and replies, 16 bytes; `nil` in a public network.
    func keyRequestAuthenticator(of bytes: [UInt8]) -> [UInt8]?

    /// Seals a cookie of 16 bytes into 32 with XChaCha20-Poly1305.
    ///
    /// - Parameters:
    ///   - cookie: 16 bytes.
    ///   - replier: The key of the node that sends the cookie.
    ///   - nonce: 24 bytes, fresh and random.
    ///   - additionalData: `mac1` of the part answered.
    /// - Returns: Ciphertext and tag.
    func sealCookie(
        _ cookie: [UInt8],
        replier: PublicKey,
        nonce: [UInt8],
        additionalData: [UInt8]
    ) -> [UInt8]

    /// Opens a sealed cookie.
    ///
    /// - Parameters:
    ///   - sealed: 32 bytes.
    ///   - replier: The key of the node that sent the cookie.
    ///   - nonce: 24 bytes.
    ///   - additionalData: `mac1` of the part that this node sent.
    /// - Returns: The cookie, or `nil` when it is not genuine.
    func openCookie(
        _ sealed: [UInt8],
        replier: PublicKey,
        nonce: [UInt8],
        additionalData: [UInt8]
    ) -> [UInt8]?

    /// Whether the bytes are the same; the time taken tells nothing about them.
    func isEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool
}
