// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaRouting
import Testing

/// The containers under the tables, each against a simple model.
struct StructureTests {
    @Test(arguments: 1...5) func timerHeapGivesDeadlinesInOrder(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var heap = TimerHeap<Int>()
        var model: [UInt32: Int64] = [:]
        for _ in 0..<2000 {
            let id = UInt32.random(in: 0..<50, using: &random)
            let index = SlabIndex<Int>(id)
            switch Int.random(in: 0..<4, using: &random) {
            case 0...1:
                let at = Int64.random(in: 0..<1000, using: &random)
                heap.set(index, at: Instant(nanoseconds: at))
                model[id] = at
            case 2:
                heap.remove(index)
                model[id] = nil
            default:
                let now = Int64.random(in: 0..<200, using: &random)
                let due = model.filter { $0.value <= now }
                    .min { ($0.value, $0.key) < ($1.value, $1.key) }
                let popped = heap.popFirst(dueAt: Instant(nanoseconds: now))
                #expect(popped?.raw == due?.key)
                if let due { model[due.key] = nil }
            }
            #expect(heap.count == model.count)
            #expect(heap.firstInstant?.nanoseconds == model.values.min())
            #expect(heap.instant(of: index)?.nanoseconds == model[id])
        }
    }

    @Test(arguments: 1...5) func prefixHashFindsWhatIsInIt(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var table = RouteTable(key: random.next())
        var model: [Prefix: PrefixID] = [:]
        let prefixes = (0..<300).map { (number: Int) -> Prefix in
            let high: UInt64 = 0x0400_0000_0000_0000 + UInt64(number / 3) * 256
            return Prefix(IPv6Address(high: high, low: 0), length: UInt8(64 + number % 3))
        }
        for _ in 0..<3000 {
            let prefix = prefixes[Int.random(in: 0..<prefixes.count, using: &random)]
            if Bool.random(using: &random) {
                let id = table.findOrInsert(prefix, now: .zero)
                #expect(model[prefix] == nil || model[prefix] == id)
                model[prefix] = id
            } else if let id = model.removeValue(forKey: prefix) {
                table.removeIfEmpty(id)
            }
            #expect(table.prefixCount == model.count)
        }
        for prefix in prefixes {
            #expect(table.find(prefix) == model[prefix] ?? .absent)
        }
    }

    @Test func slabUsesPlacesAgain() {
        var slab = Slab<String>()
        let first = slab.insert("a")
        let second = slab.insert("b")
        slab.remove(first)
        #expect(slab.count == 1)
        #expect(slab.insert("c") == first)
        #expect(slab[second] == "b")
        #expect(slab.placeCount == 2)
    }

    @Test func listsKeepTheirOrder() {
        var links = IndexLinks<Int>()
        var list = IndexList<Int>()
        for id in 0..<5 { links.append(SlabIndex(UInt32(id)), to: &list) }
        links.remove(SlabIndex(2), from: &list)
        links.remove(SlabIndex(0), from: &list)
        links.remove(SlabIndex(4), from: &list)
        links.append(SlabIndex(0), to: &list)
        var ids: [UInt32] = []
        var index = list.first
        while index.exists {
            ids.append(index.raw)
            index = links.next(after: index)
        }
        #expect(ids == [1, 3, 0])
        #expect(list.count == 3)
        #expect(list.last.raw == 0)
    }

    @Test func pacerGivesABurstAndThenEvenSlots() {
        var pacer = UpdatePacer()
        let rate = UpdatePacer.Rate(perSecond: 4, burst: 3)
        let slots = (0..<6).map { _ in pacer.reserve(rate, now: .zero).nanoseconds / 1_000_000 }
        #expect(slots == [0, 0, 0, 250, 500, 750])
        let later = Instant.zero + .seconds(10)
        #expect(pacer.reserve(rate, now: later) == later, "idle time fills it again")
    }

    @Test func feasibilityDistanceOnlyGetsBetter() {
        let start = FeasibilityDistance(seqno: Seqno(5), metric: 100)
        #expect(start.advertising(seqno: Seqno(5), metric: 120) == start)
        #expect(start.advertising(seqno: Seqno(4), metric: 1) == start)
        #expect(start.advertising(seqno: Seqno(5), metric: 90).metric == 90)
        #expect(start.advertising(seqno: Seqno(6), metric: 500).metric == 500)
    }
}
