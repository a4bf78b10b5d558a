// SPDX-License-Identifier: Apache-2.0
import HyphaBase
package import HyphaBytes
import HyphaSession

/// AES-256-GCM for a single text: a handshake's keys are used once or twice each.
///
/// Packets go through ``PacketCipher``, which keeps the expanded key.
package enum AES256GCM: NoiseCipher {
    package static let name = "AESGCM"

    /// As ``NoiseCipher`` says.
    package static func seal(
        _ plaintext: Span<UInt8>,
        key: borrowing SecretBytes,
        counter: UInt64,
        additionalData: Span<UInt8>
    ) -> [UInt8] {
        var text = [UInt8](repeating: 0, count: plaintext.count + BaseBody.tagByteCount)
        var span = text.mutableSpan
        var isSealed = false
        if var cipher = PacketCipher(key: key) {
            isSealed = cipher.seal(
                plaintext,
                nonce: noiseNonce(counter),
                additionalData: additionalData,
                into: &span
            )
        }
        invariant(isSealed, "the cipher cannot seal")
        return text
    }

    /// As ``NoiseCipher`` says.
    package static func open(
        _ text: Span<UInt8>,
        key: borrowing SecretBytes,
        counter: UInt64,
        additionalData: Span<UInt8>
    ) -> [UInt8]? {
        guard text.count >= BaseBody.tagByteCount, var cipher = PacketCipher(key: key) else {
            return nil
        }
        var plaintext = [UInt8](repeating: 0, count: text.count - BaseBody.tagByteCount)
        var span = plaintext.mutableSpan
        let isGenuine = cipher.open(
            text,
            nonce: noiseNonce(counter),
            additionalData: additionalData,
            into: &span
        )
        return isGenuine ? plaintext : nil
    }

    /// Four zeros, then the counter in big-endian order (Noise revision 34 section 12.4).
    private static func noiseNonce(_ counter: UInt64) -> Nonce {
        Nonce(high: counter >> 32, low: UInt32(truncatingIfNeeded: counter))
    }
}
