// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase

/// Reads and writes of one TUN queue, many packets in a system call where the kernel has io_uring
/// for us, one by one where not.
///
/// Reads adapt: one packet is tried first, more when as many were there as tried.
package struct TUNPort: ~Copyable {
    /// For ``Poller/add(_:token:interest:trigger:)``.
    package let descriptor: Descriptor
    /// Distance of the slots that packets are read into, bytes.
    package let slotByteCount: Int
    /// Packets of the latest read.
    package private(set) var packetCount = 0
    private var ring: TUNRing?
    private var packets: [ByteSlice]
    /// Whether the latest read found as many packets as it tried: there may be more.
    package private(set) var mayHaveMore = false
    /// Packets tried by the next read.
    private var depth = 1

    private var slices: [ByteSlice] = []
    private var sliceCounts: [Int32] = []
    private var results: [Int32]

    /// What one flush did.
    package struct WriteReport: Hashable, Sendable {
        /// Packets taken by the kernel.
        package var packets = 0
        /// Their bytes, virtio-net headers included.
        package var bytes = 0
        /// Packets refused, or not taken for want of room.
        package var failures = 0
        /// Why the last of those was not taken, an errno value; 0 without one.
        package var code: Int32 = 0
    }

    /// - Parameters:
    ///   - descriptor: A TUN queue.
    ///   - slotByteCount: More than the largest packet with its virtio-net header.
    ///   - usesRing: Whether io_uring is tried.
    package init(
        _ descriptor: consuming Descriptor,
        slotByteCount: Int = Limits.tunSlotBytes,
        usesRing: Bool = true
    ) {
        self.slotByteCount = slotByteCount
        packets = Array(repeating: ByteSlice(0..<0), count: Limits.tunPacketsPerReadMax)
        results = Array(repeating: 0, count: Limits.tunPacketsPerWriteMax)
        slices.reserveCapacity(Limits.tunSlicesPerWriteMax)
        sliceCounts.reserveCapacity(Limits.tunPacketsPerWriteMax)
        ring = usesRing ? try? TUNRing(descriptor) : nil
        self.descriptor = descriptor
    }

    /// Whether packets go in batches.
    package var isBatched: Bool {
        switch ring {
        case .some: true
        case .none: false
        }
    }

    // MARK: - Reading

    /// Pins the region of later reads, once, for quicker reads.
    ///
    /// - Parameter region: As for ``read(into:upTo:)``; must outlive the port.
    /// - Returns: Whether it could be pinned; reads work without.
    package borrowing func pin(_ region: inout MutableSpan<UInt8>) -> Bool {
        switch ring {
        case .some(let ring): ring.pin(&region)
        case .none: false
        }
    }

    /// Reads packets that wait; never allocates.
    ///
    /// - Parameters:
    ///   - region: Slot `i` starts at `i * slotByteCount`; as many are used as fit.
    ///   - limit: Packets read at most.
    /// - Returns: The number of packets, see ``packet(_:)``. A failure means that the interface is
    ///   gone.
    package mutating func read(
        into region: inout MutableSpan<UInt8>,
        upTo limit: Int = Limits.tunPacketsPerReadMax
    ) -> IOResult {
        let room = min(limit, packets.count, region.count / slotByteCount)
        let wanted = min(depth, room)
        mayHaveMore = true
        guard wanted > 1, isBatched else {
            let result = readOne(&region, room: room)
            // A packet by itself goes on its way before the next is looked for.
            if isBatched, room > 1 { mayHaveMore = false }
            return result
        }
        let result = readMany(&region, slots: wanted)
        switch result {
        case .count(let count):
            packetCount = count
            mayHaveMore = count == wanted
            depth = count == wanted ? min(2 * depth, packets.count) : count > 1 ? count + 1 : 1
        case .wouldBlock, .endOfStream:
            packetCount = 0
            depth = 1
        case .failed:
            // Where the ring is to blame plain reads go on; otherwise they find the same.
            ring = nil
            return readOne(&region, room: room)
        }
        return result
    }

    /// Lets the next read try one packet, the quickest way to have one that comes by itself.
    package mutating func startOver() { depth = 1 }

    /// The extent of packet `index` of the latest read: virtio-net header and packet; traps when
    /// there is none.
    package func packet(_ index: Int) -> Range<Int> {
        invariant(index >= 0 && index < packetCount, "a packet that was read")
        let slice = packets[index]
        return slice.offset..<slice.offset + slice.count
    }

    private mutating func readOne(_ region: inout MutableSpan<UInt8>, room: Int) -> IOResult {
        packetCount = 0
        guard room > 0 else { return .count(0) }
        let result = descriptor.read(into: &region)
        guard case .count(let count) = result else {
            depth = 1
            return result
        }
        packets[0] = ByteSlice(0..<count)
        packetCount = 1
        depth = 2
        return .count(1)
    }

    private mutating func readMany(_ region: inout MutableSpan<UInt8>, slots: Int) -> IOResult {
        let size = slotByteCount
        switch ring {
        case .some(let ring):
            return ring.read(
                into: &region,
                slotByteCount: size,
                slots: slots,
                packets: &packets
            )
        case .none: return .failed(ENOSYS)
        }
    }

    // MARK: - Writing

    /// Packets that wait to be written.
    package var queuedCount: Int { sliceCounts.count }

    /// Appends a packet to the batch; its parts follow with ``addPart(_:)``.
    ///
    /// - Parameter partCount: 1...``Limits/gatheredSlicesMax``.
    /// - Returns: `false` when the batch is full and has to be flushed first.
    package mutating func beginPacket(partCount: Int) -> Bool {
        invariant((1...Limits.gatheredSlicesMax).contains(partCount), "slices of a packet")
        guard sliceCounts.count < Limits.tunPacketsPerWriteMax,
            slices.count + partCount <= Limits.tunSlicesPerWriteMax
        else { return false }
        sliceCounts.append(Int32(partCount))
        return true
    }

    /// Appends a part of the packet that was begun last: virtio-net header and packet are parts of
    /// the region of the later flush.
    package mutating func addPart(_ part: ByteSlice) { slices.append(part) }

    /// Writes what was appended and forgets it; never allocates.
    ///
    /// - Parameter region: The bytes of all packets.
    /// - Returns: What the kernel took.
    package mutating func flush(of region: Span<UInt8>) -> WriteReport {
        var report = WriteReport()
        guard !sliceCounts.isEmpty else { return report }
        if sliceCounts.count == 1 || !writeMany(of: region) { writeEach(of: region) }
        for i in sliceCounts.indices {
            if results[i] >= 0 {
                report.packets += 1
                report.bytes += Int(results[i])
            } else {
                report.failures += 1
                report.code = -results[i]
            }
        }
        slices.removeAll(keepingCapacity: true)
        sliceCounts.removeAll(keepingCapacity: true)
        return report
    }

    /// Whether the ring did it; if not, nothing was written.
    private mutating func writeMany(of region: Span<UInt8>) -> Bool {
        switch ring {
        case .some(let ring):
            let written = ring.write(
                of: region,
                slices: slices,
                counts: sliceCounts,
                results: &results
            )
            if case .count = written { return true }
        case .none:
            return false
        }
        ring = nil
        return false
    }

    private mutating func writeEach(of region: Span<UInt8>) {
        var first = 0
        for i in sliceCounts.indices {
            let end = first + Int(sliceCounts[i])
            results[i] = write(first..<end, of: region)
            first = end
        }
    }

    /// Writes one packet: its size or -errno.
    private borrowing func write(_ parts: Range<Int>, of region: Span<UInt8>) -> Int32 {
        switch descriptor.writeSlices(of: region, slices: slices.span.extracting(parts)) {
        case .count(let count): Int32(truncatingIfNeeded: count)
        case .wouldBlock: -EAGAIN
        case .endOfStream: -EPIPE
        case .failed(let code): -code
        }
    }
}
