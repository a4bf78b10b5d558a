// SPDX-License-Identifier: Apache-2.0
import HyphaSession

/// The algorithms of our links and sessions: `25519+MLKEM768_AESGCM_SHA256`
/// (`Docs/protocol/hypha.md` section 3.1).
package enum HyphaSuite: NoiseSuite {
    /// X25519.
    package typealias Key = X25519Key
    /// AES-256-GCM.
    package typealias Cipher = AES256GCM
    /// SHA-256.
    package typealias Hash = SHA256
    /// ML-KEM-768.
    package typealias KEM = KeyEncapsulation
}
