// SPDX-License-Identifier: Apache-2.0
import HyphaBytes
import Testing

@Suite struct ByteRegionTests {
    private func content(_ region: borrowing ByteRegion, _ range: Range<Int>) -> [UInt8] {
        [UInt8](copying: region.span(range))
    }

    @Test func whatIsWrittenIsRead() {
        var region = ByteRegion(byteCount: 100)
        region.copy(([1, 2, 3] as [UInt8]).span, at: 97)
        #expect(content(region, 97..<100) == [1, 2, 3])
        var span = region.mutableSpan(10..<12)
        span.storeBigEndian(UInt16(0x0708), at: 0)
        #expect(content(region, 10..<12) == [7, 8])
        #expect(content(region, 5..<5) == [])
        #expect(region.byteCount == 100)
    }

    @Test func overlappingMovesKeepTheBytes() {
        let bytes: [UInt8] = Array(0..<20)
        for start in 0...20 {
            for target in 0...20 {
                let count = min(20 - start, 20 - target)
                var region = ByteRegion(byteCount: 20)
                region.copy(bytes.span, at: 0)
                region.move(start..<start + count, to: target)
                var expected = bytes
                expected.replaceSubrange(
                    target..<target + count,
                    with: bytes[start..<start + count]
                )
                #expect(content(region, 0..<20) == expected)
            }
        }
    }

    @Test func rangesOutsideTrap() async {
        await #expect(processExitsWith: .failure) {
            let region = ByteRegion(byteCount: 8)
            _ = region.span(4..<9).count
        }
        await #expect(processExitsWith: .failure) {
            var region = ByteRegion(byteCount: 8)
            _ = region.mutableSpan(-1..<3).count
        }
        await #expect(processExitsWith: .failure) {
            var region = ByteRegion(byteCount: 8)
            region.copy(([1, 2] as [UInt8]).span, at: 7)
        }
        await #expect(processExitsWith: .failure) {
            var region = ByteRegion(byteCount: 8)
            region.move(0..<4, to: 5)
        }
        await #expect(processExitsWith: .failure) {
            var region = ByteRegion(byteCount: 8)
            region.move(6..<9, to: 0)
        }
    }

    @Test func anEmptyRegionTraps() async {
        await #expect(processExitsWith: .failure) { _ = ByteRegion(byteCount: 0).byteCount }
    }
}
