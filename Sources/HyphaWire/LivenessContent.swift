// SPDX-License-Identifier: Apache-2.0
import HyphaBytes

/// What a liveness frame asks or says (`Docs/protocol/hypha.md` section 3.3).
package enum LivenessType: UInt8, Hashable, Sendable, CaseIterable {
    /// Asks for an echo; may be padded.
    case probe = 1
    /// Answers a probe or an MTU probe.
    case echo = 2
    /// Asks whether a frame of this size arrives.
    case mtuProbe = 3
    /// Ends the link, with a ``CloseCode``.
    case close = 4
    /// Asks a new address for a response, before more is sent there.
    case challenge = 5
    /// Answers a challenge.
    case response = 6
}

/// Why a link is closed (`Docs/protocol/hypha.md` section 3.3); another number is as 0.
package enum CloseCode: UInt8, Hashable, Sendable, CaseIterable {
    case unspecified = 0
    case shutdown = 1
    /// Another link to the same node stays.
    case replaced = 2
    case administrative = 3
    case interfaceDown = 4
    case protocolError = 5
}

/// The content of a liveness frame, kind 3 (`Docs/protocol/hypha.md` section 3.3).
///
///     | type 1 | reason 1 | zero 2 | token 8 | padding, or in the echo of an MTU probe length 2 |
///
/// A liveness frame without content keeps the link alive and nothing more.
package struct LivenessContent: Hashable, Sendable {
    package var type: LivenessType
    /// A ``CloseCode`` in a close, else 0.
    package var reason: UInt8
    /// Random; an echo or response repeats it.
    package var token: UInt64
    /// In the echo of an MTU probe the size of the frame that arrived, bytes.
    package var receivedByteCount: UInt16?
    /// Zeroes after the token, bytes; an echo has none.
    package var paddingByteCount: Int

    /// Size of a content without padding, bytes.
    package static let byteCount = 12

    /// - Parameters:
    ///   - type: What is asked or said.
    ///   - reason: A ``CloseCode`` in a close, else 0.
    ///   - token: Random, or that of what is answered.
    ///   - receivedByteCount: In the echo of an MTU probe the size of the frame that arrived.
    ///   - paddingByteCount: Zeroes after the token; none in an echo.
    package init(
        _ type: LivenessType,
        reason: UInt8 = 0,
        token: UInt64 = 0,
        receivedByteCount: UInt16? = nil,
        paddingByteCount: Int = 0
    ) {
        self.type = type
        self.reason = reason
        self.token = token
        self.receivedByteCount = receivedByteCount
        self.paddingByteCount = paddingByteCount
    }

    /// A close with its reason.
    package static func close(_ code: CloseCode) -> LivenessContent {
        LivenessContent(.close, reason: code.rawValue)
    }

    /// Why the link is closed, for a close.
    package var closeCode: CloseCode { CloseCode(rawValue: reason) ?? .unspecified }

    /// Reads a content; what padding holds is not looked at.
    ///
    /// - Parameter content: An opened liveness frame without header and tag.
    /// - Returns: The content, `nil` when it is empty, which only keeps the link alive.
    /// - Throws: ``WireError`` below 12 bytes, for an unknown type, a reserved byte that is not
    ///   zero, and an echo of another size than 12 or 14 bytes.
    package static func decode(_ content: Span<UInt8>) throws(WireError) -> LivenessContent? {
        guard !content.isEmpty else { return nil }
        var reader = FieldReader(content)
        let byte: UInt8 = try reader.integer()
        guard let type = LivenessType(rawValue: byte) else { throw .livenessType(found: byte) }
        let reason: UInt8 = try reader.integer()
        guard type == .close || reason == 0 else { throw .reservedByte(offset: 1, found: reason) }
        try reader.zeroes(2)
        var result = LivenessContent(type, reason: reason, token: try reader.integer())
        guard type == .echo else {
            result.paddingByteCount = reader.rest.count
            return result
        }
        if !reader.rest.isEmpty { result.receivedByteCount = try reader.integer() }
        try reader.finish()
        return result
    }

    /// The bytes of the content.
    ///
    /// - Parameter byteCount: Size of the whole content in place of ``paddingByteCount``; a
    ///   smaller one than the fields need adds nothing, and an echo is never padded.
    /// - Returns: 12 bytes or more.
    package func encoded(padTo byteCount: Int? = nil) -> [UInt8] {
        var content = [type.rawValue, reason, 0, 0]
        content.appendBigEndian(token)
        guard type != .echo else {
            if let receivedByteCount { content.appendBigEndian(receivedByteCount) }
            return content
        }
        let padding = byteCount.map { $0 - content.count } ?? paddingByteCount
        content.appendZeroes(max(0, padding))
        return content
    }
}
