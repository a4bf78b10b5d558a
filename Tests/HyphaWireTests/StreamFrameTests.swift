// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaWire
import Testing

@Suite struct StreamFrameTests {
    private let hello: [UInt8] = [1, 1, 0, 0, 42, 3, 0, 8, 4, 6, 0x80, 0, 0, 0, 7, 0xd0]

    /// Takes all complete frames from the front of `buffer`.
    private func drain(_ buffer: inout [UInt8]) throws -> [[UInt8]] {
        var packets: [[UInt8]] = []
        while let frame = try StreamFrame.first(in: buffer.span) {
            packets.append(Array(buffer.prefix(frame.byteCount)))
            buffer.removeFirst(frame.byteCount)
        }
        return packets
    }

    @Test func aStreamCutAtAnyByteGivesTheSamePackets() throws {
        var stream: [UInt8] = []
        for (_, bytes) in Vectors.framed.prefix(20) { stream += bytes }
        var whole = stream
        let expected = try drain(&whole)
        #expect(whole.isEmpty && expected.count == 20)
        for cut in 0...stream.count {
            var buffer = Array(stream[..<cut])
            var packets = try drain(&buffer)
            buffer += stream[cut...]
            packets += try drain(&buffer)
            #expect(packets == expected && buffer.isEmpty, "cut at \(cut)")
        }
    }

    @Test func aStreamByteByByteGivesTheSamePackets() throws {
        let stream = Vectors.framed.flatMap(\.bytes)
        var whole = stream
        let expected = try drain(&whole)
        var buffer: [UInt8] = []
        var packets: [[UInt8]] = []
        for byte in stream {
            buffer.append(byte)
            packets += try drain(&buffer)
        }
        #expect(packets == expected && buffer.isEmpty)
    }

    @Test func nothingIsReturnedBeforeThePacketIsComplete() throws {
        for count in 0..<hello.count {
            #expect(try StreamFrame.first(in: hello.span.extracting(..<count)) == nil)
        }
        let frame = try StreamFrame.first(in: (hello + [9]).span)
        #expect(frame == StreamFrame(kind: .control, byteCount: 16))
    }

    @Test func theLargestPacketsAreAccepted() throws {
        var data = [UInt8](repeating: 0, count: StreamFrame.byteCountMax)
        data.replaceSubrange(0..<8, with: [1, 0, 0, 0, 0, 0xff, 0xff, 64])
        #expect(
            try StreamFrame.first(in: data.span)
                == StreamFrame(kind: .data, byteCount: StreamFrame.byteCountMax)
        )
        #expect(try StreamFrame.first(in: data.span.extracting(droppingLast: 1)) == nil)
        #expect(StreamFrame.byteCountMax == 40 + 65_535)
    }

    @Test func reservedBytesAreIgnored() throws {
        var bytes = hello
        bytes[2] = 0xff
        bytes[3] = 0xff
        #expect(try StreamFrame.first(in: bytes.span)?.byteCount == 16)
        let data: [UInt8] = [1, 0, 9, 9, 9, 0, 0, 64] + [UInt8](repeating: 0, count: 32)
        #expect(try StreamFrame.first(in: data.span)?.byteCount == 40)
    }

    @Test func sealedPacketsTellTheirLengthInFourBytes() throws {
        for count in [0, 1, 3, 4, 5, 1356, 65_535] {
            var bytes: [UInt8] = []
            StreamFrame.appendSealed([UInt8](repeating: 7, count: count).span, to: &bytes)
            #expect(bytes.prefix(2) == [1, 2] && bytes.count == 4 + count)
            let frame = StreamFrame(kind: .sealed, byteCount: 4 + count)
            #expect(try StreamFrame.first(in: bytes.span) == frame)
            #expect(try StreamFrame.first(in: (bytes + hello).span) == frame)
            for cut in [0, 1, 2, 3, bytes.count - 1] where cut < bytes.count {
                #expect(try StreamFrame.first(in: bytes.span.extracting(..<cut)) == nil)
            }
        }
    }

    @Test func theFirstWrongByteIsReportedAsSoonAsItIsThere() {
        func error(_ bytes: [UInt8]) -> WireError? {
            do throws(WireError) {
                _ = try StreamFrame.first(in: bytes.span)
                return nil
            } catch {
                return error
            }
        }
        let zeroes = [UInt8](repeating: 0, count: 60)
        for tail in [[], [0], zeroes] {
            #expect(error([2] + tail) == .packetVersion(expected: 1, found: 2))
            #expect(error([1, 3] + tail) == .packetType(maximum: 2, found: 3))
            #expect(
                error([1, 1, 0, 0, 41] + tail) == .controlMagic(expected: 42, found: 41)
            )
            #expect(
                error([1, 1, 0, 0, 42, 2] + tail) == .controlVersion(expected: 3, found: 2)
            )
        }
        #expect(error([1, 1, 0, 0, 42]) == nil)
        #expect(error([1, 0, 0, 0, 41]) == nil)
    }
}
