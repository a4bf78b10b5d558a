// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes

extension ControlPacket {
    /// The least ceiling of ``appendPacked(_:byteCountMax:to:)``: a packet with the largest TLV.
    package static let packedByteCountMin = headerByteCount + 2 + 70

    /// Appends packets for a Hypha link, each with as many TLVs as it holds, sub-TLVs included.
    ///
    /// - Parameters:
    ///   - tlvs: What to send, in this order.
    ///   - byteCountMax: Largest packet, bytes; traps below ``packedByteCountMin``.
    ///   - packets: Receives packets from their magic on, without the packet header of a stream,
    ///     each of at most ``Limits/controlTLVsMax`` TLVs, which is what a receiver takes.
    package static func appendPacked(
        _ tlvs: some Sequence<ControlTLV>,
        byteCountMax: Int,
        to packets: inout [[UInt8]]
    ) {
        precondition(byteCountMax >= packedByteCountMin)
        let ceiling = min(byteCountMax, headerByteCount + Int(UInt16.max))
        var packet = emptyPacket
        var tlvCount = 0
        for tlv in tlvs {
            var bytes = [tlv.type.rawValue, 0]
            tlv.appendValue(to: &bytes)
            tlv.appendSubTLVs(to: &bytes)
            bytes[1] = UInt8(truncatingIfNeeded: bytes.count - 2)
            if packet.count + bytes.count > ceiling || tlvCount == Limits.controlTLVsMax {
                packets.append(closed(packet))
                packet = emptyPacket
                tlvCount = 0
            }
            packet += bytes
            tlvCount += 1
        }
        if tlvCount > 0 { packets.append(closed(packet)) }
    }

    /// Where each of several packets lies that stand one after the other, as in
    /// ``ControlContent/packets``.
    ///
    /// - Parameter bytes: Packets from their magic on.
    /// - Returns: Their extents, in order.
    /// - Throws: ``WireError`` when the last is cut or a header is wrong; what is inside is left to
    ///   ``decode(_:as:)``.
    package static func extents(in bytes: Span<UInt8>) throws(WireError) -> [Range<Int>] {
        var extents: [Range<Int>] = []
        var start = 0
        while start < bytes.count {
            let rest = bytes.extracting(start...)
            let byteCount = try byteCount(of: rest)
            extents.append(start..<start + byteCount)
            start += byteCount
        }
        return extents
    }

    private static var emptyPacket: [UInt8] { [magic, version, 0, 0] }

    /// The packet with its length filled in.
    private static func closed(_ packet: [UInt8]) -> [UInt8] {
        let length = UInt16(truncatingIfNeeded: packet.count - headerByteCount)
        var packet = packet
        packet[2] = UInt8(truncatingIfNeeded: length >> 8)
        packet[3] = UInt8(truncatingIfNeeded: length)
        return packet
    }
}
