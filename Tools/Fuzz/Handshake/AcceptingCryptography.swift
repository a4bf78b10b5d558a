// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaSession

/// Cryptography that takes everything for genuine, so that the fuzzer gets behind it.
///
/// Keys and payloads stand in the open at fixed places of the messages: message 1 has the
/// initiator's key at 32 and its payload at 64, message 2 its payload at 32. Only cookies and the
/// authenticators that ask for one can be wrong: they are right when their first byte is even.
struct AcceptingCryptography: SessionCryptography {
    let publicKey: PublicKey
    let networkName: [UInt8]

    private static let zeroes = [UInt8](repeating: 0, count: 16)

    mutating func initiate(
        _ scope: SessionScope,
        to responder: PublicKey,
        payload: [UInt8]
    ) -> (PublicKey, message: [UInt8])? {
        guard responder.words.0 != 0 else { return nil }
        let open = [UInt8](repeating: 0, count: 32) + publicKey.bytes + payload
        return (responder, open + [UInt8](repeating: 0, count: 1316 - open.count))
    }

    mutating func receive(
        _ scope: SessionScope,
        initiation: [UInt8]
    ) -> (initiator: PublicKey, payload: [UInt8], pending: UInt8)? {
        guard let key = PublicKey(Array(initiation[32..<64])) else { return nil }
        return (key, Array(initiation[64..<84]), initiation[0])
    }

    mutating func respond(
        _ pending: UInt8,
        payload: [UInt8]
    ) -> (message: [UInt8], keys: SessionKeys)? {
        guard pending != 0xff else { return nil }
        return ([UInt8](repeating: 0, count: 1178), keys)
    }

    mutating func complete(
        _ pending: PublicKey,
        message: [UInt8]
    ) -> (payload: [UInt8], keys: SessionKeys)? {
        guard message[0] != 0xff else { return nil }
        return (Array(message[32..<58]), keys)
    }

    func authenticator(of message: Span<UInt8>, key: [UInt8]) -> [UInt8] { Self.zeroes }
    func hash(_ bytes: [UInt8]) -> [UInt8] { Self.zeroes + Self.zeroes }
    func mac1Key(for receiver: PublicKey) -> [UInt8] { receiver.bytes }
    func keyRequestAuthenticator(of bytes: [UInt8]) -> [UInt8]? {
        networkName.isEmpty ? nil : Self.zeroes
    }
    func sealCookie(
        _ cookie: [UInt8],
        replier: PublicKey,
        nonce: [UInt8],
        additionalData: [UInt8]
    ) -> [UInt8] {
        cookie + Self.zeroes
    }
    func openCookie(
        _ sealed: [UInt8],
        replier: PublicKey,
        nonce: [UInt8],
        additionalData: [UInt8]
    ) -> [UInt8]? {
        sealed[0] % 2 == 0 ? Array(sealed.prefix(16)) : nil
    }
    func isEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool { (b.first ?? 0) % 2 == 0 }

    private var keys: SessionKeys {
        SessionKeys(
            sending: SecretBytes(copying: (Self.zeroes + Self.zeroes).span),
            receiving: SecretBytes(copying: (Self.zeroes + Self.zeroes).span)
        )
    }
}
