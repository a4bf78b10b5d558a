// SPDX-License-Identifier: Apache-2.0

/// Which of the last 8192 counters of a session were received already.
///
/// A ring of bits as in RFC 6479, but cleared bit by bit, so that the window is the whole ring.
/// The order of use is: ``check(_:)``, open, ``set(_:)``; what is not genuine leaves no trace.
@usableFromInline
package struct ReplayWindow: ~Copyable, Sendable {
    @usableFromInline var words = [128 of UInt64](repeating: 0)
    /// Greatest counter set so far; 0 at first, when counter 0 was not set either.
    @usableFromInline package private(set) var highest: UInt64 = 0

    /// Counters in the window, the greatest one included.
    @inlinable package static var counterCount: UInt64 { 8192 }

    /// A window that has seen nothing.
    @inlinable
    package init() {}

    /// Whether a counter is new: above all seen so far, or in the window and not set.
    @inlinable
    package func check(_ counter: UInt64) -> Bool {
        if counter > highest { return true }
        guard highest &- counter < Self.counterCount else { return false }
        return words[Self.word(counter)] & Self.bit(counter) == 0
    }

    /// Notes a counter that was received; a greater one than all before moves the window.
    ///
    /// - Returns: `false` when the counter was not new; nothing has changed then.
    @inlinable
    @discardableResult
    package mutating func set(_ counter: UInt64) -> Bool {
        guard check(counter) else { return false }
        if counter > highest { advance(to: counter) }
        words[Self.word(counter)] |= Self.bit(counter)
        return true
    }

    /// Forgets what falls out of the window when `counter` becomes the greatest one.
    @inlinable
    mutating func advance(to counter: UInt64) {
        let distance = counter &- highest
        guard distance < Self.counterCount else {
            words = [128 of UInt64](repeating: 0)
            highest = counter
            return
        }
        // Bits of the counters from the next one on; whole words where they lie in one.
        var next = highest &+ 1
        var left = distance
        while left > 0 {
            let count = min(64 &- next & 63, left)
            let mask = (UInt64.max &>> (64 &- count)) &<< (next & 63)
            words[Self.word(next)] &= ~mask
            next &+= count
            left &-= count
        }
        highest = counter
    }

    @inlinable @inline(__always)
    static func word(_ counter: UInt64) -> Int { Int(truncatingIfNeeded: counter &>> 6 & 127) }

    @inlinable @inline(__always)
    static func bit(_ counter: UInt64) -> UInt64 { 1 &<< (counter & 63) }
}
