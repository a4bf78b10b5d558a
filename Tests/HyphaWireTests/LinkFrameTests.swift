// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaWire
import Testing

/// The frames of a Hypha link: their bytes, and what is refused.
@Suite struct LinkFrameTests {
    private static func filled(_ count: Int, from first: UInt8 = 1) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ Int(first)) }
    }

    private static let key = PublicKey(words: (1, 2, 3, .max))

    /// One frame of every shape.
    static let frames: [HandshakeFrame] = [
        .initiation(
            InitiationPart(part: 0, parts: 1, senderIndex: 0x0102_0304, message: filled(1316))
        ),
        .initiation(
            InitiationPart(part: 0, parts: 2, senderIndex: .max, message: filled(658))
        ),
        .initiation(
            InitiationPart(part: 1, parts: 2, senderIndex: 0, message: filled(658, from: 9))
        ),
        .response(
            HandshakeResponse(senderIndex: 5, receiverIndex: 6, message: filled(1178))
        ),
        .cookieReply(
            CookieReply(
                part: 1,
                receiverIndex: 7,
                nonce: filled(24),
                sealedCookie: filled(32)
            )
        ),
        .keyRequest(KeyRequest(nonce: 0x1122_3344_5566_7788)),
        .keyRequest(KeyRequest(nonce: .max, mac: filled(16))),
        .keyReply(KeyReply(nonce: 3, publicKey: key)),
        .keyReply(KeyReply(nonce: 3, publicKey: key, mac: filled(16))),
    ]

    private func error(_ bytes: [UInt8]) -> WireError? {
        do throws(WireError) {
            _ = try HandshakeFrame.decode(bytes.span)
            return nil
        } catch {
            return error
        }
    }

    @Test func everyFrameHasItsSizeAndComesBack() throws {
        let sizes = [1356, 698, 698, 1222, 64, 64, 64, 44, 60]
        for (frame, size) in zip(Self.frames, sizes) {
            let bytes = frame.encoded()
            #expect(bytes.count == size)
            #expect(try HandshakeFrame.decode(bytes.span) == frame)
        }
        let types = Self.frames.map { $0.encoded()[0] }
        #expect(types == [1, 1, 1, 2, 3, 5, 5, 6, 6])
    }

    @Test func noHandshakeDatagramIsLargerThanTheLeastPathTakes() {
        #expect(LinkFrame.initiationPartByteCount <= 1232)
        #expect(LinkFrame.responseByteCount <= 1232)
        #expect(LinkFrame.keyRequestByteCount >= LinkFrame.authenticatedKeyReplyByteCount)
        #expect(LinkFrame.initiationPartByteCount == 8 + 658 + 32)
        #expect(LinkFrame.initiationWholeByteCount == 8 + 1316 + 32)
        #expect(LinkFrame.responseByteCount == 12 + 1178 + 32)
    }

    @Test func fieldsStandWhereTheProtocolPutsThem() {
        let whole = Self.frames[0].encoded()
        #expect(whole.prefix(9) == [1, 1, 0, 1, 1, 2, 3, 4, 1])
        let response = Self.frames[3].encoded()
        #expect(response.prefix(13) == [2, 1, 0, 1, 0, 0, 0, 5, 0, 0, 0, 6, 1])
        #expect(Self.frames[4].encoded().prefix(9) == [3, 1, 1, 0, 0, 0, 0, 7, 1])
        let request = Self.frames[6].encoded()
        #expect(request.prefix(4) == [5, 1, 0, 0])
        #expect(request[12..<48].allSatisfy { $0 == 0 })
        #expect(Array(request[48...]) == Self.filled(16))
        let reply = Self.frames[8].encoded()
        #expect(reply.prefix(12) == [6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3])
        #expect(Array(reply[12..<44]) == Self.key.bytes)
    }

    @Test func anotherLengthIsRefused() {
        for frame in Self.frames {
            let bytes = frame.encoded()
            for cut in 0..<bytes.count {
                // A private network's reply without its MAC is one of a public network.
                if case .keyReply = frame, cut == LinkFrame.keyReplyByteCount { continue }
                #expect(error(Array(bytes[..<cut])) != nil, "\(cut) bytes of \(bytes.count)")
            }
            #expect(error(bytes + [0]) != nil)
        }
    }

    @Test func anotherTypeOrVersionIsRefused() {
        for frame in Self.frames {
            let bytes = frame.encoded()
            for version: UInt8 in [0, 2, 255] {
                var other = bytes
                other[1] = version
                #expect(error(other) == .frameVersion(expected: 1, found: version))
            }
            for type: UInt8 in [0, 4, 7, 255] {
                var other = bytes
                other[0] = type
                #expect(error(other) == .frameType(found: type))
            }
        }
    }

    @Test func partNumbersFitTheLength() {
        let whole = Self.frames[0].encoded()
        let half = Self.frames[1].encoded()
        for part in UInt8(0)...3 {
            for parts in UInt8(0)...3 {
                func isTaken(_ bytes: [UInt8]) -> Bool {
                    var bytes = bytes
                    bytes[2] = part
                    bytes[3] = parts
                    return error(bytes) == nil
                }
                #expect(isTaken(whole) == (part == 0 && parts == 1))
                #expect(isTaken(half) == (part < 2 && parts == 2))
                #expect(isTaken(Self.frames[3].encoded()) == (part == 0 && parts == 1))
                #expect(isTaken(Self.frames[4].encoded()) == (part < 2 && parts == 0))
                #expect(isTaken(Self.frames[5].encoded()) == (part == 0 && parts == 0))
                #expect(isTaken(Self.frames[7].encoded()) == (part == 0 && parts == 0))
            }
        }
    }

    @Test func reservedBytesAreZero() {
        for at in Array(2..<4) + Array(12..<48) {
            var request = Self.frames[6].encoded()
            request[at] = 1
            #expect(error(request) == .reservedByte(offset: at, found: 1))
        }
        var cookie = Self.frames[4].encoded()
        cookie[3] = 9
        #expect(error(cookie) == .reservedByte(offset: 3, found: 9))
    }

    @Test func aMessageIsCutForDatagramsAndWholeForStreams() {
        let message = Self.filled(1316)
        let parts = InitiationPart.parts(of: message, senderIndex: 4, over: .datagram)
        #expect(parts.map(\.part) == [0, 1] && parts.map(\.parts) == [2, 2])
        #expect(parts.flatMap(\.message) == message)
        let whole = InitiationPart.parts(of: message, senderIndex: 4, over: .stream)
        #expect(whole.map(\.message) == [message] && whole.map(\.parts) == [1])
    }

    @Test func macsAreTheLastThirtyTwoBytes() {
        for frame in Self.frames[..<4] {
            var bytes = frame.encoded()
            let plain = bytes
            FrameMACs.setMAC1(Self.filled(16, from: 20), in: &bytes)
            FrameMACs.setMAC2(Self.filled(16, from: 90), in: &bytes)
            #expect(FrameMACs.mac1(of: bytes.span) == Self.filled(16, from: 20))
            #expect(FrameMACs.mac2(of: bytes.span) == Self.filled(16, from: 90))
            #expect(bytes.count == plain.count)
            #expect(FrameMACs.coveredByMAC1(bytes.count) == bytes.count - 32)
            #expect(FrameMACs.coveredByMAC2(bytes.count) == bytes.count - 16)
            #expect(bytes.dropLast(32) == plain.dropLast(32))
            #expect(
                Array(bytes.suffix(32)) == Self.filled(16, from: 20) + Self.filled(16, from: 90)
            )
            #expect((try? HandshakeFrame.decode(bytes.span)) == frame)
        }
    }
}
