// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaBytes

/// What the initiator of a link says inside Noise message 1 (`Docs/protocol/hypha.md` section 3.1).
///
///     | timestamp 12 | capabilities 2 | carrier MTU 2 | UDP port 2 | TCP port 2 |
package struct LinkPayload1: Hashable, Sendable {
    /// Greater than in every earlier initiation of this node.
    package var timestamp: TAI64N
    package var capabilities: Capabilities
    /// Largest frame that the sender takes on this carrier, bytes.
    package var carrierMTU: UInt16
    /// Port that the sender listens on for UDP, 0 for none.
    package var udpPort: UInt16
    /// Port that the sender listens on for TCP, 0 for none.
    package var tcpPort: UInt16

    /// Size in bytes.
    package static let byteCount = 20

    package init(
        timestamp: TAI64N,
        capabilities: Capabilities,
        carrierMTU: UInt16,
        udpPort: UInt16,
        tcpPort: UInt16
    ) {
        self.timestamp = timestamp
        self.capabilities = capabilities
        self.carrierMTU = carrierMTU
        self.udpPort = udpPort
        self.tcpPort = tcpPort
    }

    /// - Parameter bytes: The opened payload.
    /// - Returns: The fields.
    /// - Throws: ``WireError`` for another size than 20 bytes.
    package static func decode(_ bytes: Span<UInt8>) throws(WireError) -> LinkPayload1 {
        var reader = FieldReader(bytes)
        let payload = LinkPayload1(
            timestamp: try reader.timestamp(),
            capabilities: try reader.capabilities(),
            carrierMTU: try reader.integer(),
            udpPort: try reader.integer(),
            tcpPort: try reader.integer()
        )
        try reader.finish()
        return payload
    }

    /// The 20 bytes.
    package func encoded() -> [UInt8] {
        var bytes = timestamp.bytes
        for value in [capabilities.rawValue, carrierMTU, udpPort, tcpPort] {
            bytes.appendBigEndian(value)
        }
        return bytes
    }
}

/// What the responder of a link says inside Noise message 2 (`Docs/protocol/hypha.md` section 3.1).
///
///     | capabilities 2 | carrier MTU 2 | UDP port 2 | TCP port 2 | address 16 | port 2 |
package struct LinkPayload2: Hashable, Sendable {
    package var capabilities: Capabilities
    /// Largest frame that the sender takes on this carrier, bytes.
    package var carrierMTU: UInt16
    /// Port that the sender listens on for UDP, 0 for none.
    package var udpPort: UInt16
    /// Port that the sender listens on for TCP, 0 for none.
    package var tcpPort: UInt16
    /// The initiator's endpoint as the responder sees it, without a scope; `nil` (18 zeroes) where
    /// there is none.
    package var reflexive: SocketAddress?

    /// Size in bytes.
    package static let byteCount = 26

    package init(
        capabilities: Capabilities,
        carrierMTU: UInt16,
        udpPort: UInt16,
        tcpPort: UInt16,
        reflexive: SocketAddress?
    ) {
        self.capabilities = capabilities
        self.carrierMTU = carrierMTU
        self.udpPort = udpPort
        self.tcpPort = tcpPort
        self.reflexive = reflexive
    }

    /// - Parameter bytes: The opened payload.
    /// - Returns: The fields.
    /// - Throws: ``WireError`` for another size than 26 bytes.
    package static func decode(_ bytes: Span<UInt8>) throws(WireError) -> LinkPayload2 {
        var reader = FieldReader(bytes)
        let payload = LinkPayload2(
            capabilities: try reader.capabilities(),
            carrierMTU: try reader.integer(),
            udpPort: try reader.integer(),
            tcpPort: try reader.integer(),
            reflexive: try reader.socketAddress()
        )
        try reader.finish()
        return payload
    }

    /// The 26 bytes.
    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        for value in [capabilities.rawValue, carrierMTU, udpPort, tcpPort] {
            bytes.appendBigEndian(value)
        }
        bytes.append(reflexive)
        return bytes
    }
}

// MARK: - Fields

extension FieldReader {
    mutating func timestamp() throws(WireError) -> TAI64N {
        TAI64N(seconds: try integer(), nanoseconds: try integer())
    }

    mutating func capabilities() throws(WireError) -> Capabilities {
        Capabilities(rawValue: try integer())
    }

    /// An IPv6 or IPv4-mapped address (16) and a port (2); `nil` for 18 zeroes.
    mutating func socketAddress() throws(WireError) -> SocketAddress? {
        let address = try ipv6Address()
        let port: UInt16 = try integer()
        guard address != .unspecified || port != 0 else { return nil }
        return SocketAddress(host: .v6(address, scope: 0), port: port)
    }
}

extension Array where Element == UInt8 {
    /// Appends an address as IPv6 or IPv4-mapped (16) and its port (2); 18 zeroes for `nil`.
    mutating func append(_ address: SocketAddress?) {
        guard let address else { return appendZeroes(18) }
        switch address.host {
        case .v4(let host): append(IPv6Address(high: 0, low: 0xffff_0000_0000 | UInt64(host.bits)))
        case .v6(let host, scope: _): append(host)
        }
        appendBigEndian(address.port)
    }
}
