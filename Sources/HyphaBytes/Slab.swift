// SPDX-License-Identifier: Apache-2.0

/// A fixed number of places for values that cannot be copied, named by index.
///
/// The standard collections refuse `~Copyable` elements. Free places are used again last-out,
/// first-in, so that a busy slab stays small in memory. An element is reached by its address, not
/// through a coroutine, because packet loops do it several times a packet.
@safe
@usableFromInline
package struct Slab<Element: ~Copyable>: ~Copyable {
    @usableFromInline let places: UnsafeMutablePointer<Element>
    /// Which of the first ``end`` places are in use; the others were never used, so that a large
    /// slab with little in it costs little memory.
    @usableFromInline let isUsed: UnsafeMutablePointer<Bool>
    /// Above every index in use; for going through all elements.
    @usableFromInline package private(set) var end = 0
    private var free: [Int32] = []
    /// Places in all.
    package let capacity: Int

    /// - Parameter capacity: Places in all, 1 or more.
    package init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
        // Safe: owned by this value and freed in `deinit`; no place is used before it is filled.
        unsafe places = .allocate(capacity: capacity)
        unsafe isUsed = .allocate(capacity: capacity)
    }

    deinit {
        for index in 0..<end where contains(index) {
            // Safe: a used place is initialised.
            unsafe (places + index).deinitialize(count: 1)
        }
        // Safe: allocated in `init`, freed once.
        unsafe places.deallocate()
        unsafe isUsed.deallocate()
    }

    /// Elements in it.
    package var count: Int { end - free.count }

    /// Whether `index` names an element.
    @inlinable @inline(always)
    package func contains(_ index: Int) -> Bool {
        // Safe: the marks below `end` are initialised.
        unsafe index >= 0 && index < end && isUsed[index]
    }

    /// Puts an element in a free place and returns its index; `nil` when there is none, and the
    /// element is gone then.
    package mutating func insert(_ element: consuming Element) -> Int? {
        let index: Int
        if let place = free.popLast() {
            index = Int(place)
        } else {
            guard end < capacity else { return nil }
            index = end
            end += 1
        }
        // Safe: the place is free, so its memory is allocated and not initialised.
        unsafe (places + index).initialize(to: element)
        unsafe (isUsed + index).initialize(to: true)
        return index
    }

    /// Takes an element out; traps when there is none.
    package mutating func remove(_ index: Int) -> Element {
        precondition(contains(index))
        free.append(Int32(index))
        // Safe: the place was used, and is not any more.
        unsafe isUsed[index] = false
        return unsafe (places + index).move()
    }

    /// The element at `index`; traps when there is none.
    @inlinable
    package subscript(index: Int) -> Element {
        @inline(always)
        unsafeAddress {
            precondition(contains(index))
            // Safe: a used place is initialised; the access lasts as long as that to the slab.
            return unsafe UnsafePointer(places + index)
        }
        @inline(always)
        unsafeMutableAddress {
            precondition(contains(index))
            // Safe: as above, with exclusive access.
            return unsafe places + index
        }
    }
}
