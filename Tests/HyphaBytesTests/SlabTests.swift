// SPDX-License-Identifier: Apache-2.0
import HyphaBytes
import Testing

@Suite struct SlabTests {
    /// Counts in `deinit`, to see that each element ends exactly once.
    private struct Owned: ~Copyable {
        let value: Int
        let ended: Counter
        deinit { ended.count += 1 }
    }

    private final class Counter {
        var count = 0
    }

    @Test func elementsKeepTheirPlaces() {
        var slab = Slab<Owned>(capacity: 3)
        let ended = Counter()
        let first = slab.insert(Owned(value: 1, ended: ended))
        let second = slab.insert(Owned(value: 2, ended: ended))
        #expect(first == 0)
        #expect(second == 1)
        let count = slab.count
        #expect(count == 2)
        let removed = slab.remove(0)
        #expect(removed.value == 1)
        let hasFirst = slab.contains(0)
        let other = slab[1].value
        let again = slab.insert(Owned(value: 3, ended: ended))
        #expect(!hasFirst)
        #expect(other == 2)
        #expect(again == 0)
    }

    @Test func aFullSlabRefuses() {
        var slab = Slab<Owned>(capacity: 1)
        let ended = Counter()
        let first = slab.insert(Owned(value: 1, ended: ended))
        let second = slab.insert(Owned(value: 2, ended: ended))
        let outside = slab.contains(-1) || slab.contains(1)
        #expect(first == 0)
        #expect(second == nil)
        #expect(ended.count == 1)
        #expect(!outside)
    }

    @Test func theEndIsAboveAllThatWereEverUsed() {
        var slab = Slab<Owned>(capacity: 1000)
        let ended = Counter()
        let atFirst = (slab.end, slab.count, slab.capacity)
        #expect(atFirst == (0, 0, 1000))
        for value in 0..<5 { _ = slab.insert(Owned(value: value, ended: ended)) }
        _ = slab.remove(4)
        _ = slab.remove(1)
        let after = (slab.end, slab.count)
        #expect(after == (5, 3))
        var values: [Int] = []
        for index in 0..<slab.end where slab.contains(index) { values.append(slab[index].value) }
        #expect(values == [0, 2, 3])
        // The place left last is taken first, and the end moves only when none is left.
        let again = (0..<3).map { slab.insert(Owned(value: 10 + $0, ended: ended)) }
        #expect(again == [1, 4, 5])
        let last = (slab.end, slab.count)
        #expect(last == (6, 6))
        let hasNext = slab.contains(6)
        #expect(!hasNext)
    }

    @Test func everyPlaceCanBeUsedAgainUpToTheCapacity() {
        var slab = Slab<Owned>(capacity: 64)
        let ended = Counter()
        for round in 0..<3 {
            let places = (0..<64).compactMap { slab.insert(Owned(value: $0, ended: ended)) }
            #expect(places.sorted() == Array(0..<64))
            let refused = slab.insert(Owned(value: 99, ended: ended))
            #expect(refused == nil)
            for place in places {
                slab[place] = Owned(value: place + round, ended: ended)
                let value = slab.remove(place).value
                #expect(value == place + round)
            }
            let left = (slab.count, slab.end)
            #expect(left == (0, 64))
        }
        // Each round: 64 replaced, 64 removed and one refused.
        #expect(ended.count == 3 * 129)
    }

    @Test func everyElementEndsOnce() {
        let ended = Counter()
        do {
            var slab = Slab<Owned>(capacity: 8)
            for value in 0..<8 { _ = slab.insert(Owned(value: value, ended: ended)) }
            _ = slab.remove(3)
            #expect(ended.count == 1)
        }
        #expect(ended.count == 8)
    }
}
