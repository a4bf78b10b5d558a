// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes

/// How groups begin, grow and end.
extension Coalescer {
    /// What became of a packet that met an open group of its flow.
    enum Joining {
        /// It is part of the group.
        case joined
        /// It cannot join, but may begin a group.
        case separate
        /// Its checksum is wrong.
        case corrupt
    }

    /// The place of a flow in `open`, or -1.
    func openPlace(of flow: CoalescerCandidate.Flow) -> Int {
        for place in open.indices where slots[open[place]].first?.flow == flow { return place }
        return -1
    }

    // MARK: - Growing

    mutating func begin(
        _ candidate: CoalescerCandidate,
        at offset: Int,
        in region: inout MutableSpan<UInt8>,
        partial: TransportLayout?
    ) {
        if open.count == Limits.coalescedFlowsMax {
            counters.flowsEvicted &+= 1
            end(openAt: 0, in: &region)
        }
        let slot = takeSlot(offset, candidate.layout.byteCount)
        slots[slot].first = candidate
        slots[slot].partial = partial
        slots[slot].nextSequence = next(candidate)
        slots[slot].nextIdentification = candidate.identification &+ 1
        slots[slot].hasPush = candidate.flags & CoalescerCandidate.push != 0
        open.append(slot)
        let isLarge = candidate.layout.byteCount > options.mtuBytes
        if slots[slot].hasPush || isLarge { end(openAt: open.count &- 1, in: &region) }
    }

    mutating func join(
        _ candidate: CoalescerCandidate,
        at offset: Int,
        slot: Int,
        in region: Span<UInt8>,
        _ isPartial: Bool
    ) -> Joining {
        guard let first = slots[slot].first, isPartial == (slots[slot].partial != nil) else {
            return .separate
        }
        let content = candidate.layout.contentByteCount
        let packet = region.extracting(offset..<offset &+ candidate.layout.byteCount)
        let start = slots[slot].offset
        let firstPacket = region.extracting(start..<start &+ first.layout.byteCount)
        guard candidate.layout.headerByteCount == first.layout.headerByteCount,
            content <= first.layout.contentByteCount,
            slots[slot].byteCount &+ content <= Limits.coalescedBytesMax,
            candidate.sequence == slots[slot].nextSequence,
            hasEqualIPHeader(packet, firstPacket, candidate, slots[slot].nextIdentification),
            !candidate.layout.isTCP || hasEqualTCPHeader(packet, firstPacket, candidate.layout)
        else { return .separate }
        if !isPartial {
            if let refusal = verify(packet, candidate, firstPacket, first, slot) { return refusal }
        }
        slices[slot &* Limits.coalescedSlicesMax &+ slots[slot].sliceCount] =
            CoalescedGroup.Slice(
                offset: offset &+ candidate.layout.headerByteCount,
                count: content
            )
        slots[slot].sliceCount &+= 1
        slots[slot].byteCount &+= content
        slots[slot].nextSequence = next(candidate)
        slots[slot].nextIdentification = candidate.identification &+ 1
        if candidate.flags & CoalescerCandidate.push != 0 { slots[slot].hasPush = true }
        return .joined
    }

    /// Looks at the checksums of a packet that wants to join and of the first one.
    ///
    /// - Returns: Why it cannot join, `nil` when both are good.
    private mutating func verify(
        _ packet: Span<UInt8>,
        _ candidate: CoalescerCandidate,
        _ firstPacket: Span<UInt8>,
        _ first: CoalescerCandidate,
        _ slot: Int
    ) -> Joining? {
        if !slots[slot].isVerified {
            guard first.layout.hasGoodChecksum(firstPacket) else {
                counters.badChecksums &+= 1
                return .separate
            }
            slots[slot].isVerified = true
        }
        guard candidate.layout.hasGoodChecksum(packet) else {
            counters.badChecksums &+= 1
            return .corrupt
        }
        return nil
    }

    /// Whether no further packet may join a group to which `candidate` was added.
    func isFull(_ slot: Int, after candidate: CoalescerCandidate) -> Bool {
        guard let segment = slots[slot].first?.layout.contentByteCount else { return true }
        return slots[slot].hasPush || candidate.layout.contentByteCount < segment
            || slots[slot].sliceCount == Limits.coalescedSlicesMax
            || slots[slot].byteCount &+ segment > Limits.coalescedBytesMax
    }

    private func next(_ candidate: CoalescerCandidate) -> UInt32 {
        guard candidate.layout.isTCP else { return 0 }
        return candidate.sequence &+ UInt32(truncatingIfNeeded: candidate.layout.contentByteCount)
    }

    private func hasEqualIPHeader(
        _ packet: Span<UInt8>,
        _ first: Span<UInt8>,
        _ candidate: CoalescerCandidate,
        _ identification: UInt16
    ) -> Bool {
        guard !candidate.layout.isIPv6 else {
            // Version, traffic class and flow label; hop limit.
            return packet.native(at: 0, as: UInt32.self) == first.native(at: 0, as: UInt32.self)
                && packet[7] == first[7]
        }
        // Version, header length and type of service; flags; time to live. The identification of
        // a packet that must not be fragmented says nothing (RFC 6864 section 4.1).
        let mustNotFragment = packet[6] & 0x40 != 0
        return packet.native(at: 0, as: UInt16.self) == first.native(at: 0, as: UInt16.self)
            && packet[6] == first[6] && packet[8] == first[8]
            && (mustNotFragment || candidate.identification == identification)
    }

    /// Whether acknowledgement, header length, window, urgent pointer and options are equal.
    private func hasEqualTCPHeader(
        _ packet: Span<UInt8>,
        _ first: Span<UInt8>,
        _ layout: TransportLayout
    ) -> Bool {
        let at = layout.ipHeaderByteCount
        guard
            packet.native(at: at &+ 8, as: UInt32.self)
                == first.native(at: at &+ 8, as: UInt32.self),
            packet[at &+ 12] == first[at &+ 12],
            packet.native(at: at &+ 14, as: UInt16.self)
                == first.native(at: at &+ 14, as: UInt16.self),
            packet.native(at: at &+ 18, as: UInt16.self)
                == first.native(at: at &+ 18, as: UInt16.self)
        else { return false }
        // Options come in words of 4 bytes.
        var option = at &+ 20
        while option < layout.headerByteCount {
            guard
                packet.native(at: option, as: UInt32.self)
                    == first.native(at: option, as: UInt32.self)
            else { return false }
            option &+= 4
        }
        return true
    }

    // MARK: - Ending

    mutating func end(openAt place: Int, in region: inout MutableSpan<UInt8>) {
        let slot = open.remove(at: place)
        finish(slot, in: &region)
    }

    /// Ends the flows between the addresses of a packet that is no whole TCP or UDP packet, so that
    /// nothing between these two overtakes it.
    mutating func endFlows(
        withAddressesOf offset: Int,
        count: Int,
        in region: inout MutableSpan<UInt8>
    ) {
        let isIPv6 = region[offset] &>> 4 == 6
        guard count >= (isIPv6 ? 40 : 20) else { return }
        let addresses = CoalescerCandidate.addresses(
            of: region.span.extracting(offset..<offset &+ count),
            isIPv6: isIPv6
        )
        var place = 0
        while place < open.count {
            guard let flow = slots[open[place]].first?.flow,
                flow.sourceHigh == addresses.0, flow.sourceLow == addresses.1,
                flow.destinationHigh == addresses.2, flow.destinationLow == addresses.3
            else {
                place &+= 1
                continue
            }
            end(openAt: place, in: &region)
        }
    }

    /// Hands a packet on alone and untouched.
    mutating func pass(
        _ offset: Int,
        _ count: Int,
        in region: inout MutableSpan<UInt8>,
        partial: TransportLayout? = nil
    ) {
        let slot = takeSlot(offset, count)
        slots[slot].partial = partial
        finish(slot, in: &region)
    }

    /// Puts the slots of groups that were given out back into use.
    mutating func reclaim() {
        for i in 0..<readyCount {
            free[freeCount] = ready[i]
            freeCount &+= 1
        }
        readyCount = 0
        readyTaken = 0
    }

    private mutating func takeSlot(_ offset: Int, _ count: Int) -> Int {
        invariant(freeCount > 0, "one slot more than flows")
        freeCount &-= 1
        let slot = free[freeCount]
        slots[slot] = Slot(offset: offset, byteCount: count, sliceCount: 1)
        slices[slot &* Limits.coalescedSlicesMax] = CoalescedGroup.Slice(
            offset: offset &- VirtioNetHeader.byteCount,
            count: count &+ VirtioNetHeader.byteCount
        )
        return slot
    }

    private mutating func finish(_ slot: Int, in region: inout MutableSpan<UInt8>) {
        let header = completeHeaders(slot, in: &region)
        header.write(to: &region, at: slots[slot].offset &- VirtioNetHeader.byteCount)
        ready[readyCount] = slot
        readyCount &+= 1
        counters.groups &+= 1
    }

    /// Makes the first packet's headers those of the whole group.
    private mutating func completeHeaders(
        _ slot: Int,
        in region: inout MutableSpan<UInt8>
    ) -> VirtioNetHeader {
        var header = VirtioNetHeader()
        let segmentByteCount = segmentByteCount(of: slot, in: region.span)
        guard segmentByteCount > 0, let first = slots[slot].first else {
            if let layout = slots[slot].partial {
                header.flags = VirtioNetHeader.needsChecksum
                header.checksumStart = UInt16(truncatingIfNeeded: layout.ipHeaderByteCount)
                header.checksumOffset = UInt16(truncatingIfNeeded: layout.transportChecksumOffset)
                return header
            }
            if options.marksSinglesValid { header.flags = VirtioNetHeader.dataValid }
            return header
        }
        let layout = first.layout
        let start = slots[slot].offset
        var packet = region.slice(start..<start &+ layout.headerByteCount)
        let total = slots[slot].byteCount
        layout.writeLengths(&packet, byteCount: total)
        if slots[slot].hasPush {
            packet[layout.ipHeaderByteCount &+ 13] |= CoalescerCandidate.push
        }
        let sum = layout.addressSum(of: packet.span) &+ UInt64(total &- layout.ipHeaderByteCount)
        packet.storeBigEndian(InternetChecksum.fold(sum), at: layout.checksumOffset)
        header.flags = VirtioNetHeader.needsChecksum
        header.segmentationType =
            !layout.isTCP
            ? VirtioNetHeader.typeUDPSegments
            : layout.isIPv6 ? VirtioNetHeader.typeTCPv6 : VirtioNetHeader.typeTCPv4
        header.headerByteCount = UInt16(truncatingIfNeeded: layout.headerByteCount)
        header.segmentByteCount = UInt16(truncatingIfNeeded: segmentByteCount)
        header.checksumStart = UInt16(truncatingIfNeeded: layout.ipHeaderByteCount)
        header.checksumOffset = UInt16(truncatingIfNeeded: layout.transportChecksumOffset)
        return header
    }

    /// The content of each segment of a finished group; 0 when it is one ordinary packet.
    private mutating func segmentByteCount(of slot: Int, in region: Span<UInt8>) -> Int {
        guard let layout = slots[slot].first?.layout else { return 0 }
        if slots[slot].sliceCount > 1 { return layout.contentByteCount }
        guard layout.isTCP, layout.byteCount > options.mtuBytes else { return 0 }
        let start = slots[slot].offset
        guard
            slots[slot].partial != nil
                || layout.hasGoodChecksum(region.extracting(start..<start &+ layout.byteCount))
        else {
            counters.badChecksums &+= 1
            return 0
        }
        return options.mtuBytes &- layout.headerByteCount
    }
}
