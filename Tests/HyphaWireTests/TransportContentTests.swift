// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaWire
import Testing

/// Transport frames: the clear header, and the contents of kinds 0 and 3.
@Suite struct TransportContentTests {
    private func encoded(_ header: TransportHeader) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xee, count: TransportHeader.byteCount)
        var span = bytes.mutableSpan
        header.write(to: &span)
        return bytes
    }

    @Test func aHeaderIsItsSixteenBytes() throws {
        let header = TransportHeader(
            kind: .direct,
            part: 1,
            parts: 2,
            receiverIndex: 0x0a0b_0c0d,
            counter: 0x0102_0304_0506_0708
        )
        let bytes = encoded(header)
        #expect(bytes == [4, 2, 1, 2, 10, 11, 12, 13, 1, 2, 3, 4, 5, 6, 7, 8])
        #expect(try TransportHeader(bytes.span) == header)
        let longer = bytes + [1]
        #expect(try TransportHeader(longer.span) == header)
        #expect(header.group == 0x0102_0304_0506_0707)
        #expect(TransportHeader.routedOverheadByteCount == 68)
        #expect(TransportHeader.overheadByteCount == 32)
    }

    @Test func randomHeadersComeBack() throws {
        var random = SplitMix(5)
        for _ in 0..<2_000 {
            let kind = TransportKind.allCases[Int.random(in: 0...3, using: &random)]
            let isCut = kind.mayBeCut && Bool.random(using: &random)
            let header = TransportHeader(
                kind: kind,
                part: isCut ? .random(in: 0...1, using: &random) : 0,
                parts: isCut ? 2 : 1,
                receiverIndex: .random(in: 0 ... .max, using: &random),
                counter: .random(in: 0 ... .max, using: &random)
            )
            #expect(try TransportHeader(encoded(header).span) == header)
        }
    }

    @Test func onlyDataIsCutAndOnlyInTwo() {
        let good = encoded(TransportHeader(kind: .routed, receiverIndex: 1, counter: 0))
        for kind in UInt8(0)...5 {
            for part in UInt8(0)...3 {
                for parts in UInt8(0)...3 {
                    var bytes = good
                    bytes.replaceSubrange(1...3, with: [kind, part, parts])
                    let isWhole = kind < 4 && part == 0 && parts == 1
                    let isPart = (kind == 1 || kind == 2) && part < 2 && parts == 2
                    let header = try? TransportHeader(bytes.span)
                    #expect((header != nil) == (isWhole || isPart), "\(kind) \(part) \(parts)")
                }
            }
        }
    }

    @Test func whatIsNoTransportFrameIsRefused() {
        let good = encoded(TransportHeader(kind: .liveness, receiverIndex: 1, counter: 0))
        for count in 0..<16 {
            #expect(throws: WireError.truncated(needed: 16, available: count)) {
                _ = try TransportHeader(good.span.extracting(..<count))
            }
        }
        for type: UInt8 in [0, 1, 2, 3, 5, 6, 255] {
            #expect(throws: WireError.frameType(found: type)) {
                let bytes = [type] + good[1...]
                _ = try TransportHeader(bytes.span)
            }
        }
    }

    @Test func controlContentsComeBack() throws {
        let packets: [UInt8] = [42, 3, 0, 0]
        for content in [
            ControlContent(seq: 0, ack: 9), ControlContent(seq: .max, ack: 1, packets: packets),
        ] {
            let bytes = content.encoded()
            #expect(bytes.count == 8 + content.packets.count)
            #expect(try ControlContent.decode(bytes.span) == content)
        }
        #expect(
            ControlContent(seq: 1, ack: 2, packets: packets).encoded()
                == [0, 0, 0, 1, 0, 0, 0, 2, 42, 3, 0, 0]
        )
        for count in 0..<8 {
            #expect(throws: WireError.self) {
                try ControlContent.decode([UInt8](repeating: 0, count: count).span)
            }
        }
    }

    @Test func anEmptyLivenessContentKeepsAlive() throws {
        let empty: [UInt8] = []
        #expect(try LivenessContent.decode(empty.span) == nil)
    }

    @Test func livenessContentsComeBack() throws {
        for type in LivenessType.allCases {
            let content = LivenessContent(type, token: 0x0102_0304_0506_0708)
            let bytes = content.encoded()
            #expect(bytes == [type.rawValue, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8])
            #expect(try LivenessContent.decode(bytes.span) == content)
        }
        for code in CloseCode.allCases {
            let bytes = LivenessContent.close(code).encoded()
            #expect(bytes.prefix(2) == [4, code.rawValue] && bytes.count == 12)
            #expect(try LivenessContent.decode(bytes.span)?.closeCode == code)
        }
        let unknown: [UInt8] = [4, 77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        #expect(try LivenessContent.decode(unknown.span)?.closeCode == .unspecified)
        let echo = LivenessContent(.echo, token: 1, receivedByteCount: 1452)
        #expect(echo.encoded().suffix(2) == [0x05, 0xac])
        #expect(try LivenessContent.decode(echo.encoded().span) == echo)
    }

    @Test func probesArePaddedAndEchoesAreNot() throws {
        for type in LivenessType.allCases where type != .echo {
            let bytes = LivenessContent(type, token: 7).encoded(padTo: 1200)
            #expect(bytes.count == 1200 && bytes[12...].allSatisfy { $0 == 0 })
            let content = try #require(try LivenessContent.decode(bytes.span))
            #expect(content.paddingByteCount == 1188 && content.encoded() == bytes)
            #expect(LivenessContent(type).encoded(padTo: 3).count == 12)
        }
        let echo = LivenessContent(.echo, token: 7, receivedByteCount: 9)
        #expect(echo.encoded(padTo: 100).count == 14)
    }

    @Test func badLivenessContentsAreRefused() {
        func error(_ bytes: [UInt8]) -> WireError? {
            do throws(WireError) {
                _ = try LivenessContent.decode(bytes.span)
                return nil
            } catch {
                return error
            }
        }
        let token: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 1]
        for type: UInt8 in [0, 7, 255] {
            #expect(error([type, 0, 0, 0] + token) == .livenessType(found: type))
        }
        for count in 1..<12 { #expect(error(Array(([1, 0, 0, 0] + token)[..<count])) != nil) }
        #expect(error([1, 1, 0, 0] + token) == .reservedByte(offset: 1, found: 1))
        #expect(error([1, 0, 5, 0] + token) == .reservedByte(offset: 2, found: 5))
        #expect(error([1, 0, 0, 6] + token) == .reservedByte(offset: 3, found: 6))
        #expect(error([2, 0, 0, 0] + token + [1]) != nil)
        #expect(error([2, 0, 0, 0] + token + [1, 2, 3]) == .surplus(expected: 14, found: 15))
    }
}
