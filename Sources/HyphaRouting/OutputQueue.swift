// SPDX-License-Identifier: Apache-2.0

/// Outputs between one input and the next, first in, first out.
struct OutputQueue {
    private var items: [RoutingOutput] = []
    private var head = 0

    /// Capacity kept when the queue runs empty; a larger one, as after the loss of a link with a
    /// hundred thousand routes, is given back.
    private static let keptCapacity = 1024

    var isEmpty: Bool { head == items.count }

    mutating func append(_ output: RoutingOutput) { items.append(output) }

    mutating func popFirst() -> RoutingOutput? {
        guard head < items.count else { return nil }
        let output = items[head]
        head += 1
        if head == items.count {
            items.removeAll(keepingCapacity: items.capacity <= Self.keptCapacity)
            head = 0
        }
        return output
    }
}
