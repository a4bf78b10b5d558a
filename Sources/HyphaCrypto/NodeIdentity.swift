// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaBytes

/// Who this node is: its secret, and what follows from it (base protocol section 1).
///
/// A class because there is one identity, used by all threads; nothing in it changes.
package final class NodeIdentity: Sendable {
    /// What others know the node by.
    package let publicKey: PublicKey
    /// The overlay address derived from the public key.
    package let address: IPv6Address
    /// The /64 around the address, the only prefix announced.
    package let subnet: Prefix
    /// The private key with its public half.
    package let key: X25519Key

    /// - Parameter secret: Exactly 32 bytes, otherwise `nil`.
    package init?(secret: consuming SecretBytes) {
        guard secret.byteCount == X25519.byteCount else { return nil }
        key = X25519Key(secret: secret)
        publicKey = key.publicKey
        address = IPv6Address(derivedFrom: publicKey)
        subnet = Prefix(subnetOf: address)
    }

    /// The base protocol's cipher between this node and another; about 50 µs.
    ///
    /// Its key is the X25519 result as it is, the same in both directions (section 4.2).
    ///
    /// - Parameters:
    ///   - peer: The other node's key.
    ///   - backend: The library that will seal and open.
    /// - Returns: `nil` when the shared secret is all zero, or the backend is not usable here.
    package func makeCipher(
        for peer: PublicKey,
        backend: CryptoBackend = .current
    ) -> PacketCipher? {
        guard let shared = sharedSecret(with: peer) else { return nil }
        return PacketCipher(key: shared, backend: backend)
    }

    /// The X25519 result with another node's key, or `nil` when it is all zero.
    package func sharedSecret(with peer: PublicKey) -> SecretBytes? {
        key.sharedSecret(with: peer)
    }
}
