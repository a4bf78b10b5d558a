// SPDX-License-Identifier: Apache-2.0
import HyphaBase
package import HyphaBytes
import HyphaSession

/// A private network: its name, and the keys that follow from the one its nodes share.
package struct PrivateNetwork: Sendable {
    /// The name as bytes of UTF-8, 1...64.
    package let name: [UInt8]
    /// The pre-shared key of handshakes, 32 bytes.
    let preSharedKey: SecretBox
    /// Goes into the key of `mac1`, 32 bytes.
    let macKey: SecretBox
    /// Key of the MAC of key requests and replies, 32 bytes.
    let keyRequestKey: SecretBox

    /// Derives the keys by HKDF-SHA256 with the name as salt, so that one key used under two names
    /// makes two networks (`Docs/protocol/hypha.md` section 3.1).
    ///
    /// - Parameters:
    ///   - name: 1...64 bytes of UTF-8, otherwise `nil`.
    ///   - key: 32 random bytes, otherwise `nil`.
    package init?(name: String, key: borrowing SecretBytes) {
        let bytes = Array(name.utf8)
        guard (1...Limits.networkNameBytesMax).contains(bytes.count), key.byteCount == 32 else {
            return nil
        }
        self.name = bytes
        preSharedKey = Self.derive("hypha psk 1", from: key, name: bytes)
        macKey = Self.derive("hypha mac 1", from: key, name: bytes)
        keyRequestKey = Self.derive("hypha key request 1", from: key, name: bytes)
    }

    private static func derive(
        _ label: String,
        from key: borrowing SecretBytes,
        name: [UInt8]
    ) -> SecretBox {
        SecretBox(SHA256.deriveKey(from: key, salt: name, label: label))
    }
}
