// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaCommandLine
import HyphaControl
import HyphaCrypto
import HyphaDaemon

/// Commands about keys.
enum KeyCommands {
    /// What `key generate --json` prints.
    private struct GeneratedKey: Encodable {
        let keyFile: String
        let publicKey: String
        let address: String
        let subnet: String
    }

    static func generate(_ invocation: Invocation) throws(ProgramFailure) {
        let settings = try ConfigurationCommands.settings(invocation)
        let file = KeyFile(path: settings.keyFile)
        let identity: IdentityAnswer
        do throws(KeyFileError) {
            let secret = try invocation.has("force") ? file.replace() : file.create()
            identity = IdentityAnswer(X25519.publicKey(of: secret))
        } catch {
            throw failure(error)
        }
        let generated = GeneratedKey(
            keyFile: file.path,
            publicKey: identity.publicKey,
            address: identity.address,
            subnet: identity.subnet
        )
        Terminal.show(generated, invocation) { _ in
            SettingsText.generated(identity, path: file.path)
        }
    }

    static func inspect(_ invocation: Invocation) throws(ProgramFailure) {
        let identity: IdentityAnswer
        if let text = invocation.arguments.first {
            guard let key = PublicKey(hexadecimal: text) else {
                throw .text(.notAKey(text), .wrongUsage)
            }
            identity = IdentityAnswer(key)
        } else if let path = invocation.value("key-file") {
            identity = try inspect(path)
        } else {
            var client = try ControlClient(invocation)
            identity = try client.ask(.whoami, as: IdentityAnswer.self)
        }
        Terminal.show(identity, invocation) { _ in SettingsText.render(identity) }
    }

    private static func inspect(_ path: String) throws(ProgramFailure) -> IdentityAnswer {
        do throws(KeyFileError) {
            let secret = try KeyFile(path: path).load().takeSecret()
            return IdentityAnswer(X25519.publicKey(of: secret))
        } catch {
            throw failure(error)
        }
    }

    private static func failure(_ error: KeyFileError) -> ProgramFailure {
        let text =
            switch error {
            case .missing(let path): FailureText.keyMissing(path: path)
            case .exists(let path): FailureText.keyExists(path: path)
            case .tooShort(let path, let count):
                FailureText(
                    .keyFileMalformed(path: path, byteCount: count),
                    reason: Surroundings.reason
                )
            case .tooLong(let path), .notAFile(let path): FailureText.keyMissing(path: path)
            case .failed(_, let path, let errno):
                FailureText(.keyFile(path: path, errno: errno), reason: Surroundings.reason)
            }
        return .text(text, .failed)
    }
}
