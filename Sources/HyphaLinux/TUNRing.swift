// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
import Glibc
import HyphaBase

/// Many reads or writes of one TUN descriptor in one system call (io_uring).
///
/// Every request is done when a call returns; none waits. The ring keeps the TUN queue open, so it
/// ends with or before its descriptor's owner.
@safe
struct TUNRing: ~Copyable {
    /// Owned by this value alone.
    private let raw: OpaquePointer

    /// - Parameter descriptor: A TUN descriptor.
    /// - Throws: ``SystemError``: ENOSYS, EPERM, ENOMEM or EOPNOTSUPP where this cannot be had.
    init(_ descriptor: borrowing Descriptor) throws(SystemError) {
        var result: OpaquePointer?
        // Safe: the shim writes one pointer, and only when it succeeds.
        let code = unsafe hypha_ring_open(descriptor.rawValue, &result)
        try check(code, .openRing)
        guard let made = unsafe result else {
            throw SystemError(operation: .openRing, code: ENOMEM)
        }
        unsafe raw = made
    }

    deinit {
        // Safe: nobody else has the pointer.
        unsafe hypha_ring_close(raw)
    }

    /// Pins a region, once; reads into it are quicker from then on.
    ///
    /// - Parameter region: Must outlive the ring, or what is read into its place later gets lost.
    /// - Returns: Whether it could be pinned (RLIMIT_MEMLOCK).
    func pin(_ region: inout MutableSpan<UInt8>) -> Bool {
        // Safe: the shim passes the region's own bounds to the kernel, which holds its pages.
        unsafe region.withUnsafeMutableBufferPointer { bytes in
            unsafe hypha_ring_pin(raw, bytes.baseAddress, bytes.count) == 0
        }
    }

    /// Tries to read a packet into each of the first `slots` slots.
    ///
    /// - Returns: The number of packets, whose extents are the first of `packets`.
    func read(
        into region: inout MutableSpan<UInt8>,
        slotByteCount: Int,
        slots: Int,
        packets: inout [ByteSlice]
    ) -> IOResult {
        let wanted = min(slots, packets.count)
        // Safe: the shim checks the slots against the region, writes at most `wanted` extents, of
        // which there are more, and leaves no request under way.
        let result = unsafe region.withUnsafeMutableBufferPointer { bytes in
            unsafe packets.withUnsafeMutableBufferPointer { extents in
                unsafe hypha_ring_read(
                    raw,
                    bytes.baseAddress,
                    bytes.count,
                    slotByteCount,
                    wanted,
                    extents.baseAddress
                )
            }
        }
        return IOResult(result, zeroEnds: false)
    }

    /// Writes packets.
    ///
    /// - Parameters:
    ///   - region: The bytes of all of them.
    ///   - slices: Parts of the region, packet after packet.
    ///   - counts: Slices of each packet.
    ///   - results: Gets the size or -errno of each packet; has room for all.
    /// - Returns: The number of packets written.
    func write(
        of region: Span<UInt8>,
        slices: [ByteSlice],
        counts: [Int32],
        results: inout [Int32]
    ) -> IOResult {
        invariant(results.count >= counts.count, "room for the results of a batch")
        // Safe: the shim checks every slice against the region, writes one result a packet and
        // leaves no request under way.
        let result = unsafe region.withUnsafeBufferPointer { bytes in
            unsafe slices.withUnsafeBufferPointer { slices in
                unsafe counts.withUnsafeBufferPointer { counts in
                    unsafe results.withUnsafeMutableBufferPointer { results in
                        unsafe hypha_ring_write(
                            raw,
                            bytes.baseAddress,
                            bytes.count,
                            slices.baseAddress,
                            slices.count,
                            counts.baseAddress,
                            results.baseAddress,
                            counts.count
                        )
                    }
                }
            }
        }
        return IOResult(result, zeroEnds: false)
    }
}
