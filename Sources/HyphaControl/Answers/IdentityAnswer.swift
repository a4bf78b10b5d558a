// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// The answer to `whoami`, and what `hypha inspect` prints of any key.
package struct IdentityAnswer: Codable, Hashable, Sendable {
    /// 64 hexadecimal digits.
    package let publicKey: String
    /// The overlay address.
    package let address: String
    /// The /64 around the address.
    package let subnet: String

    /// - Parameter publicKey: A node's key.
    package init(_ publicKey: PublicKey) {
        let address = IPv6Address(derivedFrom: publicKey)
        self.publicKey = publicKey.description
        self.address = address.description
        subnet = Prefix(subnetOf: address).description
    }
}
