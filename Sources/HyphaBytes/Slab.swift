// SPDX-License-Identifier: Apache-2.0

/// A fixed number of places for values that cannot be copied, named by index.
///
/// The standard collections refuse `~Copyable` elements. Free places are found in last-out,
/// first-in order, so that a busy slab stays small in memory.
@safe
package struct Slab<Element: ~Copyable>: ~Copyable {
    @usableFromInline let places: UnsafeMutablePointer<Element>
    @usableFromInline var isUsed: [Bool]
    private var free: [Int32]
    /// Places in all.
    package let capacity: Int

    /// - Parameter capacity: Places in all, 1 or more.
    package init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
        // Safe: owned by this value and freed in `deinit`; no place is used before it is filled.
        unsafe places = .allocate(capacity: capacity)
        isUsed = [Bool](repeating: false, count: capacity)
        free = (0..<Int32(capacity)).reversed()
    }

    deinit {
        for index in 0..<capacity where isUsed[index] {
            // Safe: a used place is initialised.
            unsafe (places + index).deinitialize(count: 1)
        }
        // Safe: allocated in `init`, freed once.
        unsafe places.deallocate()
    }

    /// Elements in it.
    package var count: Int { capacity - free.count }

    /// Whether `index` names an element.
    @inlinable
    package func contains(_ index: Int) -> Bool {
        index >= 0 && index < capacity && isUsed[index]
    }

    /// Puts an element in a free place and returns its index; `nil` when there is none, and the
    /// element is gone then.
    package mutating func insert(_ element: consuming Element) -> Int? {
        guard let place = free.popLast() else { return nil }
        let index = Int(place)
        // Safe: the place is free, so its memory is allocated and not initialised.
        unsafe (places + index).initialize(to: element)
        isUsed[index] = true
        return index
    }

    /// Takes an element out; traps when there is none.
    package mutating func remove(_ index: Int) -> Element {
        precondition(contains(index))
        isUsed[index] = false
        free.append(Int32(index))
        // Safe: the place was used, and is not any more.
        return unsafe (places + index).move()
    }

    /// The element at `index`; traps when there is none.
    @inlinable
    package subscript(index: Int) -> Element {
        _read {
            precondition(contains(index))
            // Safe: a used place is initialised; the access lasts as long as that to the slab.
            yield unsafe places[index]
        }
        _modify {
            precondition(contains(index))
            // Safe: as above, with exclusive access.
            yield unsafe &places[index]
        }
    }
}
