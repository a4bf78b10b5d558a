// SPDX-License-Identifier: Apache-2.0
// Public, not package: only then may the inlinable functions below use it.
public import HyphaBytes

/// What a transport frame carries (`Docs/protocol/hypha.md` section 3.3).
@usableFromInline
package enum TransportKind: UInt8, Hashable, Sendable, CaseIterable {
    /// ``ControlContent``.
    case control = 0
    /// A data packet that this node passes on or takes: its header sealed, then its body.
    case routed = 1
    /// Content whose source and destination are the two nodes of the link.
    case direct = 2
    /// ``LivenessContent``, or nothing.
    case liveness = 3

    /// Whether a frame of this kind may be one of two parts.
    @inlinable package var mayBeCut: Bool { self == .routed || self == .direct }
}

/// The clear first 16 bytes of a transport frame, which are also its additional data
/// (`Docs/protocol/hypha.md` sections 3 and 3.3).
///
///     | 4, kind, part, parts | receiver index 4 | counter 8 |
///
/// A whole frame is part 0 of 1; kinds 1 and 2 may be parts 0 and 1 of 2.
@usableFromInline
package struct TransportHeader: Hashable, Sendable {
    @usableFromInline package let kind: TransportKind
    /// 0, or 1 in the second of two parts.
    @usableFromInline package let part: UInt8
    /// 1 or 2.
    @usableFromInline package let parts: UInt8
    /// The index that the receiver gave its keys.
    @usableFromInline package let receiverIndex: UInt32
    /// Never used twice with one key.
    @usableFromInline package let counter: UInt64

    /// Size of the header in bytes; what is sealed begins there.
    @inlinable package static var byteCount: Int { 16 }
    /// Size of the tag at the end of what is sealed, bytes.
    @inlinable package static var tagByteCount: Int { 16 }
    /// The clear header of a data packet inside a routed frame, bytes: ``DataHeader`` without the
    /// packet header before it.
    @inlinable package static var routedHeaderByteCount: Int { 36 }
    /// What a routed frame has before its body: header, sealed data header and its tag, bytes.
    @inlinable package static var routedOverheadByteCount: Int {
        byteCount + routedHeaderByteCount + tagByteCount
    }
    /// What a frame of another kind has more than its content, bytes.
    @inlinable package static var overheadByteCount: Int { byteCount + tagByteCount }
    /// Where the receiver index begins.
    @inlinable package static var indexOffset: Int { 4 }
    /// Where the counter begins.
    @inlinable package static var counterOffset: Int { 8 }

    /// - Parameters:
    ///   - kind: What the frame carries.
    ///   - part: 0..<`parts`.
    ///   - parts: 1, or 2 where the kind may be cut.
    ///   - receiverIndex: The index that the receiver gave its keys.
    ///   - counter: Never used twice with one key.
    @inlinable
    package init(
        kind: TransportKind,
        part: UInt8 = 0,
        parts: UInt8 = 1,
        receiverIndex: UInt32,
        counter: UInt64
    ) {
        self.kind = kind
        self.part = part
        self.parts = parts
        self.receiverIndex = receiverIndex
        self.counter = counter
    }

    /// Reads the header of a frame.
    ///
    /// - Parameter frame: From byte 0 on; what is sealed need not be there.
    /// - Throws: ``WireError`` below 16 bytes, for another frame type, an unknown kind and part
    ///   numbers that cannot be; the frame is dropped and counted.
    @inlinable
    package init(_ frame: Span<UInt8>) throws(WireError) {
        guard frame.count >= Self.byteCount else {
            throw .truncated(needed: Self.byteCount, available: frame.count)
        }
        let word: UInt64 = frame.bigEndian(at: 0)
        let type = UInt8(truncatingIfNeeded: word >> 56)
        guard type == FrameType.transport.rawValue else { throw .frameType(found: type) }
        let kindByte = UInt8(truncatingIfNeeded: word >> 48)
        guard let kind = TransportKind(rawValue: kindByte) else {
            throw .transportKind(maximum: TransportKind.liveness.rawValue, found: kindByte)
        }
        let part = UInt8(truncatingIfNeeded: word >> 40)
        let parts = UInt8(truncatingIfNeeded: word >> 32)
        guard part == 0 && parts == 1 || part <= 1 && parts == 2 && kind.mayBeCut else {
            throw .frameParts(part: part, parts: parts)
        }
        self.init(
            kind: kind,
            part: part,
            parts: parts,
            receiverIndex: UInt32(truncatingIfNeeded: word),
            counter: frame.bigEndian(at: Self.counterOffset)
        )
    }

    /// Writes the 16 bytes to the start of `frame`.
    ///
    /// - Parameter frame: At least 16 bytes; traps when there are fewer.
    @inlinable
    package func write(to frame: inout MutableSpan<UInt8>) {
        let type = UInt64(FrameType.transport.rawValue) << 56
        let cut = UInt64(kind.rawValue) << 48 | UInt64(part) << 40 | UInt64(parts) << 32
        frame.storeBigEndian(type | cut | UInt64(receiverIndex), at: 0)
        frame.storeBigEndian(counter, at: Self.counterOffset)
    }

    /// What both parts of a frame share: the counter of the first.
    @inlinable package var group: UInt64 { counter &- UInt64(part) }
}
