// SPDX-License-Identifier: Apache-2.0

/// A part of a region of bytes, for gathering writes.
///
/// Two words, as the C shim expects them.
@usableFromInline
package struct ByteSlice: Hashable, Sendable {
    /// Bytes from the start of the region.
    @usableFromInline package var offset: Int
    /// Size in bytes.
    @usableFromInline package var count: Int

    /// - Parameter range: A range of offsets, none of them negative.
    @inlinable
    package init(_ range: Range<Int>) {
        offset = range.lowerBound
        count = range.count
    }
}
