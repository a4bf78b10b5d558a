// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// One deadline for each of many slab elements, the earliest at hand.
///
/// A binary heap that knows the place of every element, so that moving a deadline leaves nothing
/// stale behind: a neighbour that moves one deadline a million times costs no memory.
package struct TimerHeap<Element> {
    private var heap: [Entry] = []
    /// Place in `heap` by element, `.max` = none.
    private var places: [UInt32] = []

    private struct Entry {
        var nanoseconds: Int64
        var id: UInt32

        /// Ties are broken by index, so that the order depends on nothing else.
        func isBefore(_ other: Entry) -> Bool {
            nanoseconds == other.nanoseconds
                ? id < other.id : nanoseconds < other.nanoseconds
        }
    }

    package init() {}

    /// Deadlines set.
    package var count: Int { heap.count }

    /// The earliest deadline.
    package var firstInstant: Instant? {
        heap.isEmpty ? nil : Instant(nanoseconds: heap[0].nanoseconds)
    }

    /// The deadline of an element, `nil` when it has none.
    package func instant(of index: SlabIndex<Element>) -> Instant? {
        guard let place = place(of: index.raw) else { return nil }
        return Instant(nanoseconds: heap[place].nanoseconds)
    }

    /// Sets or moves the deadline of an element.
    package mutating func set(_ index: SlabIndex<Element>, at instant: Instant) {
        let entry = Entry(nanoseconds: instant.nanoseconds, id: index.raw)
        if let place = place(of: index.raw) {
            let isEarlier = entry.isBefore(heap[place])
            heap[place] = entry
            if isEarlier { rise(from: place) } else { sink(from: place) }
            return
        }
        while places.count <= Int(index.raw) { places.append(.max) }
        heap.append(entry)
        places[Int(index.raw)] = UInt32(heap.count - 1)
        rise(from: heap.count - 1)
    }

    /// Forgets the deadline of an element, if it has one.
    package mutating func remove(_ index: SlabIndex<Element>) {
        guard let place = place(of: index.raw) else { return }
        places[Int(index.raw)] = .max
        let moved = heap.removeLast()
        guard place < heap.count else { return }
        heap[place] = moved
        places[Int(moved.id)] = UInt32(place)
        rise(from: place)
        sink(from: place)
    }

    /// Takes the element with the earliest deadline if that is not later than `now`.
    package mutating func popFirst(dueAt now: Instant) -> SlabIndex<Element>? {
        guard let first = heap.first, first.nanoseconds <= now.nanoseconds else { return nil }
        let index = SlabIndex<Element>(first.id)
        remove(index)
        return index
    }

    private func place(of id: UInt32) -> Int? {
        guard Int(id) < places.count, places[Int(id)] != .max else { return nil }
        return Int(places[Int(id)])
    }

    private mutating func rise(from start: Int) {
        var place = start
        while place > 0 {
            let parent = (place - 1) / 2
            guard heap[place].isBefore(heap[parent]) else { return }
            exchange(place, with: parent)
            place = parent
        }
    }

    private mutating func sink(from start: Int) {
        var place = start
        while true {
            var least = place
            let left = 2 * place + 1
            for child in left..<left + 2
            where child < heap.count && heap[child].isBefore(heap[least]) {
                least = child
            }
            guard least != place else { return }
            exchange(place, with: least)
            place = least
        }
    }

    private mutating func exchange(_ first: Int, with second: Int) {
        heap.swapAt(first, second)
        places[Int(heap[first].id)] = UInt32(first)
        places[Int(heap[second].id)] = UInt32(second)
    }
}
