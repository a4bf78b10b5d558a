// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes

/// How one large packet from TUN is cut into IP packets of its own (TCP segmentation offload, UDP
/// segmentation offload), done in userspace.
///
/// Steps of use, all on the worker: make a plan, which checks everything; write each segment to
/// where it is to be sealed. Each segment is complete: lengths, flags, sequence numbers and
/// checksums as the kernel's `tcp_gso_segment` and `__udp_gso_segment` make them.
package struct SegmentPlan: Hashable, Sendable {
    /// The headers of the large packet.
    package let layout: TransportLayout
    /// Content of each segment in bytes; that of the last one may be less.
    package let segmentByteCount: Int
    /// How many segments there are, at least 1.
    package let count: Int
    private let addressSum: UInt64

    private static let tcpFinPush: UInt8 = 0x09
    private static let tcpCongestionWindowReduced: UInt8 = 0x80

    /// Checks a packet and its offload header against each other.
    ///
    /// `headerByteCount` of the header is not used: for a forwarded packet the kernel counts the
    /// first segment's content in.
    ///
    /// - Parameters:
    ///   - packet: The IP packet behind the offload header.
    ///   - header: A header of a large packet.
    /// - Throws: ``OffloadError``.
    package init(_ packet: Span<UInt8>, header: VirtioNetHeader) throws(OffloadError) {
        let layout = try TransportLayout(packet, isLarge: true)
        switch header.baseType {
        case VirtioNetHeader.typeTCPv4 where layout.isTCP && !layout.isIPv6: break
        case VirtioNetHeader.typeTCPv6 where layout.isTCP && layout.isIPv6: break
        case VirtioNetHeader.typeUDPSegments where !layout.isTCP: break
        default: throw .typeMismatch
        }
        guard
            !header.wantsChecksum
                || (Int(header.checksumStart) == layout.ipHeaderByteCount
                    && Int(header.checksumOffset) == layout.transportChecksumOffset)
        else { throw .checksumPosition }
        let segment = Int(header.segmentByteCount)
        guard segment > 0, layout.contentByteCount > 0 else { throw .noContent }
        let count = (layout.contentByteCount &- 1) / segment &+ 1
        guard count <= Limits.segmentsPerPacketMax else { throw .tooManySegments }
        // The greatest segment must fit the length fields.
        let greatest = min(segment, layout.contentByteCount) &+ layout.headerByteCount
        guard greatest <= Limits.coalescedBytesMax else { throw .lengthMismatch }
        self.init(layout: layout, segment: segment, addressSum: layout.addressSum(of: packet))
    }

    private init(layout: TransportLayout, segment: Int, addressSum: UInt64) {
        self.layout = layout
        segmentByteCount = segment
        count = (layout.contentByteCount &- 1) / segment &+ 1
        self.addressSum = addressSum
    }

    /// The same packet cut into as few packets as possible, each of whole segments.
    ///
    /// For TCP only, where the cuts carry no meaning.
    ///
    /// - Parameter byteCountMax: Bytes of each packet at most, headers included.
    /// - Returns: The plan itself for UDP, and when not even two segments fit.
    package func merged(byteCountMax: Int) -> SegmentPlan {
        let room = min(byteCountMax, Limits.coalescedBytesMax) &- layout.headerByteCount
        guard layout.isTCP, room >= 2 &* segmentByteCount else { return self }
        let segment = room / segmentByteCount &* segmentByteCount
        return SegmentPlan(layout: layout, segment: segment, addressSum: addressSum)
    }

    /// Size of one segment.
    ///
    /// - Parameter index: 0..<``count``.
    /// - Returns: Bytes, headers included.
    package func byteCount(of index: Int) -> Int {
        let start = index &* segmentByteCount
        return layout.headerByteCount &+ min(segmentByteCount, layout.contentByteCount &- start)
    }

    /// Size of the greatest segment in bytes, headers included.
    package var greatestByteCount: Int { byteCount(of: 0) }

    /// Writes one segment as a complete IP packet.
    ///
    /// - Parameters:
    ///   - index: 0..<``count``; traps otherwise.
    ///   - packet: The packet that the plan was made for.
    ///   - target: At least `byteCount(of: index)` bytes; traps otherwise.
    ///   - isPartial: Leaves the checksum at the sum of the pseudo-header.
    /// - Returns: Bytes written.
    package func writeSegment(
        _ index: Int,
        of packet: Span<UInt8>,
        into target: inout MutableSpan<UInt8>,
        isPartial: Bool = false
    ) -> Int {
        invariant(index >= 0 && index < count, "a segment of the plan")
        let byteCount = byteCount(of: index)
        let start = layout.headerByteCount &+ index &* segmentByteCount
        let content = byteCount &- layout.headerByteCount
        target.copy(packet.extracting(0..<layout.headerByteCount), at: 0)
        target.copy(packet.extracting(start..<start &+ content), at: layout.headerByteCount)
        if !layout.isIPv6 {
            let identification = packet.bigEndian(at: 4, as: UInt16.self)
            target.storeBigEndian(identification &+ UInt16(truncatingIfNeeded: index), at: 4)
        }
        layout.writeLengths(&target, byteCount: byteCount)
        if layout.isTCP { patchTCP(index, of: packet, into: &target) }
        if isPartial {
            layout.writePartialChecksum(&target, byteCount: byteCount, addressSum: addressSum)
        } else {
            layout.writeChecksum(&target, byteCount: byteCount, addressSum: addressSum)
        }
        return byteCount
    }

    private func patchTCP(
        _ index: Int,
        of packet: Span<UInt8>,
        into target: inout MutableSpan<UInt8>
    ) {
        let transport = layout.ipHeaderByteCount
        let sequence = packet.bigEndian(at: transport &+ 4, as: UInt32.self)
        let distance = UInt32(truncatingIfNeeded: index &* segmentByteCount)
        target.storeBigEndian(sequence &+ distance, at: transport &+ 4)
        var flags = packet[transport &+ 13]
        // The window was reduced once, so it is told once; the end comes with the last byte.
        if index > 0 { flags &= ~Self.tcpCongestionWindowReduced }
        if index < count &- 1 { flags &= ~Self.tcpFinPush }
        target[transport &+ 13] = flags
    }
}
