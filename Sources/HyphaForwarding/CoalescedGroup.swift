// SPDX-License-Identifier: Apache-2.0

/// One packet for TUN, ready to be written: an offload header and one or more slices of the
/// receive region, in order.
package struct CoalescedGroup: Hashable, Sendable {
    /// Slices to write, at least 1.
    package let sliceCount: Int
    /// Bytes to write, the offload header included.
    package let byteCount: Int
    @usableFromInline let slot: Int

    @inlinable
    init(sliceCount: Int, byteCount: Int, slot: Int) {
        self.sliceCount = sliceCount
        self.byteCount = byteCount
        self.slot = slot
    }

    /// A run of bytes in the receive region.
    package struct Slice: Hashable, Sendable {
        /// Where it begins, bytes from the start of the region.
        package let offset: Int
        /// Its size in bytes.
        package let count: Int

        @inlinable
        init(offset: Int, count: Int) {
            self.offset = offset
            self.count = count
        }
    }
}
