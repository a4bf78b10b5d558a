// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaFakes
import HyphaSession
import HyphaWire

/// Makes genuine initiations without an engine: for floods, forgeries and whatever an honest node
/// would not send.
struct HandshakeStranger: ~Copyable {
    let key: PublicKey
    var crypto: FakeCryptography
    private var seconds: UInt64 = 1_900_000_000

    init(_ number: UInt64, network: String = "") {
        key = PublicKey(words: (.max, number, 3, 3))
        crypto = FakeCryptography(key: key, network: network, seed: number)
    }

    /// A message 1, later than all before.
    mutating func message(to responder: PublicKey, _ scope: SessionScope = .link) -> [UInt8] {
        seconds += 1
        let timestamp = TAI64N(unixSeconds: seconds, nanoseconds: 0)
        let payload =
            switch scope {
            case .link:
                LinkPayload1(
                    timestamp: timestamp,
                    capabilities: [],
                    carrierMTU: 1232,
                    udpPort: 1,
                    tcpPort: 2
                ).encoded()
            case .endToEnd:
                SessionPayload1(timestamp: timestamp, capabilities: [], innerMTU: 1280).encoded()
            }
        return crypto.initiate(scope, to: responder, payload: payload)?.message ?? []
    }

    /// The frames of a new message 1 with a valid first authenticator.
    mutating func frames(
        to responder: PublicKey,
        index: UInt32,
        over carrier: CarrierKind = .datagram
    ) -> [[UInt8]] {
        let message = message(to: responder)
        return InitiationPart.parts(of: message, senderIndex: index, over: carrier).map {
            var frame = $0.encoded()
            authenticate(&frame, for: responder)
            return frame
        }
    }

    /// Writes the authenticators as the protocol says.
    func authenticate(_ frame: inout [UInt8], for responder: PublicKey, cookie: [UInt8]? = nil) {
        let key = crypto.mac1Key(for: responder)
        let covered = Array(frame[..<FrameMACs.coveredByMAC1(frame.count)])
        FrameMACs.setMAC1(crypto.authenticator(of: covered.span, key: key), in: &frame)
        guard let cookie else { return }
        let more = Array(frame[..<FrameMACs.coveredByMAC2(frame.count)])
        FrameMACs.setMAC2(crypto.authenticator(of: more.span, key: cookie), in: &frame)
    }

    /// Content of an end-to-end body with a new message 1.
    mutating func content(to responder: PublicKey, index: UInt32) -> [UInt8] {
        bytes(index) + message(to: responder, .endToEnd)
    }

    private func bytes(_ index: UInt32) -> [UInt8] {
        stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: index >> UInt32($0)) }
    }
}
