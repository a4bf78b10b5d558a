// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaDataPlane
import HyphaLinux
import Synchronization
import Testing

@Suite struct WorkerRingTests {
    /// What every byte of a message must be.
    private static func filling(_ number: UInt64) -> UInt8 {
        UInt8(truncatingIfNeeded: number &* 31)
    }

    private static func write(
        _ number: UInt64,
        _ byteCount: Int,
        to writer: inout RingWriter
    ) -> Bool {
        guard writer.begin(byteCount) else { return false }
        var payload = writer.payload()
        for i in payload.indices { payload[i] = filling(number) }
        writer.commit(UInt32(truncatingIfNeeded: number % 7), number)
        return true
    }

    /// The number of the next message, if it is whole.
    private static func read(_ byteCount: Int, from reader: inout RingReader) -> UInt64? {
        guard let message = reader.next() else { return nil }
        let payload = reader.payload(of: message)
        let number = message.argument
        guard payload.count == byteCount, message.kind == UInt32(number % 7) else { return nil }
        for i in payload.indices where payload[i] != filling(number) { return nil }
        return number
    }

    /// Takes the value, since the macro would not take the ends themselves.
    private static func expect(_ holds: Bool, _ place: SourceLocation = #_sourceLocation) {
        #expect(holds, sourceLocation: place)
    }

    private static func isAtEnd(_ reader: inout RingReader) -> Bool { reader.next() == nil }

    @Test(arguments: [1, 2, 3] as [UInt64]) func messagesComeWholeAndInOrder(seed: UInt64) {
        let ring = WorkerRing(byteCount: 4096)
        var writer = RingWriter(ring)
        var reader = RingReader(ring)
        var random = SplitMix64(seed: seed)
        var waiting: [(number: UInt64, byteCount: Int)] = []
        var number: UInt64 = 0
        for _ in 0..<20_000 {
            if random.next() % 2 == 0 {
                let byteCount = Int(random.next() % 700)
                if Self.write(number, byteCount, to: &writer) {
                    waiting.append((number, byteCount))
                }
                number += 1
            } else {
                reader.look()
                for _ in 0..<random.next() % 4 where !waiting.isEmpty {
                    let expected = waiting.removeFirst()
                    Self.expect(Self.read(expected.byteCount, from: &reader) == expected.number)
                }
            }
        }
        reader.look()
        for expected in waiting {
            Self.expect(Self.read(expected.byteCount, from: &reader) == expected.number)
        }
        let isAtEnd = Self.isAtEnd(&reader)
        #expect(isAtEnd)
        #expect(ring.isEmpty)
    }

    @Test func whatDoesNotFitIsRefusedAndLeavesTheRestAsItIs() {
        let ring = WorkerRing(byteCount: 1024)
        var writer = RingWriter(ring)
        var reader = RingReader(ring)
        var taken: UInt64 = 0
        while Self.write(taken, 100, to: &writer) { taken += 1 }
        // 16 bytes in front, up to a multiple of 16.
        #expect(taken == 1024 / 128)
        reader.look()
        for number in 0..<taken { #expect(Self.read(100, from: &reader) == number) }
        let isAtEnd = Self.isAtEnd(&reader)
        #expect(isAtEnd)
        Self.expect(Self.write(taken, 100, to: &writer))
        reader.look()
        Self.expect(Self.read(100, from: &reader) == taken)
    }

    @Test func whatCameAfterALookIsLeftForTheNext() {
        let ring = WorkerRing(byteCount: 1024)
        var writer = RingWriter(ring)
        var reader = RingReader(ring)
        _ = Self.write(1, 10, to: &writer)
        reader.look()
        _ = Self.write(2, 10, to: &writer)
        Self.expect(Self.read(10, from: &reader) == 1)
        let isAtEnd = Self.isAtEnd(&reader)
        #expect(isAtEnd)
        let hasMore = reader.hasMessages
        #expect(hasMore)
        reader.look()
        Self.expect(Self.read(10, from: &reader) == 2)
        let isAtEndAgain = Self.isAtEnd(&reader)
        #expect(isAtEndAgain)
        let hasEnded = !reader.hasMessages
        #expect(hasEnded)
    }

    /// Two threads, a small ring: the reader must never see half a message.
    @Test func aReaderOnAnotherThreadSeesWholeMessages() throws {
        let ring = WorkerRing(byteCount: 8192)
        let count: UInt64 = 20_000
        let result = Result()
        let reading = try WorkerThread.start(name: "reader") {
            var reader = RingReader(ring)
            var expected: UInt64 = 0
            while expected < count {
                reader.look()
                if !reader.hasMessages { sched_yield() }
                while expected < count, reader.hasMessages {
                    guard let number = Self.read(Int(expected % 900), from: &reader) else { break }
                    if number != expected { return }
                    expected += 1
                }
            }
            result.taken.store(expected, ordering: .releasing)
        }
        var writer = RingWriter(ring)
        var number: UInt64 = 0
        while number < count {
            if Self.write(number, Int(number % 900), to: &writer) {
                number += 1
            } else {
                sched_yield()
            }
        }
        reading.join()
        #expect(result.taken.load(ordering: .acquiring) == count)
    }

    private final class Result: Sendable {
        let taken = Atomic<UInt64>(0)
    }
}
