// SPDX-License-Identifier: Apache-2.0

/// A fixed block of heap memory, 64-byte aligned, for packets.
///
/// Untouched pages cost no memory, so a region may be much larger than what is usually in it.
@safe
@usableFromInline
package struct ByteRegion: ~Copyable {
    @usableFromInline let base: UnsafeMutablePointer<UInt8>
    /// Size in bytes.
    @usableFromInline package let byteCount: Int

    /// - Parameter byteCount: Size in bytes, at least 1. The content is unspecified.
    package init(byteCount: Int) {
        precondition(byteCount > 0)
        self.byteCount = byteCount
        let raw = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
        // Safe: the memory is owned by this value and freed in `deinit`; every bit pattern is a
        // valid byte, and initialising it would touch pages that may never be used.
        unsafe base = raw.bindMemory(to: UInt8.self, capacity: byteCount)
    }

    deinit {
        // Safe: allocated in `init`; nothing outlives the region (spans depend on it).
        unsafe UnsafeMutableRawPointer(base).deallocate()
    }

    /// The bytes in `range`; traps when out of bounds.
    @inlinable @inline(always)
    @_lifetime(borrow self)
    package func span(_ range: Range<Int>) -> Span<UInt8> {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        // Safe: bounds checked; the span's lifetime is tied to the region.
        let buffer = unsafe UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
        let span = unsafe Span(_unsafeElements: buffer)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// The bytes in `range`, writable; traps when out of bounds.
    @inlinable @inline(always)
    @_lifetime(&self)
    package mutating func mutableSpan(_ range: Range<Int>) -> MutableSpan<UInt8> {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        // Safe: bounds checked; the span's lifetime is tied to exclusive access to the region.
        let buffer = unsafe UnsafeMutableBufferPointer(
            start: base + range.lowerBound,
            count: range.count
        )
        let span = unsafe MutableSpan(_unsafeElements: buffer)
        return unsafe _overrideLifetime(span, mutating: &self)
    }

    /// Copies `source` to `offset`; traps when it does not fit.
    @inlinable @inline(always)
    package mutating func copy(_ source: Span<UInt8>, at offset: Int) {
        var target = mutableSpan(offset..<offset + source.count)
        target.copy(source, at: 0)
    }

    /// Moves the bytes in `range` to `offset`, overlapping or not; traps when out of bounds.
    @inlinable
    package mutating func move(_ range: Range<Int>, to offset: Int) {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        precondition(offset >= 0 && offset <= byteCount - range.count)
        // Safe: both ranges were checked above; copyMemory allows overlap.
        unsafe UnsafeMutableRawPointer(base + offset)
            .copyMemory(from: base + range.lowerBound, byteCount: range.count)
    }
}
