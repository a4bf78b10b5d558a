// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaForwarding
import Testing

struct HoldQueueTests {
    private let link = HeldPacket.Origin.link(LinkID(1))

    private func hold(
        _ queue: inout HoldQueue,
        _ bytes: [UInt8],
        subnet: UInt64 = 1,
        origin: HeldPacket.Origin = .host,
        at seconds: Int = 0
    ) -> HoldQueue.Verdict {
        queue.hold(bytes.span, subnet: subnet, origin: origin, now: .zero + .seconds(seconds))
    }

    @Test func packetsOfAPrefixComeOutInOrder() {
        var queue = HoldQueue()
        #expect(hold(&queue, [1]) == .heldFirst)
        #expect(hold(&queue, [9], subnet: 2) == .heldFirst)
        #expect(hold(&queue, [2], origin: link) == .held)
        #expect(hold(&queue, [3]) == .held)
        #expect(queue.prefixCount == 2 && queue.count == 4)
        var out: [HeldPacket] = []
        while let packet = queue.take(1, because: .released) { out.append(packet) }
        #expect(out.map(\.bytes) == [[1], [2], [3]])
        #expect(out.map(\.origin) == [.host, link, .host])
        #expect(queue.prefixCount == 1 && queue.count == 1)
        #expect(queue.counters.held == 4 && queue.counters.released == 3)
        #expect(hold(&queue, [4]) == .heldFirst)
    }

    @Test func packetsExpireAfterFifteenSeconds() {
        var queue = HoldQueue()
        _ = hold(&queue, [1], at: 0)
        _ = hold(&queue, [2], subnet: 2, at: 1)
        _ = hold(&queue, [3], at: 2)
        #expect(queue.nextDeadline()?.instant == .zero + .seconds(15))
        let early = queue.takeExpired(now: Instant(nanoseconds: 14_999_999_999))
        #expect(early == nil)
        #expect(queue.takeExpired(now: .zero + .seconds(15))?.bytes == [1])
        #expect(queue.takeExpired(now: .zero + .seconds(15)) == nil)
        #expect(queue.nextDeadline()?.instant == .zero + .seconds(16))
        #expect(queue.takeExpired(now: .zero + .seconds(30))?.bytes == [2])
        #expect(queue.takeExpired(now: .zero + .seconds(30))?.bytes == [3])
        #expect(queue.nextDeadline() == nil)
        #expect(queue.count == 0 && queue.byteCount == 0 && queue.prefixCount == 0)
        #expect(queue.counters.expired == 3)
    }

    @Test func failedSearchesReportTheOrigin() {
        var queue = HoldQueue()
        _ = hold(&queue, [1])
        _ = hold(&queue, [2], origin: link)
        #expect(queue.take(1, because: .failed)?.origin == .host)
        #expect(queue.take(1, because: .failed)?.origin == link)
        #expect(queue.take(1, because: .failed) == nil)
        #expect(queue.counters.failed == 2)
    }

    @Test func aPrefixHoldsItsCeilingAndNoMore() {
        var queue = HoldQueue()
        for _ in 0..<Limits.holdPacketsPerPrefixMax {
            #expect(hold(&queue, [1]) != .refused)
        }
        #expect(hold(&queue, [1]) == .refused)
        #expect(hold(&queue, [1], subnet: 2) == .heldFirst)
        #expect(queue.counters.refusedByPrefix == 1)
    }

    @Test func prefixesHaveACeilingAndTheHostAReserve() {
        var queue = HoldQueue()
        var subnet: UInt64 = 0
        while hold(&queue, [1], subnet: subnet, origin: link) != .refused { subnet += 1 }
        #expect(subnet == UInt64(Limits.holdPrefixesForLinksMax))
        #expect(hold(&queue, [1], subnet: 0, origin: link) == .held)
        while hold(&queue, [1], subnet: subnet) != .refused { subnet += 1 }
        #expect(subnet == UInt64(Limits.holdPrefixesMax))
        #expect(queue.counters.refusedByTotal == 2)
    }

    @Test func bytesHaveCeilingsForALinkForAllLinksAndInAll() {
        var queue = HoldQueue()
        let packet = [UInt8](repeating: 0, count: 65_536 - Limits.holdOverheadBytes)
        var subnet: UInt64 = 0
        func fill(_ origin: HeldPacket.Origin) -> Int {
            let before = queue.byteCount
            while hold(&queue, packet, subnet: subnet, origin: origin) != .refused { subnet += 1 }
            return queue.byteCount - before
        }
        #expect(fill(.link(LinkID(1))) == Limits.holdBytesPerLinkMax)
        #expect(fill(.link(LinkID(2))) == Limits.holdBytesPerLinkMax)
        #expect(fill(.link(LinkID(3))) == 0)
        #expect(fill(.host) == Limits.holdBytesMax - Limits.holdBytesForLinksMax)
        #expect(queue.byteCount == Limits.holdBytesMax)
        // What is given back can be used again, by the same link too.
        while queue.takeExpired(now: .distantFuture) != nil {}
        #expect(queue.byteCount == 0)
        #expect(fill(.link(LinkID(1))) == Limits.holdBytesPerLinkMax)
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func theQueueAgreesWithAPlainModel(seed: UInt64) {
        var random = SplitMix(seed)
        var queue = HoldQueue()
        var model: [(subnet: UInt64, bytes: [UInt8], at: Int)] = []
        for now in 0..<3000 {
            let subnet = UInt64.random(in: 0..<6, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                let bytes = HyphaForwardingTests.random(3, using: &random)
                let held = model.count { $0.subnet == subnet }
                let expected: HoldQueue.Verdict =
                    held == 0
                    ? .heldFirst : held < Limits.holdPacketsPerPrefixMax ? .held : .refused
                let origin: HeldPacket.Origin = Bool.random(using: &random) ? .host : link
                let verdict = hold(&queue, bytes, subnet: subnet, origin: origin, at: now)
                #expect(verdict == expected)
                if verdict != .refused { model.append((subnet, bytes, now)) }
            case 6..<9:
                let index = model.firstIndex { $0.subnet == subnet }
                let expected = index.map { model.remove(at: $0).bytes }
                #expect(queue.take(subnet, because: .released)?.bytes == expected)
            default:
                let isDue = model.first.map { now >= $0.at + 15 } ?? false
                let expected = isDue ? model.removeFirst().bytes : nil
                #expect(queue.takeExpired(now: .zero + .seconds(now))?.bytes == expected)
            }
            #expect(queue.count == model.count)
            #expect(queue.byteCount == model.count * (3 + Limits.holdOverheadBytes))
        }
    }
}
