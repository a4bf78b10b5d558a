// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaForwarding

/// Packets as TUN gives them: virtio-net header, IPv6, transport.
enum Packets {
    static let smallContent = 64
    static let largeContent = 48 * 1340

    /// Bytes before the content of a packet from TUN.
    static func headerByteCount(_ bytes: [UInt8]) -> Int {
        VirtioNetHeader.byteCount + 40 + (bytes[VirtioNetHeader.byteCount + 6] == 17 ? 8 : 20)
    }

    /// A UDP datagram with 64 bytes of content.
    static func datagram(from source: IPv6Address, to destination: IPv6Address) -> [UInt8] {
        var packet = ip(source, destination, nextHeader: 17, byteCount: 8 + smallContent)
        var udp: [UInt8] = [0x12, 0x34, 0x56, 0x78, 0, 72, 0, 0]
        udp += [UInt8](repeating: 0x5a, count: smallContent)
        packet += udp
        var bytes = packet.mutableSpan
        let sum = InternetChecksum.sum(
            bytes.span.extracting(40..<bytes.count),
            initial: InternetChecksum.pseudoHeader(
                addresses: bytes.span.extracting(8..<40),
                upperLayerByteCount: 72,
                nextHeader: 17
            )
        )
        bytes.storeBigEndian(~InternetChecksum.fold(sum), at: 46)
        return header(VirtioNetHeader()) + packet
    }

    /// A TCP packet of 48 unsegmented segments of 1340 bytes.
    static func large(from source: IPv6Address, to destination: IPv6Address) -> [UInt8] {
        var packet = ip(source, destination, nextHeader: 6, byteCount: 20 + largeContent)
        packet += [0x12, 0x34, 0x56, 0x78, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 1, 0, 0, 0, 0, 0]
        packet += [UInt8](repeating: 0xa5, count: largeContent)
        var offload = VirtioNetHeader()
        offload.flags = VirtioNetHeader.needsChecksum
        offload.segmentationType = VirtioNetHeader.typeTCPv6
        offload.headerByteCount = 60
        offload.segmentByteCount = 1340
        offload.checksumStart = 40
        offload.checksumOffset = 16
        return header(offload) + packet
    }

    private static func ip(
        _ source: IPv6Address,
        _ destination: IPv6Address,
        nextHeader: UInt8,
        byteCount: Int
    ) -> [UInt8] {
        let size = UInt16(byteCount)
        return [0x60, 0, 0, 0, UInt8(size >> 8), UInt8(size & 0xff), nextHeader, 64]
            + source.bytes + destination.bytes
    }

    private static func header(_ offload: VirtioNetHeader) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: VirtioNetHeader.byteCount)
        var span = bytes.mutableSpan
        offload.write(to: &span, at: 0)
        return bytes
    }
}
