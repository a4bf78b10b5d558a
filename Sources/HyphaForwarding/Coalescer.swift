// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes

/// Lets neighbouring packets of a flow grow into one large packet for TUN (generic receive offload
/// in userspace), without copying their content.
///
/// The worker, for each receive region, *per core*:
/// 1. opens a frame and calls ``add(packetAt:count:in:)`` for the IP packet in it;
/// 2. writes every group that ``next()`` gives, each with one `writev(2)`;
/// 3. after the last frame calls ``flush(in:)``, and does step 2 once more. Groups lie in the
///    region, so this comes before the region is used again.
///
/// The order within a flow is kept: a packet that cannot join its flow's group ends that group
/// first. Rules of joining are the kernel's (`tcp_gro_receive`, `udp_gro_receive_segment`).
/// Nothing is allocated after `init`.
package struct Coalescer: ~Copyable {
    @usableFromInline var slots: [Slot]
    var slices: [CoalescedGroup.Slice]
    /// Slots of groups that still grow, in the order in which they began.
    var open: [Int] = []
    /// Slots of finished groups, in the order in which they are to be written.
    @usableFromInline var ready: [Int]
    @usableFromInline var readyCount = 0
    /// How many of these were given out.
    @usableFromInline var readyTaken = 0
    var free: [Int]
    var freeCount: Int
    let options: Options

    /// What happened since the start.
    package internal(set) var counters = Counters()

    /// How packets are written to TUN.
    package struct Options: Hashable, Sendable {
        /// UDP datagrams grow too: the kernel took `TUN_F_USO4` and `TUN_F_USO6`.
        package var growsUDP: Bool
        /// Packets that stay alone are marked ``VirtioNetHeader/dataValid``.
        package var marksSinglesValid: Bool
        /// A TCP packet larger than this is handed over as segments of this size at most, so that
        /// the host's TCP, and a link behind the host, see ordinary segments.
        package var mtuBytes: Int

        package init(
            growsUDP: Bool,
            marksSinglesValid: Bool = false,
            mtuBytes: Int = Limits.tunnelMTUBytes
        ) {
            self.growsUDP = growsUDP
            self.marksSinglesValid = marksSinglesValid
            self.mtuBytes = mtuBytes
        }
    }

    /// What happened since the start.
    package struct Counters: Hashable, Sendable {
        /// Packets added.
        package internal(set) var packets: UInt64 = 0
        /// Groups finished, single packets included.
        package internal(set) var groups: UInt64 = 0
        /// Packets passed on alone because their transport checksum is wrong.
        package internal(set) var badChecksums: UInt64 = 0
        /// Groups ended early because too many flows grew at once.
        package internal(set) var flowsEvicted: UInt64 = 0
    }

    /// One group, growing or finished.
    @usableFromInline
    struct Slot {
        /// Where the first packet begins in the region.
        var offset = 0
        /// The first packet; `nil` when it is passed on untouched.
        var first: CoalescerCandidate?
        /// The packet as grown so far.
        @usableFromInline var byteCount = 0
        @usableFromInline var sliceCount = 0
        var nextSequence: UInt32 = 0
        var nextIdentification: UInt16 = 0
        var hasPush = false
        /// The first packet's checksum was verified; done when a second one wants to join.
        var isVerified = false
        /// The headers of a packet whose checksum is the sum of its pseudo-header only.
        var partial: TransportLayout?
    }

    /// - Parameter options: How packets are written to TUN.
    package init(options: Options) {
        invariant(options.mtuBytes >= 1280, "the MTU takes every header")
        self.options = options
        // One call finishes at most every open group and the packet itself.
        let slotCount = Limits.coalescedFlowsMax + 1
        slots = [Slot](repeating: Slot(), count: slotCount)
        slices = [CoalescedGroup.Slice](
            repeating: CoalescedGroup.Slice(offset: 0, count: 0),
            count: slotCount * Limits.coalescedSlicesMax
        )
        free = Array((0..<slotCount).reversed())
        freeCount = slotCount
        ready = [Int](repeating: 0, count: slotCount)
        open.reserveCapacity(slotCount)
    }

    // MARK: - Inputs

    /// Takes in one IP packet; drain ``next()`` before the next call.
    ///
    /// - Parameters:
    ///   - offset: Where the packet begins in the region. The 10 bytes before it are overwritten.
    ///   - count: Its size in bytes, at least 1.
    ///   - region: The receive region, the same one until after ``flush(in:)``.
    ///   - isPartial: Its transport checksum is the sum of its pseudo-header, and something better
    ///     vouches for its content.
    package mutating func add(
        packetAt offset: Int,
        count: Int,
        in region: inout MutableSpan<UInt8>,
        isPartial: Bool = false
    ) {
        invariant(readyTaken == readyCount, "drain groups before the next packet")
        invariant(
            offset >= VirtioNetHeader.byteCount && count > 0 && count <= region.count
                && offset <= region.count - count,
            "a packet in the region with room before it"
        )
        reclaim()
        counters.packets &+= 1
        let candidate: CoalescerCandidate
        do throws(OffloadError) {
            candidate = try CoalescerCandidate(region.span.extracting(offset..<offset &+ count))
        } catch {
            endFlows(withAddressesOf: offset, count: count, in: &region)
            pass(offset, count, in: &region)
            return
        }
        let partial = isPartial ? candidate.layout : nil
        let place = openPlace(of: candidate.flow)
        guard candidate.mayGrow, candidate.flow.isTCP || options.growsUDP else {
            if place >= 0 { end(openAt: place, in: &region) }
            pass(offset, count, in: &region, partial: partial)
            return
        }
        guard place >= 0 else {
            begin(candidate, at: offset, in: &region, partial: partial)
            return
        }
        switch join(candidate, at: offset, slot: open[place], in: region.span, isPartial) {
        case .joined:
            if isFull(open[place], after: candidate) { end(openAt: place, in: &region) }
        case .separate:
            end(openAt: place, in: &region)
            begin(candidate, at: offset, in: &region, partial: partial)
        case .corrupt:
            end(openAt: place, in: &region)
            pass(offset, count, in: &region)
        }
    }

    /// Ends all groups; drain ``next()`` afterwards.
    ///
    /// - Parameter region: The receive region.
    package mutating func flush(in region: inout MutableSpan<UInt8>) {
        invariant(readyTaken == readyCount, "drain groups before the end of the batch")
        reclaim()
        while !open.isEmpty { end(openAt: 0, in: &region) }
    }

    // MARK: - Outputs

    /// The next finished group, or `nil`; its slices can be read until the next `add` or `flush`.
    @inlinable
    package mutating func next() -> CoalescedGroup? {
        guard readyTaken < readyCount else { return nil }
        let slot = ready[readyTaken]
        readyTaken &+= 1
        return CoalescedGroup(
            sliceCount: slots[slot].sliceCount,
            byteCount: slots[slot].byteCount &+ VirtioNetHeader.byteCount,
            slot: slot
        )
    }

    /// One slice of a group.
    ///
    /// - Parameters:
    ///   - index: 0..<`group.sliceCount`.
    ///   - group: The group that ``next()`` gave last, or one before it since the last input.
    /// - Returns: The slice; the first one begins with the offload header.
    package func slice(_ index: Int, of group: CoalescedGroup) -> CoalescedGroup.Slice {
        invariant(index >= 0 && index < group.sliceCount, "a slice of the group")
        return slices[group.slot * Limits.coalescedSlicesMax + index]
    }
}
