// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// Names one element of a ``Slab``; typed, so that an index of one table fits no other.
package struct SlabIndex<Element>: Hashable, Comparable, Sendable {
    /// The position in the slab.
    package let raw: UInt32

    /// No element.
    package static var absent: SlabIndex { SlabIndex(.max) }

    package init(_ raw: UInt32) { self.raw = raw }

    /// Whether an element is named.
    package var exists: Bool { raw != .max }

    package static func < (left: SlabIndex, right: SlabIndex) -> Bool { left.raw < right.raw }
}

/// Elements under small stable indexes; freed places are used again, latest first.
///
/// A table of 10^5 routes is one allocation, and a reference to an element is four bytes.
package struct Slab<Element> {
    private var elements: [Element] = []
    private var free: [UInt32] = []

    package init() {}

    /// Elements in use.
    package var count: Int { elements.count - free.count }
    /// Places, used or free; every index is below it.
    package var placeCount: Int { elements.count }

    /// The element at an index that is in use; reading a freed place gives its last value.
    package subscript(index: SlabIndex<Element>) -> Element {
        _read { yield elements[Int(index.raw)] }
        _modify { yield &elements[Int(index.raw)] }
    }

    /// Stores an element.
    ///
    /// - Returns: Its index, valid until ``remove(_:)``.
    package mutating func insert(_ element: Element) -> SlabIndex<Element> {
        if let place = free.popLast() {
            elements[Int(place)] = element
            return SlabIndex(place)
        }
        invariant(elements.count < Int(UInt32.max), "a slab has fewer than 2^32 - 1 places")
        elements.append(element)
        return SlabIndex(UInt32(elements.count - 1))
    }

    /// Frees the place of an element in use.
    package mutating func remove(_ index: SlabIndex<Element>) { free.append(index.raw) }
}
