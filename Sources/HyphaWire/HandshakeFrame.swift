// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaBytes

/// A frame of the link handshake, decoded (`Docs/protocol/hypha.md` sections 3 and 3.1).
package enum HandshakeFrame: Hashable, Sendable {
    case initiation(InitiationPart)
    case response(HandshakeResponse)
    case cookieReply(CookieReply)
    case keyRequest(KeyRequest)
    case keyReply(KeyReply)

    /// Reads a frame; MACs are not verified here.
    ///
    /// - Parameter frame: One datagram, or the content of one sealed packet of a stream.
    /// - Returns: The frame.
    /// - Throws: ``WireError`` for another type, length or version, a reserved byte that is not
    ///   zero and part numbers that do not fit the length; the frame is dropped and counted.
    package static func decode(_ frame: Span<UInt8>) throws(WireError) -> HandshakeFrame {
        var reader = FieldReader(frame)
        let type = try reader.frameType()
        let version: UInt8 = try reader.integer()
        guard version == LinkFrame.version else {
            throw .frameVersion(expected: LinkFrame.version, found: version)
        }
        switch type {
        case .initiation: return .initiation(try reader.initiation())
        case .response: return .response(try reader.response())
        case .cookieReply: return .cookieReply(try reader.cookieReply())
        case .keyRequest: return .keyRequest(try reader.keyRequest())
        case .keyReply: return .keyReply(try reader.keyReply())
        case .transport: throw .frameType(found: type.rawValue)
        }
    }

    /// The bytes of the frame; the MACs of an initiation or response are zero.
    package func encoded() -> [UInt8] {
        switch self {
        case .initiation(let frame): frame.encoded()
        case .response(let frame): frame.encoded()
        case .cookieReply(let frame): frame.encoded()
        case .keyRequest(let frame): frame.encoded()
        case .keyReply(let frame): frame.encoded()
        }
    }
}

/// A handshake initiation (type 1): Noise message 1, whole or one of two parts.
///
///     | 1, version, part, parts | sender index 4 | message 658 or 1316 | mac1 16 | mac2 16 |
package struct InitiationPart: Hashable, Sendable {
    /// 0, or 1 in the second of two.
    package let part: UInt8
    /// 1 or 2.
    package let parts: UInt8
    package let senderIndex: UInt32
    /// The message (1316 bytes) or one half of it (658).
    package let message: [UInt8]

    /// - Parameters:
    ///   - part: 0..<`parts`.
    ///   - parts: 1 or 2.
    ///   - senderIndex: The initiator's index.
    ///   - message: 1316 bytes, or 658 when there are two parts; traps for another size.
    package init(part: UInt8, parts: UInt8, senderIndex: UInt32, message: [UInt8]) {
        precondition(parts == 1 || parts == 2)
        precondition(part < parts && message.count == Self.messageByteCount(parts: parts))
        self.part = part
        self.parts = parts
        self.senderIndex = senderIndex
        self.message = message
    }

    /// The bytes of the frame, both MACs zero.
    package func encoded() -> [UInt8] {
        var frame = [FrameType.initiation.rawValue, LinkFrame.version, part, parts]
        frame.appendBigEndian(senderIndex)
        frame += message
        frame.appendZeroes(2 * LinkFrame.macByteCount)
        return frame
    }

    /// The frames of one message.
    ///
    /// - Parameters:
    ///   - message: Noise message 1; traps for another size than 1316.
    ///   - senderIndex: The initiator's index.
    ///   - carrier: Where they go: two parts for datagrams, one for a stream.
    /// - Returns: One or two parts, in order.
    package static func parts(
        of message: [UInt8],
        senderIndex: UInt32,
        over carrier: CarrierKind
    ) -> [InitiationPart] {
        switch carrier {
        case .stream:
            return [
                InitiationPart(part: 0, parts: 1, senderIndex: senderIndex, message: message)
            ]
        case .datagram:
            let cut = LinkFrame.initiationMessagePartByteCount
            let halves = [Array(message.prefix(cut)), Array(message.dropFirst(cut))]
            return zip([0, 1], halves).map { part, half in
                InitiationPart(part: part, parts: 2, senderIndex: senderIndex, message: half)
            }
        }
    }

    fileprivate static func messageByteCount(parts: UInt8) -> Int {
        parts == 1
            ? LinkFrame.initiationMessageByteCount : LinkFrame.initiationMessagePartByteCount
    }
}

/// A handshake response (type 2): Noise message 2.
///
///     | 2, version, 0, 1 | sender index 4 | receiver index 4 | message 1178 | mac1 16 | mac2 16 |
package struct HandshakeResponse: Hashable, Sendable {
    package let senderIndex: UInt32
    /// The sender index of the initiation answered.
    package let receiverIndex: UInt32
    package let message: [UInt8]

    /// - Parameters:
    ///   - senderIndex: The responder's index.
    ///   - receiverIndex: The sender index of the initiation answered.
    ///   - message: 1178 bytes; traps for another size.
    package init(senderIndex: UInt32, receiverIndex: UInt32, message: [UInt8]) {
        precondition(message.count == LinkFrame.responseMessageByteCount)
        self.senderIndex = senderIndex
        self.receiverIndex = receiverIndex
        self.message = message
    }

    /// The bytes of the frame, both MACs zero.
    package func encoded() -> [UInt8] {
        var frame = [FrameType.response.rawValue, LinkFrame.version, 0, 1]
        frame.appendBigEndian(senderIndex)
        frame.appendBigEndian(receiverIndex)
        frame += message
        frame.appendZeroes(2 * LinkFrame.macByteCount)
        return frame
    }
}

/// A cookie reply (type 3).
///
///     | 3, version, part, 0 | receiver index 4 | nonce 24 | sealed cookie 32 |
package struct CookieReply: Hashable, Sendable {
    /// The part number of the frame answered, 0 or 1.
    package let part: UInt8
    /// The sender index of the frame answered.
    package let receiverIndex: UInt32
    package let nonce: [UInt8]
    package let sealedCookie: [UInt8]

    /// - Parameters:
    ///   - part: 0 or 1.
    ///   - receiverIndex: The sender index of the frame answered.
    ///   - nonce: 24 bytes; traps for another size.
    ///   - sealedCookie: 32 bytes; traps for another size.
    package init(part: UInt8, receiverIndex: UInt32, nonce: [UInt8], sealedCookie: [UInt8]) {
        precondition(part <= 1 && nonce.count == LinkFrame.cookieNonceByteCount)
        precondition(sealedCookie.count == LinkFrame.sealedCookieByteCount)
        self.part = part
        self.receiverIndex = receiverIndex
        self.nonce = nonce
        self.sealedCookie = sealedCookie
    }

    /// The 64 bytes of the frame.
    package func encoded() -> [UInt8] {
        var frame = [FrameType.cookieReply.rawValue, LinkFrame.version, part, 0]
        frame.appendBigEndian(receiverIndex)
        return frame + nonce + sealedCookie
    }
}

/// A key request (type 5): 64 bytes, so that its answer is never larger.
///
///     | 5, version, 0, 0 | nonce 8 | zeroes 36 | MAC 16 |
package struct KeyRequest: Hashable, Sendable {
    package let nonce: UInt64
    /// 16 bytes, zeroes in a public network; covers the 48 bytes before it.
    package let mac: [UInt8]

    /// - Parameters:
    ///   - nonce: Random; the reply repeats it.
    ///   - mac: 16 bytes; traps for another size.
    package init(
        nonce: UInt64,
        mac: [UInt8] = [UInt8](repeating: 0, count: LinkFrame.macByteCount)
    ) {
        precondition(mac.count == LinkFrame.macByteCount)
        self.nonce = nonce
        self.mac = mac
    }

    /// The 64 bytes of the frame.
    package func encoded() -> [UInt8] { covered + mac }

    /// The 48 bytes that the MAC covers.
    package var covered: [UInt8] {
        var frame = [FrameType.keyRequest.rawValue, LinkFrame.version, 0, 0]
        frame.appendBigEndian(nonce)
        frame.appendZeroes(LinkFrame.keyRequestMACOffset - frame.count)
        return frame
    }
}

/// A key reply (type 6).
///
///     | 6, version, 0, 0 | nonce 8 | public key 32 | MAC 16, in a private network only |
package struct KeyReply: Hashable, Sendable {
    /// That of the request.
    package let nonce: UInt64
    package let publicKey: PublicKey
    /// 16 bytes in a private network; covers the 44 bytes before it.
    package let mac: [UInt8]?

    /// - Parameters:
    ///   - nonce: That of the request.
    ///   - publicKey: The key of whoever answers.
    ///   - mac: 16 bytes or `nil`; traps for another size.
    package init(nonce: UInt64, publicKey: PublicKey, mac: [UInt8]? = nil) {
        precondition((mac?.count ?? LinkFrame.macByteCount) == LinkFrame.macByteCount)
        self.nonce = nonce
        self.publicKey = publicKey
        self.mac = mac
    }

    /// The 44 or 60 bytes of the frame.
    package func encoded() -> [UInt8] { covered + (mac ?? []) }

    /// The 44 bytes that the MAC covers.
    package var covered: [UInt8] {
        var frame = [FrameType.keyReply.rawValue, LinkFrame.version, 0, 0]
        frame.appendBigEndian(nonce)
        publicKey.appendBytes(to: &frame)
        return frame
    }
}

// MARK: - Decoding, from byte 2 on

extension FieldReader {
    fileprivate mutating func frameType() throws(WireError) -> FrameType {
        let byte: UInt8 = try integer()
        guard let type = FrameType(rawValue: byte) else { throw .frameType(found: byte) }
        return type
    }

    fileprivate mutating func initiation() throws(WireError) -> InitiationPart {
        let part: UInt8 = try integer()
        let parts: UInt8 = try integer()
        guard (1...2).contains(parts), part < parts else {
            throw .frameParts(part: part, parts: parts)
        }
        let senderIndex: UInt32 = try integer()
        let message = try bytes(InitiationPart.messageByteCount(parts: parts))
        try skip(2 * LinkFrame.macByteCount)
        try finish()
        return InitiationPart(
            part: part,
            parts: parts,
            senderIndex: senderIndex,
            message: message
        )
    }

    fileprivate mutating func response() throws(WireError) -> HandshakeResponse {
        let part: UInt8 = try integer()
        let parts: UInt8 = try integer()
        guard part == 0, parts == 1 else { throw .frameParts(part: part, parts: parts) }
        let senderIndex: UInt32 = try integer()
        let receiverIndex: UInt32 = try integer()
        let message = try bytes(LinkFrame.responseMessageByteCount)
        try skip(2 * LinkFrame.macByteCount)
        try finish()
        return HandshakeResponse(
            senderIndex: senderIndex,
            receiverIndex: receiverIndex,
            message: message
        )
    }

    fileprivate mutating func cookieReply() throws(WireError) -> CookieReply {
        let part: UInt8 = try integer()
        guard part <= 1 else { throw .frameParts(part: part, parts: 2) }
        try zeroes(1)
        let receiverIndex: UInt32 = try integer()
        let nonce = try bytes(LinkFrame.cookieNonceByteCount)
        let sealedCookie = try bytes(LinkFrame.sealedCookieByteCount)
        try finish()
        return CookieReply(
            part: part,
            receiverIndex: receiverIndex,
            nonce: nonce,
            sealedCookie: sealedCookie
        )
    }

    fileprivate mutating func keyRequest() throws(WireError) -> KeyRequest {
        try zeroes(2)
        let nonce: UInt64 = try integer()
        try zeroes(LinkFrame.keyRequestMACOffset - 12)
        let mac = try bytes(LinkFrame.macByteCount)
        try finish()
        return KeyRequest(nonce: nonce, mac: mac)
    }

    fileprivate mutating func keyReply() throws(WireError) -> KeyReply {
        try zeroes(2)
        let nonce: UInt64 = try integer()
        let publicKey = try publicKey()
        let mac = rest.isEmpty ? nil : try bytes(LinkFrame.macByteCount)
        try finish()
        return KeyReply(nonce: nonce, publicKey: publicKey, mac: mac)
    }
}
