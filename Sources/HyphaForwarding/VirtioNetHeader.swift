// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes

/// What stands before each packet on a TUN device opened with `IFF_VNET_HDR`.
///
/// All numbers are in the byte order of the machine:
///
///     | flags 1 | gso_type 1 | hdr_len 2 | gso_size 2 | csum_start 2 | csum_offset 2 |
///
/// - Source: `struct virtio_net_hdr` of `<linux/virtio_net.h>`; virtio 1.2 section 5.1.6.
package struct VirtioNetHeader: Hashable, Sendable {
    /// What is known about the checksum.
    package var flags: UInt8
    /// The kind of a large packet; may carry ``ecnBit``.
    package var segmentationType: UInt8
    /// Bytes of all headers; only a hint, and the kernel's may be too large.
    package var headerByteCount: UInt16
    /// Payload bytes of each segment; 0 when the packet is not large.
    package var segmentByteCount: UInt16
    /// Where the checksummed part begins, bytes from the start of the packet.
    package var checksumStart: UInt16
    /// Where the checksum lies, bytes from ``checksumStart``.
    package var checksumOffset: UInt16

    /// Size in bytes.
    package static let byteCount = 10

    /// Flag: the checksum field holds the sum of the pseudo-header, the rest is to be done.
    package static let needsChecksum: UInt8 = 1
    /// Flag: the checksum was found good.
    package static let dataValid: UInt8 = 2

    /// Type: an ordinary packet.
    package static let typeNone: UInt8 = 0
    /// Type: TCP over IPv4 to be segmented.
    package static let typeTCPv4: UInt8 = 1
    /// Type: one UDP datagram to be fragmented (never offered to the kernel).
    package static let typeUDPFragments: UInt8 = 3
    /// Type: TCP over IPv6 to be segmented.
    package static let typeTCPv6: UInt8 = 4
    /// Type: UDP datagrams of equal size in one (`VIRTIO_NET_HDR_GSO_UDP_L4`, Linux 6.2).
    package static let typeUDPSegments: UInt8 = 5
    /// Bit of the type: a TCP packet with the CWR flag.
    package static let ecnBit: UInt8 = 0x80

    /// The header of an ordinary packet with a complete checksum.
    @inlinable
    package init() {
        flags = 0
        segmentationType = Self.typeNone
        headerByteCount = 0
        segmentByteCount = 0
        checksumStart = 0
        checksumOffset = 0
    }

    /// - Parameter bytes: The header, at least 10 bytes; otherwise `nil`.
    @inlinable
    package init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= Self.byteCount else { return nil }
        flags = bytes[0]
        segmentationType = bytes[1]
        headerByteCount = bytes.native(at: 2)
        segmentByteCount = bytes.native(at: 4)
        checksumStart = bytes.native(at: 6)
        checksumOffset = bytes.native(at: 8)
    }

    /// Writes the header.
    ///
    /// - Parameters:
    ///   - bytes: The target.
    ///   - offset: Where the 10 bytes begin; traps when they do not fit.
    @inlinable
    package func write(to bytes: inout MutableSpan<UInt8>, at offset: Int) {
        bytes[offset] = flags
        bytes[offset + 1] = segmentationType
        bytes.storeBigEndian(UInt16(bigEndian: headerByteCount), at: offset + 2)
        bytes.storeBigEndian(UInt16(bigEndian: segmentByteCount), at: offset + 4)
        bytes.storeBigEndian(UInt16(bigEndian: checksumStart), at: offset + 6)
        bytes.storeBigEndian(UInt16(bigEndian: checksumOffset), at: offset + 8)
    }

    /// The type without ``ecnBit``.
    @inlinable
    package var baseType: UInt8 { segmentationType & ~Self.ecnBit }
    /// Whether the packet holds several segments.
    @inlinable
    package var isLarge: Bool { baseType != Self.typeNone }
    /// Whether the checksum is still to be completed.
    @inlinable
    package var wantsChecksum: Bool { flags & Self.needsChecksum != 0 }
}

extension VirtioNetHeader {
    /// The header of a large TCP or UDP packet over IPv6 that another host left unsegmented, with
    /// the checksum of its pseudo-header in place; derived from the packet, so that nothing of it
    /// has to be believed.
    ///
    /// It is `nil` when it is not such a packet, or a segment would be smaller than 512 bytes or
    /// larger than the MTU takes.
    ///
    /// - Parameters:
    ///   - packet: The whole packet, from its IPv6 header on.
    ///   - segmentByteCount: Payload of each segment in bytes.
    package init?(superPacket packet: Span<UInt8>, segmentByteCount: UInt16) {
        let layout: TransportLayout
        do throws(OffloadError) {
            layout = try TransportLayout(packet, isLarge: true)
        } catch {
            return nil
        }
        let segment = Int(segmentByteCount)
        guard layout.isIPv6, segment >= Limits.superPacketSegmentBytesMin,
            layout.headerByteCount + segment <= Limits.tunnelMTUBytes,
            layout.contentByteCount > 0,
            // The kernel takes the length of a large packet from its header.
            Int(packet.bigEndian(at: 4, as: UInt16.self)) == layout.transportByteCount
        else { return nil }
        self.init()
        flags = Self.needsChecksum
        headerByteCount = UInt16(truncatingIfNeeded: layout.headerByteCount)
        checksumStart = UInt16(truncatingIfNeeded: layout.ipHeaderByteCount)
        checksumOffset = UInt16(truncatingIfNeeded: layout.transportChecksumOffset)
        guard layout.contentByteCount > segment else { return }
        self.segmentByteCount = segmentByteCount
        segmentationType = layout.isTCP ? Self.typeTCPv6 : Self.typeUDPSegments
        if layout.isTCP, packet[layout.ipHeaderByteCount + 13] & Self.congestionWindowReduced != 0 {
            segmentationType |= Self.ecnBit
        }
    }

    /// The CWR flag of TCP.
    private static let congestionWindowReduced: UInt8 = 0x80
}
