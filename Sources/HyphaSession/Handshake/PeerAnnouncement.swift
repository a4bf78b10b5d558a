// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaWire

/// What the other end says of itself in its payload.
struct PeerAnnouncement {
    /// Only in message 1.
    var timestamp: TAI64N?
    var capabilities: Capabilities
    var mtuBytes: UInt16
    var udpPort: UInt16 = 0
    var tcpPort: UInt16 = 0
    /// Only in message 2 of a link.
    var reflexive: SocketAddress?

    /// - Parameters:
    ///   - payload: Payload 1.
    ///   - carrier: What it came over.
    init?(initiation payload: [UInt8], carrier: SessionCarrier) {
        if carrier == .endToEnd {
            guard let fields = try? SessionPayload1.decode(payload.span) else { return nil }
            timestamp = fields.timestamp
            capabilities = fields.capabilities
            mtuBytes = fields.innerMTU
        } else {
            guard let fields = try? LinkPayload1.decode(payload.span) else { return nil }
            timestamp = fields.timestamp
            capabilities = fields.capabilities
            mtuBytes = fields.carrierMTU
            udpPort = fields.udpPort
            tcpPort = fields.tcpPort
        }
    }

    /// - Parameters:
    ///   - payload: Payload 2.
    ///   - carrier: What it came over.
    init?(response payload: [UInt8], carrier: SessionCarrier) {
        if carrier == .endToEnd {
            guard let fields = try? SessionPayload2.decode(payload.span) else { return nil }
            capabilities = fields.capabilities
            mtuBytes = fields.innerMTU
        } else {
            guard let fields = try? LinkPayload2.decode(payload.span) else { return nil }
            capabilities = fields.capabilities
            mtuBytes = fields.carrierMTU
            udpPort = fields.udpPort
            tcpPort = fields.tcpPort
            if carrier == .datagram { reflexive = fields.reflexive }
        }
    }
}
