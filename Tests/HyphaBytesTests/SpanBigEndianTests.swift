// SPDX-License-Identifier: Apache-2.0
import HyphaBytes
import Testing

@Suite struct SpanBigEndianTests {
    private let bytes: [UInt8] = Array(0...40)

    @Test func integersAreReadInNetworkOrderAtAnyOffset() {
        for offset in 0...32 {
            let expected = (0..<8).reduce(UInt64(0)) { $0 << 8 | UInt64(offset + $1) }
            #expect(bytes.span.bigEndian(at: offset, as: UInt64.self) == expected)
            let first32 = UInt32(truncatingIfNeeded: expected >> 32)
            #expect(bytes.span.bigEndian(at: offset, as: UInt32.self) == first32)
            let first16 = UInt16(truncatingIfNeeded: expected >> 48)
            #expect(bytes.span.bigEndian(at: offset, as: UInt16.self) == first16)
            #expect(bytes.span.bigEndian(at: offset, as: UInt8.self) == UInt8(offset))
        }
    }

    @Test func nativeReadsAreTheSameBytes() {
        let span = bytes.span
        let word: UInt64 = span.native(at: 3)
        #expect(UInt64(bigEndian: word) == span.bigEndian(at: 3))
        let words = span.native32Bytes(at: 5)
        for lane in 0..<4 {
            #expect(UInt64(bigEndian: words[lane]) == span.bigEndian(at: 5 + 8 * lane))
        }
    }

    @Test func storesAreReadBackAndLeaveTheRestAlone() {
        for offset in 0...33 {
            var copy = bytes
            var span = copy.mutableSpan
            span.storeBigEndian(UInt64(0xa1a2_a3a4_a5a6_a7a8), at: offset)
            #expect(span.bigEndian(at: offset, as: UInt64.self) == 0xa1a2_a3a4_a5a6_a7a8)
            #expect(copy[offset] == 0xa1 && copy[offset + 7] == 0xa8)
            #expect(copy[..<offset] == bytes[..<offset])
            #expect(copy[(offset + 8)...] == bytes[(offset + 8)...])
        }
    }

    @Test func spansAreCopiedIntoPlace() {
        var target = [UInt8](repeating: 0, count: 8)
        var span = target.mutableSpan
        span.copy(bytes.span.extracting(1..<4), at: 5)
        span.copy(bytes.span.extracting(..<0), at: 8)
        #expect(target == [0, 0, 0, 0, 0, 1, 2, 3])
    }

    @Test func aSliceWritesToItsWhole() {
        var target = [UInt8](repeating: 0, count: 6)
        var span = target.mutableSpan
        var slice = span.slice(2..<4)
        slice.storeBigEndian(UInt16(0x0102), at: 0)
        #expect(slice.count == 2)
        #expect(target == [0, 0, 1, 2, 0, 0])
    }

    @Test func arraysGrowBySpansAndIntegers() {
        var array: [UInt8] = [9]
        array.append(contentsOf: bytes.span.extracting(1..<3))
        array.appendBigEndian(UInt32(0x0a0b_0c0d))
        array.appendBigEndian(Int16(-2))
        #expect(array == [9, 1, 2, 10, 11, 12, 13, 0xff, 0xfe])
        #expect([UInt8](copying: bytes.span) == bytes)
    }

    @Test func readsOutsideTrap() async {
        await #expect(processExitsWith: .failure) {
            let bytes: [UInt8] = [1, 2, 3]
            _ = bytes.span.bigEndian(at: 2, as: UInt16.self)
        }
        await #expect(processExitsWith: .failure) {
            let bytes: [UInt8] = [1, 2, 3]
            _ = bytes.span.bigEndian(at: -1, as: UInt8.self)
        }
    }

    @Test func writesOutsideTrap() async {
        await #expect(processExitsWith: .failure) {
            var bytes: [UInt8] = [1, 2, 3]
            var span = bytes.mutableSpan
            span.storeBigEndian(UInt16(1), at: 2)
        }
        await #expect(processExitsWith: .failure) {
            var bytes: [UInt8] = [1, 2, 3]
            var span = bytes.mutableSpan
            span.copy([UInt8]([1, 2]).span, at: 2)
        }
    }
}
