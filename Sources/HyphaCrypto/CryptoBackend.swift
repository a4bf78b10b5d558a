// SPDX-License-Identifier: Apache-2.0
import CHyphaCrypto
import Glibc

/// The library that seals and opens packets.
package enum CryptoBackend: String, CaseIterable, Hashable, Sendable {
    /// libipsec-mb: x86-64 with AES instructions only, several times faster.
    case ipsecMB = "ipsec-mb"
    /// OpenSSL's EVP: everywhere.
    case openSSL = "openssl"

    /// What `crypto.backend` asks for.
    package enum Choice: Hashable, Sendable {
        /// The fastest one that gives the known answers.
        case automatic
        /// This one or none.
        case forced(CryptoBackend)

        /// - Parameter name: `auto`, `ipsec-mb` or `openssl`, otherwise `nil`.
        package init?(name: String) {
            if name == "auto" {
                self = .automatic
            } else if let backend = CryptoBackend(rawValue: name) {
                self = .forced(backend)
            } else {
                return nil
            }
        }
    }

    /// Why a backend cannot be used on this machine.
    package enum Unavailability: Error, Hashable, Sendable {
        /// Its shared library is not installed.
        case libraryMissing
        /// Its shared library is not of a version this program was built for.
        case libraryIncompatible
        /// It is not part of this build, or the processor lacks AES instructions.
        case processorUnsupported
        /// It gave a wrong known answer: do not trust the library or the machine.
        case knownAnswerWrong
        /// The system said no.
        case failed(errno: Int32)
    }

    private var code: CInt {
        switch self {
        case .ipsecMB: CInt(HYPHA_AEAD_IPSEC_MB)
        case .openSSL: CInt(HYPHA_AEAD_OPENSSL)
        }
    }

    /// The backend of ciphers made from here on without naming one.
    ///
    /// Chosen automatically at the first use unless ``choose(_:)`` came before.
    package static var current: CryptoBackend {
        hypha_aead_current() == HYPHA_AEAD_IPSEC_MB ? .ipsecMB : .openSSL
    }

    /// Chooses the backend of later ciphers; those that exist keep theirs.
    ///
    /// - Throws: Why the forced backend, or with `.automatic` the last resort, cannot be used; the
    ///   choice is then unchanged.
    package static func choose(_ choice: Choice) throws(Unavailability) {
        let code =
            switch choice {
            case .automatic: CInt(HYPHA_AEAD_AUTO)
            case .forced(let backend): backend.code
            }
        try check(hypha_aead_choose(code))
    }

    /// Tests the backend with known answers, once in a process.
    ///
    /// - Throws: Why it cannot be used.
    package func check() throws(Unavailability) { try Self.check(hypha_aead_check(code)) }

    private static func check(_ result: CInt) throws(Unavailability) {
        switch -result {
        case 0: return
        case ENOENT: throw .libraryMissing
        case ENOEXEC: throw .libraryIncompatible
        case ENOTSUP: throw .processorUnsupported
        case EBADMSG: throw .knownAnswerWrong
        default: throw .failed(errno: -result)
        }
    }

    /// Expands a 32-byte key; `nil` when the size is wrong, the backend is not usable or memory
    /// ran out.
    func expand(_ key: Span<UInt8>) -> CipherHandle? {
        let raw = unsafe key.withUnsafeBufferPointer { key in
            // Safe: pointer and size belong together.
            unsafe hypha_aead_expand(code, key.baseAddress, key.count)
        }
        return unsafe raw.map { unsafe CipherHandle(owning: $0) }
    }
}
