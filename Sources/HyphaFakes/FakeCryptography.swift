// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaBytes
package import HyphaSession

/// Counts what the engine asks of the cryptography.
package final class CryptographyMeter {
    /// Calls of each kind.
    package var authenticators = 0
    package var initiations = 0
    package var receives = 0
    package var responds = 0
    package var completes = 0
    package var cookies = 0

    package init() {}
}

/// Cryptography without secrecy, but with everything that a handshake depends on: a message is
/// accepted by whom it is for, in its scope and network, unchanged, and both ends get equal keys.
package struct FakeCryptography: SessionCryptography, ~Copyable {
    /// As ``SessionCryptography`` says.
    package struct PendingInitiation {
        let responder: PublicKey
        let message: [UInt8]
    }
    /// As ``SessionCryptography`` says.
    package struct PendingResponse {
        let message: [UInt8]
        let initiator: PublicKey
    }

    /// As ``SessionCryptography`` says.
    package let publicKey: PublicKey
    package let networkName: [UInt8]
    /// What was asked so far.
    package let meter: CryptographyMeter
    private var random: SplitMix64

    /// A key that no handshake accepts.
    package static let smallOrderKey = PublicKey(words: (0, 0, 0, 0))

    /// - Parameters:
    ///   - key: This node's key.
    ///   - network: Name of the network; empty = public.
    ///   - meter: Counts the calls.
    ///   - seed: What the ephemeral keys follow from.
    package init(
        key: PublicKey,
        network: String = "",
        meter: CryptographyMeter = CryptographyMeter(),
        seed: UInt64
    ) {
        publicKey = key
        networkName = Array(network.utf8)
        self.meter = meter
        random = SplitMix64(seed: seed)
    }

    // MARK: - Noise

    /// As ``SessionCryptography`` says.
    package mutating func initiate(
        _ scope: SessionScope,
        to responder: PublicKey,
        payload: [UInt8]
    ) -> (PendingInitiation, message: [UInt8])? {
        meter.initiations += 1
        guard responder != Self.smallOrderKey else { return nil }
        let open = ephemeral() + publicKey.bytes + payload
        let tag = digest([prologue(scope), responder.bytes, open]).prefix(16)
        let message = pad(open + tag, to: 1316)
        return (PendingInitiation(responder: responder, message: message), message)
    }

    /// As ``SessionCryptography`` says.
    package mutating func receive(
        _ scope: SessionScope,
        initiation: [UInt8]
    ) -> (initiator: PublicKey, payload: [UInt8], pending: PendingResponse)? {
        meter.receives += 1
        let open = Array(initiation[..<84])
        let tag = Array(digest([prologue(scope), publicKey.bytes, open]).prefix(16))
        guard Array(initiation[84..<100]) == tag, initiation[100...].allSatisfy({ $0 == 0 }),
            let initiator = PublicKey(Array(open[32..<64])), initiator != Self.smallOrderKey
        else { return nil }
        let pending = PendingResponse(message: initiation, initiator: initiator)
        return (initiator, Array(open[64...]), pending)
    }

    /// As ``SessionCryptography`` says.
    package mutating func respond(
        _ pending: PendingResponse,
        payload: [UInt8]
    ) -> (message: [UInt8], keys: SessionKeys)? {
        meter.responds += 1
        let open = ephemeral() + payload
        let tag = digest([pending.message, publicKey.bytes, open]).prefix(16)
        let keys = keys(pending.message, open, isInitiator: false)
        return (pad(open + tag, to: 1178), keys)
    }

    /// As ``SessionCryptography`` says.
    package mutating func complete(
        _ pending: PendingInitiation,
        message: [UInt8]
    ) -> (payload: [UInt8], keys: SessionKeys)? {
        meter.completes += 1
        let open = Array(message[..<58])
        let tag = Array(digest([pending.message, pending.responder.bytes, open]).prefix(16))
        guard Array(message[58..<74]) == tag, message[74...].allSatisfy({ $0 == 0 }) else {
            return nil
        }
        return (Array(open[32...]), keys(pending.message, open, isInitiator: true))
    }

    // MARK: - Hashes and cookies

    /// As ``SessionCryptography`` says.
    package func authenticator(of message: Span<UInt8>, key: [UInt8]) -> [UInt8] {
        meter.authenticators += 1
        var state = Digest()
        state.absorb(key)
        state.absorb(message)
        return Array(state.bytes.prefix(16))
    }

    /// As ``SessionCryptography`` says.
    package func hash(_ bytes: [UInt8]) -> [UInt8] { digest([bytes]) }

    /// As ``SessionCryptography`` says.
    package func mac1Key(for receiver: PublicKey) -> [UInt8] {
        digest([Array("mac1".utf8), receiver.bytes, networkName])
    }

    /// As ``SessionCryptography`` says.
    package func keyRequestAuthenticator(of bytes: [UInt8]) -> [UInt8]? {
        networkName.isEmpty ? nil : Array(digest([networkName, bytes]).prefix(16))
    }

    /// As ``SessionCryptography`` says.
    package func sealCookie(
        _ cookie: [UInt8],
        replier: PublicKey,
        nonce: [UInt8],
        additionalData: [UInt8]
    ) -> [UInt8] {
        meter.cookies += 1
        return cookie + digest([cookie, replier.bytes, nonce, additionalData]).prefix(16)
    }

    /// As ``SessionCryptography`` says.
    package func openCookie(
        _ sealed: [UInt8],
        replier: PublicKey,
        nonce: [UInt8],
        additionalData: [UInt8]
    ) -> [UInt8]? {
        meter.cookies += 1
        let cookie = Array(sealed.prefix(16))
        let tag = digest([cookie, replier.bytes, nonce, additionalData]).prefix(16)
        return Array(sealed.dropFirst(16)) == Array(tag) ? cookie : nil
    }

    /// As ``SessionCryptography`` says.
    package func isEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool { a == b }

    // MARK: - Private

    private func prologue(_ scope: SessionScope) -> [UInt8] {
        Array((scope == .link ? "hypha link 1" : "hypha session 1").utf8) + networkName
    }

    private mutating func ephemeral() -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<4 { bytes.appendBigEndian(random.next()) }
        return bytes
    }

    private func keys(_ first: [UInt8], _ second: [UInt8], isInitiator: Bool) -> SessionKeys {
        let up = digest([first, second, [1]])
        let down = digest([first, second, [2]])
        return SessionKeys(
            sending: SecretBytes(copying: (isInitiator ? up : down).span),
            receiving: SecretBytes(copying: (isInitiator ? down : up).span)
        )
    }
}

private func pad(_ bytes: [UInt8], to count: Int) -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: count - bytes.count)
}

private func digest(_ parts: [[UInt8]]) -> [UInt8] {
    var state = Digest()
    for part in parts { state.absorb(part) }
    return state.bytes
}

/// A hash that is good enough where nobody attacks it; fast without optimisation.
private struct Digest {
    private var state: UInt64 = 0x243f_6a88_85a3_08d3

    mutating func absorb(_ bytes: [UInt8]) { absorb(bytes.span) }

    mutating func absorb(_ bytes: Span<UInt8>) {
        var at = 0
        while at + 8 <= bytes.count {
            mix(bytes.bigEndian(at: at))
            at += 8
        }
        while at < bytes.count {
            mix(UInt64(bytes[at]))
            at += 1
        }
        mix(UInt64(bytes.count))
    }

    var bytes: [UInt8] {
        var generator = SplitMix64(seed: state)
        var result: [UInt8] = []
        for _ in 0..<4 { result.appendBigEndian(generator.next()) }
        return result
    }

    private mutating func mix(_ word: UInt64) {
        state = (state ^ word) &* 0x9e37_79b9_7f4a_7c15
        state ^= state >> 29
    }
}
