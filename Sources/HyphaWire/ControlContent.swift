// SPDX-License-Identifier: Apache-2.0
import HyphaBytes

/// The content of a control frame, kind 0 (`Docs/protocol/hypha.md` section 3.3).
///
///     | seq 4 | ack 4 | control packets, each from its magic 42 on |
package struct ControlContent: Hashable, Sendable {
    /// The number of this frame, from 1 on; 0 is not acknowledged.
    package var seq: UInt32
    /// The last number up to which all were received, 0 for none.
    package var ack: UInt32
    /// Control packets one after the other, see ``ControlPacket/extents(in:)``; empty in a bare
    /// acknowledgement.
    package var packets: [UInt8]

    /// Size of what stands before the packets, bytes.
    package static let headerByteCount = 8

    /// - Parameters:
    ///   - seq: The number of this frame, 0 when it is not to be acknowledged.
    ///   - ack: The last number up to which all were received.
    ///   - packets: Control packets from their magic on.
    package init(seq: UInt32, ack: UInt32, packets: [UInt8] = []) {
        self.seq = seq
        self.ack = ack
        self.packets = packets
    }

    /// - Parameter content: An opened control frame without header and tag.
    /// - Returns: The numbers and the packets, which are not looked at.
    /// - Throws: ``WireError/truncated(needed:available:)`` below 8 bytes.
    package static func decode(_ content: Span<UInt8>) throws(WireError) -> ControlContent {
        var reader = FieldReader(content)
        let seq: UInt32 = try reader.integer()
        let ack: UInt32 = try reader.integer()
        return ControlContent(seq: seq, ack: ack, packets: [UInt8](copying: reader.rest))
    }

    /// The bytes of the content.
    package func encoded() -> [UInt8] {
        var content: [UInt8] = []
        content.reserveCapacity(Self.headerByteCount + packets.count)
        content.appendBigEndian(seq)
        content.appendBigEndian(ack)
        return content + packets
    }
}
