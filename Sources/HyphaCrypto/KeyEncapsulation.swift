// SPDX-License-Identifier: Apache-2.0
import CHyphaCrypto
import HyphaPrimitives

/// ML-KEM-768: OpenSSL's where the library that runs has it (3.5 or later), otherwise our own.
///
/// Debian 12 has OpenSSL 3.0, so there ``MLKEM768`` does the work.
package enum KeyEncapsulation {
    /// Whose code computes.
    package enum Provider: Hashable, Sendable, CaseIterable {
        /// ``MLKEM768``.
        case own
        /// OpenSSL 3.5 or later.
        case openSSL

        /// Whether it is here and gave the answers of our own code, the refusal of a changed
        /// ciphertext and of a wrong key included; cheap enough to ask, but ``current`` remembers.
        package var isUsable: Bool {
            switch self {
            case .own: true
            case .openSSL: hypha_mlkem_is_available() == 0 && KeyEncapsulation.agrees(self)
            }
        }

        /// The one that is used unless another is named; chosen once in a process.
        package static let current: Provider = Provider.openSSL.isUsable ? .openSSL : .own
    }

    /// A shared secret and the ciphertext that tells it to the owner of a key.
    ///
    /// - Parameters:
    ///   - key: The receiver's encapsulation key, from the network.
    ///   - m: 32 random bytes, secret.
    ///   - sharedSecret: Gets 32 bytes; without meaning when the result is `nil`.
    ///   - provider: Whose code computes.
    /// - Returns: The ciphertext, or `nil` when the key fails a check of FIPS 203 section 7.2, a
    ///   size is wrong or OpenSSL fails.
    package static func encapsulate(
        to key: Span<UInt8>,
        m: Span<UInt8>,
        sharedSecret: inout MutableSpan<UInt8>,
        provider: Provider = .current
    ) -> [UInt8]? {
        if provider == .own {
            return MLKEM768.encapsulate(to: key, m: m, sharedSecret: &sharedSecret)
        }
        var ciphertext = [UInt8](repeating: 0, count: MLKEM768.ciphertextByteCount)
        // Safe: pointers and sizes belong together, and the shim checks the sizes.
        let result = unsafe key.withUnsafeBufferPointer { key in
            unsafe m.withUnsafeBufferPointer { m in
                unsafe sharedSecret.withUnsafeMutableBufferPointer { secret in
                    unsafe ciphertext.withUnsafeMutableBufferPointer { out in
                        unsafe hypha_mlkem_encapsulate(
                            key.baseAddress,
                            key.count,
                            m.baseAddress,
                            m.count,
                            out.baseAddress,
                            out.count,
                            secret.baseAddress,
                            secret.count
                        )
                    }
                }
            }
        }
        return result == 0 ? ciphertext : nil
    }

    /// Compares a provider with our own code on one key.
    private static func agrees(_ provider: Provider) -> Bool {
        let seed = (0..<64).map { UInt8($0) }
        let m = (0..<32).map { UInt8(200 - $0) }
        guard let ours = EncapsulationKeyPair(seed: seed.span, provider: .own),
            let theirs = EncapsulationKeyPair(seed: seed.span, provider: provider),
            ours.encapsulationKey == theirs.encapsulationKey
        else { return false }
        var key = ours.encapsulationKey
        guard let sent = encapsulated(key, m, .own), encapsulated(key, m, provider) == sent else {
            return false
        }
        var ciphertext = Array(sent[32...])
        guard decapsulated(ciphertext, theirs) == Array(sent[..<32]) else { return false }
        ciphertext[1000] ^= 1
        guard decapsulated(ciphertext, theirs) == decapsulated(ciphertext, ours) else {
            return false
        }
        // The first coefficient becomes 4095.
        key[0] = 0xff
        key[1] |= 0x0f
        return encapsulated(key, m, provider) == nil
    }

    /// Shared secret, then ciphertext.
    private static func encapsulated(
        _ key: [UInt8],
        _ m: [UInt8],
        _ provider: Provider
    ) -> [UInt8]? {
        var secret = [UInt8](repeating: 0, count: MLKEM768.sharedSecretByteCount)
        var output = secret.mutableSpan
        let ciphertext = encapsulate(
            to: key.span,
            m: m.span,
            sharedSecret: &output,
            provider: provider
        )
        return ciphertext.map { secret + $0 }
    }

    private static func decapsulated(
        _ ciphertext: [UInt8],
        _ pair: EncapsulationKeyPair
    ) -> [UInt8]? {
        var secret = [UInt8](repeating: 0, count: MLKEM768.sharedSecretByteCount)
        var output = secret.mutableSpan
        return pair.decapsulate(ciphertext.span, sharedSecret: &output) ? secret : nil
    }
}
