// SPDX-License-Identifier: Apache-2.0

/// A way into a ``ByteRegion`` that is not bound to an access to its owner.
///
/// A packet loop reads a packet in a region of its own while it changes its counters and tables.
/// Spans that depend on a stored region would lock the whole loop value for that time; spans of a
/// view do not. The owner of the region promises that it outlives the view, and does not give out
/// two spans of the same bytes, one of them writable, to one function.
@safe
@usableFromInline
package struct ByteView: Sendable {
    // Safe: the owner of the region promises that it outlives the view.
    @usableFromInline nonisolated(unsafe) let base: UnsafeMutablePointer<UInt8>
    // Unchecked: whoever holds the region decides which thread uses the view.

    /// Size in bytes.
    @usableFromInline package let byteCount: Int

    // Safe: only ``ByteRegion/view()`` calls it, with the memory of a region.
    @unsafe
    @usableFromInline
    init(base: UnsafeMutablePointer<UInt8>, byteCount: Int) {
        // Safe: the caller promises `byteCount` bytes for as long as the view is used.
        unsafe self.base = base
        self.byteCount = byteCount
    }

    /// The bytes in `range`; traps when out of bounds.
    @inlinable @inline(always)
    @_lifetime(immortal)
    package func span(_ range: Range<Int>) -> Span<UInt8> {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        // Safe: bounds checked; the owner promises that the region outlives the view.
        let buffer = unsafe UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
        let span = unsafe Span(_unsafeElements: buffer)
        return unsafe _overrideLifetime(span, copying: ())
    }

    /// The bytes in `range`, writable; traps when out of bounds.
    @inlinable @inline(always)
    @_lifetime(immortal)
    package func mutableSpan(_ range: Range<Int>) -> MutableSpan<UInt8> {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        // Safe: bounds checked; the owner promises that the region outlives the view.
        let buffer = unsafe UnsafeMutableBufferPointer(
            start: base + range.lowerBound,
            count: range.count
        )
        let span = unsafe MutableSpan(_unsafeElements: buffer)
        return unsafe _overrideLifetime(span, copying: ())
    }

    /// Copies `source` to `offset`; traps when it does not fit.
    @inlinable @inline(always)
    package func copy(_ source: Span<UInt8>, at offset: Int) {
        var target = mutableSpan(offset..<offset + source.count)
        target.copy(source, at: 0)
    }
}

extension ByteRegion {
    /// A view of the whole region, valid as long as the region lives.
    @unsafe
    package func view() -> ByteView { unsafe ByteView(base: base, byteCount: byteCount) }
}
