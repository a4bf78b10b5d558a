// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaForwarding

/// IP packets as programs of a host make them.
enum HostPackets {
    /// Numbered bytes, so that nothing of it can be mistaken for something else.
    static func content(_ byteCount: Int, seed: Int = 0) -> [UInt8] {
        (0..<byteCount).map { UInt8(truncatingIfNeeded: ($0 &* 131) ^ ($0 >> 8) ^ seed) }
    }

    /// A packet of an unassigned protocol, `byteCount` bytes in all.
    static func plain(
        _ from: IPv6Address,
        _ to: IPv6Address,
        byteCount: Int,
        seed: Int = 0,
        hops: UInt8 = 64
    ) -> [UInt8] {
        header(253, byteCount - 40, from, to, hops: hops) + content(byteCount - 40, seed: seed)
    }

    /// A TCP packet with a complete checksum.
    static func tcp(
        _ from: IPv6Address,
        _ to: IPv6Address,
        sequence: UInt32,
        _ content: [UInt8],
        hops: UInt8 = 64
    ) -> [UInt8] {
        var packet = partialTCP(from, to, sequence: sequence, content, hops: hops)
        packet[56] = 0
        packet[57] = 0
        let sum = ~InternetChecksum.fold(sum(packet, nextHeader: 6))
        packet[56] = UInt8(sum >> 8)
        packet[57] = UInt8(sum & 0xff)
        return packet
    }

    /// A TCP packet whose checksum is the sum of its pseudo-header, as the kernel leaves it.
    static func partialTCP(
        _ from: IPv6Address,
        _ to: IPv6Address,
        sequence: UInt32,
        _ content: [UInt8],
        hops: UInt8 = 64
    ) -> [UInt8] {
        var packet = header(6, 20 + content.count, from, to, hops: hops)
        packet += [0x12, 0x34, 0x56, 0x78]
        packet += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sequence >> $0) }
        packet += [0, 0, 0, 1, 0x50, 0x10, 1, 0, 0, 0, 0, 0]
        let initial = InternetChecksum.pseudoHeader(
            addresses: packet.span.extracting(8..<40),
            upperLayerByteCount: 20 + content.count,
            nextHeader: 6
        )
        let partial = InternetChecksum.fold(initial)
        packet[56] = UInt8(partial >> 8)
        packet[57] = UInt8(partial & 0xff)
        return packet + content
    }

    /// What the kernel says about a large TCP packet.
    static func tcpOffload(segment: Int) -> VirtioNetHeader {
        var offload = VirtioNetHeader()
        offload.flags = VirtioNetHeader.needsChecksum
        offload.segmentationType = VirtioNetHeader.typeTCPv6
        offload.headerByteCount = 60
        offload.segmentByteCount = UInt16(segment)
        offload.checksumStart = 40
        offload.checksumOffset = 16
        return offload
    }

    /// Whether the TCP checksum of a packet is good.
    static func hasGoodTCPChecksum(_ packet: [UInt8]) -> Bool {
        InternetChecksum.fold(sum(packet, nextHeader: 6)) == 0xffff
    }

    /// Whether the TCP checksum of a packet is the sum of its pseudo-header.
    static func hasPartialTCPChecksum(_ packet: [UInt8]) -> Bool {
        let sum = InternetChecksum.pseudoHeader(
            addresses: packet.span.extracting(8..<40),
            upperLayerByteCount: packet.count - 40,
            nextHeader: 6
        )
        return UInt16(packet[56]) << 8 | UInt16(packet[57]) == InternetChecksum.fold(sum)
    }

    static func sequence(_ packet: [UInt8]) -> UInt32 {
        packet[44..<48].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The same packet after some hops.
    static func aged(_ packet: [UInt8], by hops: UInt8) -> [UInt8] {
        var aged = packet
        aged[7] -= hops
        return aged
    }

    static func header(
        _ nextHeader: UInt8,
        _ byteCount: Int,
        _ from: IPv6Address,
        _ to: IPv6Address,
        hops: UInt8 = 64
    ) -> [UInt8] {
        [0x60, 0, 0, 0, UInt8(byteCount >> 8), UInt8(byteCount & 0xff), nextHeader, hops]
            + from.bytes + to.bytes
    }

    private static func sum(_ packet: [UInt8], nextHeader: UInt8) -> UInt64 {
        InternetChecksum.sum(
            packet.span.extracting(40..<packet.count),
            initial: InternetChecksum.pseudoHeader(
                addresses: packet.span.extracting(8..<40),
                upperLayerByteCount: packet.count - 40,
                nextHeader: nextHeader
            )
        )
    }
}
