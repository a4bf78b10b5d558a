// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaBytes

/// What the initiator of an end-to-end session says inside Noise message 1
/// (`Docs/protocol/hypha.md` section 4).
///
///     | timestamp 12 | capabilities 2 | inner MTU 2 | zero 4 |
package struct SessionPayload1: Hashable, Sendable {
    /// Greater than in every earlier initiation of this node.
    package var timestamp: TAI64N
    package var capabilities: Capabilities
    /// Largest inner packet that the sender takes, bytes.
    package var innerMTU: UInt16

    /// Size in bytes, that of ``LinkPayload1``.
    package static let byteCount = 20

    package init(timestamp: TAI64N, capabilities: Capabilities, innerMTU: UInt16) {
        self.timestamp = timestamp
        self.capabilities = capabilities
        self.innerMTU = innerMTU
    }

    /// - Parameter bytes: The opened payload.
    /// - Returns: The fields.
    /// - Throws: ``WireError`` for another size than 20 bytes or a reserved byte that is not zero.
    package static func decode(_ bytes: Span<UInt8>) throws(WireError) -> SessionPayload1 {
        var reader = FieldReader(bytes)
        let payload = SessionPayload1(
            timestamp: try reader.timestamp(),
            capabilities: try reader.capabilities(),
            innerMTU: try reader.integer()
        )
        try reader.zeroes(4)
        try reader.finish()
        return payload
    }

    /// The 20 bytes.
    package func encoded() -> [UInt8] {
        var bytes = timestamp.bytes
        bytes.appendBigEndian(capabilities.rawValue)
        bytes.appendBigEndian(innerMTU)
        bytes.appendZeroes(4)
        return bytes
    }
}

/// What the responder of an end-to-end session says inside Noise message 2
/// (`Docs/protocol/hypha.md` section 4).
///
///     | capabilities 2 | inner MTU 2 | zero 22 |
package struct SessionPayload2: Hashable, Sendable {
    package var capabilities: Capabilities
    /// Largest inner packet that the sender takes, bytes.
    package var innerMTU: UInt16

    /// Size in bytes, that of ``LinkPayload2``.
    package static let byteCount = 26

    package init(capabilities: Capabilities, innerMTU: UInt16) {
        self.capabilities = capabilities
        self.innerMTU = innerMTU
    }

    /// - Parameter bytes: The opened payload.
    /// - Returns: The fields.
    /// - Throws: ``WireError`` for another size than 26 bytes or a reserved byte that is not zero.
    package static func decode(_ bytes: Span<UInt8>) throws(WireError) -> SessionPayload2 {
        var reader = FieldReader(bytes)
        let payload = SessionPayload2(
            capabilities: try reader.capabilities(),
            innerMTU: try reader.integer()
        )
        try reader.zeroes(22)
        try reader.finish()
        return payload
    }

    /// The 26 bytes.
    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(capabilities.rawValue)
        bytes.appendBigEndian(innerMTU)
        bytes.appendZeroes(22)
        return bytes
    }
}
