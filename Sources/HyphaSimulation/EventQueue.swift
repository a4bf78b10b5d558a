// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// Events in virtual time; those of one instant come out in the order in which they went in.
package struct EventQueue<Event> {
    private var heap: [Entry] = []
    private var sequence: UInt64 = 0

    private struct Entry {
        let at: Instant
        let sequence: UInt64
        let event: Event

        func isBefore(_ other: Entry) -> Bool {
            at == other.at ? sequence < other.sequence : at < other.at
        }
    }

    package init() {}

    /// When the first event is due.
    package var firstInstant: Instant? { heap.first?.at }

    /// Adds an event.
    package mutating func schedule(_ event: Event, at instant: Instant) {
        heap.append(Entry(at: instant, sequence: sequence, event: event))
        sequence += 1
        var place = heap.count - 1
        while place > 0, heap[place].isBefore(heap[(place - 1) / 2]) {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    /// Takes the first event.
    package mutating func popFirst() -> (at: Instant, event: Event)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            var place = 0
            while true {
                var least = place
                let left = 2 * place + 1
                for child in left..<left + 2
                where child < heap.count && heap[child].isBefore(heap[least]) {
                    least = child
                }
                guard least != place else { break }
                heap.swapAt(place, least)
                place = least
            }
        }
        return (first.at, first.event)
    }
}
