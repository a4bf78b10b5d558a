// SPDX-License-Identifier: Apache-2.0
import HyphaBase
public import HyphaBytes

/// The extent of one packet in a byte stream (base protocol section 3).
///
///     | version 1 | type 1 | reserved 2 | data: reserved 1, length 2, hop limit 1 | …
///     | version 1 | type 1 | reserved 2 | control: 42, 3, body length 2           | …
///     | version 1 | type 1 | sealed: length 2 | one frame                              | …
///
/// A packet carries its length in its own header, so eight bytes tell everything. Sealed packets
/// are those of `Docs/protocol/hypha.md` section 3.2.
@usableFromInline
package struct StreamFrame: Hashable, Sendable {
    @usableFromInline package let kind: Kind
    /// Size of the whole packet in bytes, its 4-byte packet header included.
    @usableFromInline package let byteCount: Int

    /// The kinds of packet.
    @usableFromInline
    package enum Kind: UInt8, Hashable, Sendable {
        case data = 0
        case control = 1
        /// A frame of a Hypha link, see ``LinkFrame``; between Hypha nodes only.
        case sealed = 2
    }

    /// Size of the packet header in bytes.
    @inlinable package static var headerByteCount: Int { 4 }
    /// Bytes that must be there before the size of a packet is known.
    @inlinable package static var prefixByteCount: Int { 8 }
    /// The largest packet there can be, bytes.
    package static let byteCountMax = DataHeader.byteCount + Limits.bodyBytesMax
    /// The version of every packet.
    @inlinable package static var version: UInt8 { 1 }

    /// - Parameters:
    ///   - kind: The kind of packet.
    ///   - byteCount: Size of the whole packet in bytes, 4...``byteCountMax``.
    @inlinable
    package init(kind: Kind, byteCount: Int) {
        self.kind = kind
        self.byteCount = byteCount
    }

    /// The packet at the start of a stream's bytes, once it is complete.
    ///
    /// A wrong version, type or magic is reported as soon as its byte is there, since the length
    /// that would follow means nothing. The reserved bytes are not looked at.
    ///
    /// - Parameter bytes: What has been received and not been consumed yet.
    /// - Returns: The extent of the packet, or `nil` when more bytes are needed.
    /// - Throws: ``WireError`` when the stream cannot be continued.
    @inlinable
    package static func first(in bytes: Span<UInt8>) throws(WireError) -> StreamFrame? {
        guard bytes.count >= prefixByteCount else {
            try checkIncomplete(bytes)
            return shortSealed(bytes)
        }
        let word: UInt64 = bytes.bigEndian(at: 0)
        let frame: StreamFrame
        switch word >> 48 {
        case 0x0100:
            let body = Int(truncatingIfNeeded: word >> 8 & 0xffff)
            frame = StreamFrame(kind: .data, byteCount: 40 &+ body)
        case 0x0101 where word >> 16 & 0xffff == 0x2a03:
            frame = StreamFrame(kind: .control, byteCount: 8 &+ Int(word & 0xffff))
        case 0x0102:
            let content = Int(truncatingIfNeeded: word >> 32 & 0xffff)
            frame = StreamFrame(kind: .sealed, byteCount: headerByteCount &+ content)
        default:
            try checkIncomplete(bytes)
            return nil
        }
        return frame.byteCount <= bytes.count ? frame : nil
    }

    /// Throws what is already known to be wrong about the first bytes of a packet.
    @usableFromInline
    static func checkIncomplete(_ bytes: Span<UInt8>) throws(WireError) {
        guard bytes.count > 0 else { return }
        guard bytes[0] == version else {
            throw .packetVersion(expected: version, found: bytes[0])
        }
        guard bytes.count > 1 else { return }
        guard let kind = Kind(rawValue: bytes[1]) else {
            throw .packetType(maximum: Kind.sealed.rawValue, found: bytes[1])
        }
        guard kind == .control, bytes.count > headerByteCount else { return }
        try ControlPacket.checkHeader(bytes.extracting(headerByteCount...))
    }

    /// A sealed packet that is complete although it is too short to hold a frame, so that nobody
    /// waits for bytes that it does not announce.
    @usableFromInline
    static func shortSealed(_ bytes: Span<UInt8>) -> StreamFrame? {
        guard bytes.count >= headerByteCount, bytes[1] == Kind.sealed.rawValue else { return nil }
        let byteCount = headerByteCount + Int(bytes.bigEndian(at: 2, as: UInt16.self))
        return byteCount <= bytes.count ? StreamFrame(kind: .sealed, byteCount: byteCount) : nil
    }

    /// Appends a sealed packet.
    ///
    /// - Parameters:
    ///   - frame: One frame of a link; traps above 65 535 bytes.
    ///   - buffer: Bytes waiting to be sent on a stream.
    package static func appendSealed(_ frame: Span<UInt8>, to buffer: inout [UInt8]) {
        precondition(frame.count <= Int(UInt16.max))
        buffer += [version, Kind.sealed.rawValue]
        buffer.appendBigEndian(UInt16(truncatingIfNeeded: frame.count))
        buffer.append(contentsOf: frame)
    }
}
