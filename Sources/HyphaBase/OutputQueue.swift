// SPDX-License-Identifier: Apache-2.0

/// What an engine still has to say, first in, first out; empties its storage when drained.
///
/// It holds the outputs of one input only, so its size follows from the ceilings of the engine.
/// Inlinable, because a generic type that other modules cannot see into looks its own layout up at
/// every access.
package struct OutputQueue<Element> {
    @usableFromInline var elements: [Element] = []
    @usableFromInline var head = 0

    @inlinable
    package init() {}

    /// Whether everything was taken.
    @inlinable
    package var isEmpty: Bool { head == elements.count }

    /// Adds `element` at the end.
    @inlinable
    package mutating func append(_ element: Element) { elements.append(element) }

    /// Takes the oldest element, `nil` when there is none.
    @inlinable
    package mutating func popFirst() -> Element? {
        guard head < elements.count else { return nil }
        let element = elements[head]
        head += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: elements.count <= Self.keptCapacity)
            head = 0
        }
        return element
    }

    /// Drops everything.
    @inlinable
    package mutating func removeAll() {
        elements.removeAll()
        head = 0
    }

    /// Storage kept for the next input, elements; a larger burst gives its memory back.
    @usableFromInline static var keptCapacity: Int { 256 }
}

extension OutputQueue: Sendable where Element: Sendable {}
