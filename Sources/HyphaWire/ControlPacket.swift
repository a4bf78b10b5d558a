// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes

/// A decoded control packet: the TLVs in it that mean something to us (base protocol section 5.1).
///
///     | 42 | 3 | body length 2 | type 1, length 1, value | …
///
/// We send the base one TLV a packet, all that it understands, and accept any number.
package struct ControlPacket: Hashable, Sendable {
    /// What was understood, in order of arrival; ``Limits/controlTLVsMax`` at most.
    package let tlvs: [ControlTLV]
    /// How many TLVs were skipped: of an unknown type or address encoding, with a mandatory
    /// sub-TLV, a seqno request without hops left, padding, or too many.
    package let skippedCount: Int

    static let magic: UInt8 = 42
    static let version: UInt8 = 3
    static let headerByteCount = 4

    /// - Parameters:
    ///   - packet: From the magic on, without the 4-byte packet header.
    ///   - dialect: Which sub-TLVs are understood.
    /// - Returns: All TLVs of the packet.
    /// - Throws: ``WireError`` when any part is malformed; nothing of the packet may be used then.
    package static func decode(
        _ packet: Span<UInt8>,
        as dialect: ControlDialect = .base
    ) throws(WireError) -> ControlPacket {
        let end = try byteCount(of: packet)
        guard packet.count == end else { throw .surplus(expected: end, found: packet.count) }
        var tlvs: [ControlTLV] = []
        var skippedCount = 0
        var cursor = TLVCursor(packet.extracting(headerByteCount...))
        while let view = try cursor.next() {
            let tlv = try ControlTLV.decode(view, as: dialect)
            if let tlv, tlvs.count < Limits.controlTLVsMax {
                tlvs.append(tlv)
            } else {
                skippedCount += 1
            }
        }
        return ControlPacket(tlvs: tlvs, skippedCount: skippedCount)
    }

    /// Appends a whole packet, packet header included, with `tlv` as its only TLV.
    ///
    /// - Parameters:
    ///   - tlv: What to send.
    ///   - buffer: Bytes waiting to be sent on a stream.
    package static func appendFramed(_ tlv: ControlTLV, to buffer: inout [UInt8]) {
        let start = buffer.count
        buffer += [StreamFrame.version, StreamFrame.Kind.control.rawValue, 0, 0]
        buffer += [magic, version, 0, 0, tlv.type.rawValue, 0]
        let valueStart = buffer.count
        tlv.appendValue(to: &buffer)
        // The largest value is that of an Update for a /128: 66 bytes.
        let valueByteCount = UInt8(truncatingIfNeeded: buffer.count - valueStart)
        buffer[start + 7] = valueByteCount + 2
        buffer[start + 9] = valueByteCount
    }

    /// Size of the packet at the start of `bytes`, which must be there whole.
    static func byteCount(of bytes: Span<UInt8>) throws(WireError) -> Int {
        try checkHeader(bytes)
        guard bytes.count >= headerByteCount else {
            throw .truncated(needed: headerByteCount, available: bytes.count)
        }
        let end = headerByteCount + Int(bytes.bigEndian(at: 2, as: UInt16.self))
        guard bytes.count >= end else { throw .truncated(needed: end, available: bytes.count) }
        return end
    }

    /// Checks as much of the magic and the version as is there.
    static func checkHeader(_ packet: Span<UInt8>) throws(WireError) {
        guard packet.count > 0 else { return }
        guard packet[0] == magic else {
            throw .controlMagic(expected: magic, found: packet[0])
        }
        guard packet.count > 1 else { return }
        guard packet[1] == version else {
            throw .controlVersion(expected: version, found: packet[1])
        }
    }
}
