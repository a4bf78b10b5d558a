// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaBytes
import HyphaSession

/// An X25519 private key with its public half; the private half is wiped with the last holder.
package final class X25519Key: NoiseKeyAgreement {
    package static let name = "25519"
    package let publicKey: PublicKey
    private let secret: SecretBytes

    package init(secret: consuming SecretBytes) {
        publicKey = X25519.publicKey(of: secret)
        self.secret = secret
    }

    /// The shared secret with another key; `nil` when it is all zero.
    package func sharedSecret(with other: PublicKey) -> SecretBytes? {
        X25519.sharedSecret(secret, with: other)
    }
}
