// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaLinux
import Testing

@Suite struct DescriptorTests {
    @Test func bytesWrittenAtOneEndAreReadAtTheOther() throws {
        let pair = try SocketPair()
        #expect(pair.first.write([1, 2, 3].span) == .count(3))
        #expect(pair.first.send([4, 5].span) == .count(2))
        #expect(bytes(from: pair.second) == [1, 2, 3, 4, 5])
    }

    @Test func anEmptySocketWouldBlock() throws {
        let pair = try SocketPair()
        var buffer: [UInt8] = [0]
        var span = buffer.mutableSpan
        #expect(pair.second.read(into: &span) == .wouldBlock)
        #expect(pair.second.receive(into: &span) == .wouldBlock)
    }

    @Test func aFullSocketWouldBlock() throws {
        let pair = try SocketPair()
        let block = [UInt8](repeating: 7, count: 1 << 16)
        var result = IOResult.count(0)
        for _ in 0..<1_000 where result != .wouldBlock { result = pair.first.send(block.span) }
        #expect(result == .wouldBlock)
    }

    @Test func theEndOfAValueClosesAndTheOtherSideSeesTheEnd() throws {
        let other = try SocketPair().closeFirst()
        var buffer: [UInt8] = [0]
        var span = buffer.mutableSpan
        #expect(other.read(into: &span) == .endOfStream)
        #expect(other.receive(into: &span) == .endOfStream)
    }

    @Test func sendingToAClosedSocketFailsWithoutASignal() throws {
        let other = try SocketPair().closeFirst()
        #expect(other.send([1].span) == .failed(EPIPE))
        let slices = [ByteSlice(0..<1)]
        #expect(other.sendSlices(of: [1].span, slices: slices.span) == .failed(EPIPE))
    }

    @Test func readingIntoNoRoomIsNoEnd() throws {
        let pair = try SocketPair()
        var buffer: [UInt8] = []
        var span = buffer.mutableSpan
        #expect(pair.second.read(into: &span) == .count(0))
    }

    @Test func shuttingDownLeavesTheOtherDirectionOpen() throws {
        let pair = try SocketPair()
        pair.first.shutDownWriting()
        #expect(pair.second.send([9].span) == .count(1))
        #expect(bytes(from: pair.first) == [9])
        #expect(bytes(from: pair.second) == [])
    }

    @Test func slicesAreGatheredInTheirOrder() throws {
        let pair = try SocketPair()
        let region: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
        let slices = [ByteSlice(7..<10), ByteSlice(5..<5), ByteSlice(0..<2)]
        #expect(pair.first.sendSlices(of: region.span, slices: slices.span) == .count(5))
        #expect(pair.first.writeSlices(of: region.span, slices: slices.span) == .count(5))
        #expect(bytes(from: pair.second) == [7, 8, 9, 0, 1, 7, 8, 9, 0, 1])
    }

    @Test func aSliceOutsideTheRegionIsRefused() throws {
        let pair = try SocketPair()
        let region: [UInt8] = [0, 1, 2]
        let short = [ByteSlice(2..<4)]
        #expect(pair.first.sendSlices(of: region.span, slices: short.span) == .failed(EINVAL))
        var far = ByteSlice(0..<1)
        far.offset = .max
        #expect(pair.first.writeSlices(of: region.span, slices: [far].span) == .failed(EINVAL))
        far.offset = -1
        #expect(pair.first.writeSlices(of: region.span, slices: [far].span) == .failed(EINVAL))
        #expect(bytes(from: pair.second) == [])
    }

    @Test func slicesBeyondTheLimitAreLeftForTheNextWrite() throws {
        let pair = try SocketPair()
        let region = (0..<200).map { UInt8($0) }
        let slices = (0..<200).map { ByteSlice($0..<$0 + 1) }
        let result = pair.first.sendSlices(of: region.span, slices: slices.span)
        #expect(result == .count(Limits.gatheredSlicesMax))
        #expect(bytes(from: pair.second) == Array(region[..<Limits.gatheredSlicesMax]))
    }

    @Test func aReleasedDescriptorStaysOpen() throws {
        let pair = try SocketPair(isBlocking: true)
        let copy = dup(pair.first.rawValue)
        let number = Descriptor(adopting: copy).release()
        let again = Descriptor(adopting: number)
        #expect(again.write([1].span) == .count(1))
    }

    @Test func useOfAClosedDescriptorStopsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            let missing = Descriptor(adopting: 1_000_000)
            _ = missing.write([1].span)
        }
    }

    @Test func aFailureSaysWhatAndWhy() {
        let error = SystemError(operation: .listen, code: EADDRINUSE)
        #expect("\(error)" == "cannot listen: Address already in use")
        #expect("\(SystemError(operation: .connect, code: 9_999))".contains("unknown error"))
    }
}
