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
