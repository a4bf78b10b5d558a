// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// One deadline for each of many keys, the earliest at hand.
///
/// A binary heap that knows the place of every key, so that moved and forgotten deadlines leave
/// nothing stale behind.
struct DeadlineHeap<Key: Hashable & Comparable> {
    private var heap: [Entry] = []
    private var places: [Key: Int] = [:]

    private struct Entry {
        var instant: Instant
        var key: Key

        /// Ties are broken by key, so that the order depends on nothing else.
        func isBefore(_ other: Entry) -> Bool {
            instant == other.instant ? key < other.key : instant < other.instant
        }
    }

    var count: Int { heap.count }

    /// The earliest deadline and whose it is.
    var first: (key: Key, instant: Instant)? { heap.first.map { ($0.key, $0.instant) } }

    /// Sets or moves the deadline of a key.
    mutating func set(_ key: Key, at instant: Instant) {
        remove(key)
        heap.append(Entry(instant: instant, key: key))
        places[key] = heap.count - 1
        rise(from: heap.count - 1)
    }

    /// Forgets the deadline of a key, if it has one.
    mutating func remove(_ key: Key) {
        guard let place = places.removeValue(forKey: key) else { return }
        let moved = heap.removeLast()
        guard place < heap.count else { return }
        heap[place] = moved
        places[moved.key] = place
        rise(from: place)
        sink(from: place)
    }

    private mutating func rise(from start: Int) {
        var place = start
        while place > 0, heap[place].isBefore(heap[(place - 1) / 2]) {
            swap(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    private mutating func sink(from start: Int) {
        var place = start
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2]
            where child < heap.count && heap[child].isBefore(heap[least]) {
                least = child
            }
            guard least != place else { return }
            swap(place, least)
            place = least
        }
    }

    private mutating func swap(_ first: Int, _ second: Int) {
        heap.swapAt(first, second)
        places[heap[first].key] = first
        places[heap[second].key] = second
    }
}
