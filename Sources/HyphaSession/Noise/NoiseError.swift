// SPDX-License-Identifier: Apache-2.0

/// Why a handshake message was refused; the handshake is then as it was before.
package enum NoiseError: Error, Hashable, Sendable {
    /// The peer sent a message that ends early.
    case truncated(neededByteCount: Int, byteCount: Int)
    /// The message is longer than 65 535 bytes.
    case tooLong(byteCount: Int)
    /// A tag is wrong: forged, damaged, or for another key, pre-shared key or prologue.
    case notGenuine
    /// A key agreement gave zero: the other's key has small order.
    case unusableKey
    /// The other's encapsulation key or encapsulation fails the mechanism's checks.
    case unusableEncapsulation
    /// A token needs a key that nobody has given: the pattern does not fit the keys, our mistake.
    case missingKey
}
