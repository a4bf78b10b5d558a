// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaDataPlane
import Testing

@Suite struct LinkQueueTests {
    private func put(_ queue: inout LinkQueue, _ bytes: [UInt8], now: Instant) {
        queue.reserve(bytes.count, now: now)
        var free = queue.free(bytes.count)
        free.copy(bytes.span, at: 0)
        queue.commit(bytes.count, now: now)
    }

    @Test(arguments: [11 as UInt64, 12, 13])
    func whatGoesInComesOutInOrder(seed: UInt64) {
        var random = SplitMix(state: seed)
        var queue = LinkQueue(now: .zero)
        var model: [UInt8] = []
        var next: UInt8 = 0
        for step in 0..<3000 {
            let now = Instant(nanoseconds: Int64(step) * 1_000_000)
            let size = Int.random(in: 1...3000, using: &random)
            let bytes = (0..<size).map { next &+ UInt8(truncatingIfNeeded: $0) }
            next &+= 17
            put(&queue, bytes, now: now)
            model += bytes
            let taken = Int.random(in: 0...min(model.count, 4000), using: &random)
            #expect(
                [UInt8](copying: queue.waiting().extracting(0..<taken)) == Array(model[..<taken])
            )
            queue.remove(taken, now: now)
            model.removeFirst(taken)
            #expect(queue.waitingByteCount == model.count, "seed \(seed)")
        }
    }

    @Test func memoryIsGivenBackAfterAQuietTime() {
        var queue = LinkQueue(now: .zero)
        put(&queue, [UInt8](repeating: 1, count: 1 << 20), now: .zero)
        queue.remove(1 << 20, now: .zero)
        #expect(queue.capacity >= 1 << 20)
        let later = Instant.zero + .seconds(20)
        put(&queue, [1, 2, 3], now: later)
        queue.remove(3, now: later)
        #expect(queue.capacity == LinkQueue.smallByteCount)
    }

    @Test func capacityStaysBelowFourTimesWhatIsWaiting() {
        var queue = LinkQueue(now: .zero)
        let frame = [UInt8](repeating: 7, count: 60_000)
        for _ in 0..<10_000 {
            while queue.waitingByteCount < Limits.linkQueueBytesMax {
                put(&queue, frame, now: .zero)
            }
            queue.remove(100_000, now: .zero)
        }
        #expect(queue.capacity <= 4 * Limits.linkQueueBytesMax)
    }

    @Test func ageIsThatOfTheOldestByte() {
        var queue = LinkQueue(now: .zero)
        let start = Instant.zero + .seconds(1)
        #expect(queue.age(now: start) == .zero)
        put(&queue, [UInt8](repeating: 0, count: 70 << 10), now: start)
        put(&queue, [UInt8](repeating: 0, count: 70 << 10), now: start + .milliseconds(50))
        #expect(queue.age(now: start + .milliseconds(80)) == .milliseconds(80))
        queue.remove(70 << 10, now: start + .milliseconds(80))
        #expect(queue.age(now: start + .milliseconds(80)) == .milliseconds(30))
        queue.remove(70 << 10, now: start + .milliseconds(80))
        #expect(queue.age(now: start + .milliseconds(90)) == .zero)
    }

    @Test func ageNeverExceedsTheTruthWithManyMarks() {
        var ages = QueueAges()
        for step in 0..<1000 {
            ages.append(64 << 10, now: Instant(nanoseconds: Int64(step)))
        }
        ages.remove(999 * (64 << 10))
        let age = ages.ageOfFront(now: Instant(nanoseconds: 1000))
        #expect(age >= Duration.nanoseconds(1))
    }
}
