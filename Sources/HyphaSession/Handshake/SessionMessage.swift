// SPDX-License-Identifier: Apache-2.0
import HyphaBytes
import HyphaWire

/// The content of end-to-end handshake bodies, `Docs/protocol/hypha.md` section 4.
///
///     0x10   | sender index 4 | Noise message 1, 1316 |
///     0x11   | sender index 4 | receiver index 4 | Noise message 2, 1178 |
///
/// There are no authenticators: the body is sealed with the base key.
enum SessionMessage {
    static let initiationType: UInt8 = 0x10
    static let responseType: UInt8 = 0x11
    static let initiationByteCount = 4 + LinkFrame.initiationMessageByteCount
    static let responseByteCount = 8 + LinkFrame.responseMessageByteCount

    static func initiation(sender: UInt32, message: [UInt8]) -> [UInt8] {
        var content: [UInt8] = []
        content.reserveCapacity(initiationByteCount)
        content.appendBigEndian(sender)
        return content + message
    }

    static func response(sender: UInt32, receiver: UInt32, message: [UInt8]) -> [UInt8] {
        var content: [UInt8] = []
        content.reserveCapacity(responseByteCount)
        content.appendBigEndian(sender)
        content.appendBigEndian(receiver)
        return content + message
    }
}
