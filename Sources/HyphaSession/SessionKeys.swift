// SPDX-License-Identifier: Apache-2.0
package import HyphaBytes

/// What a finished handshake leaves: one key for each direction, seen from this node.
///
/// A class so that it can lie in enums and arrays; nothing in it changes, and the keys are wiped
/// when the last holder lets go.
package final class SessionKeys: Sendable {
    /// Seals what this node sends, 32 bytes.
    package let sending: SecretBytes
    /// Opens what this node receives, 32 bytes.
    package let receiving: SecretBytes

    /// - Parameters:
    ///   - sending: Seals what this node sends, 32 bytes.
    ///   - receiving: Opens what this node receives, 32 bytes.
    package init(sending: consuming SecretBytes, receiving: consuming SecretBytes) {
        self.sending = sending
        self.receiving = receiving
    }
}
