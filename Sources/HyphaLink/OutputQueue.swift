// SPDX-License-Identifier: Apache-2.0

/// What an engine still has to say, first in, first out; empties its storage when drained.
///
/// It holds the outputs of one input only, so its size follows from the ceilings of the engine.
struct OutputQueue<Element> {
    private var elements: [Element] = []
    private var head = 0

    /// Storage kept for the next input, elements; a larger burst gives its memory back.
    private static var keptCapacity: Int { 256 }

    /// Whether everything was taken.
    var isEmpty: Bool { head == elements.count }

    mutating func append(_ element: Element) { elements.append(element) }

    /// Takes the oldest element, `nil` when there is none.
    mutating func popFirst() -> Element? {
        guard head < elements.count else { return nil }
        let element = elements[head]
        head += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: elements.count <= Self.keptCapacity)
            head = 0
        }
        return element
    }
}
