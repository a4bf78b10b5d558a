// SPDX-License-Identifier: Apache-2.0
package import HyphaBytes

/// A secret with several holders; wiped when the last one lets go.
///
/// A class because the state of a handshake is a value: reading a message works on a copy of it,
/// which is thrown away when the message is not genuine.
package final class SecretBox: Sendable {
    /// The secret, which does not change.
    package let bytes: SecretBytes

    /// - Parameter bytes: The secret.
    package init(_ bytes: consuming SecretBytes) { self.bytes = bytes }
}
