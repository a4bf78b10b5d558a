// SPDX-License-Identifier: Apache-2.0
package import HyphaBytes

extension SecretBytes {
    /// Fresh random bytes.
    ///
    /// - Parameter byteCount: Size in bytes, at least 1.
    /// - Returns: The bytes.
    package static func random(byteCount: Int) -> SecretBytes {
        SecretBytes(byteCount: byteCount) { Entropy.fill(&$0) }
    }
}
