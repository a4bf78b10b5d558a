// SPDX-License-Identifier: Apache-2.0
public import HyphaBase
public import HyphaBytes

/// The clear header of a data packet as it stands on a link (base protocol sections 3 and 4.1).
///
///     | version 1 | type 0 | reserved 3 | body length 2 | hop limit 1 | source 16 | destination 16 |
///
/// Offsets count from the packet header on, so a framed packet is this header and its body.
@usableFromInline
package struct DataHeader: Hashable, Sendable {
    /// Size of the encrypted body that follows, bytes, 0...65535.
    @usableFromInline package var bodyByteCount: UInt16
    @usableFromInline package var hopLimit: UInt8
    @usableFromInline package var source: IPv6Address
    @usableFromInline package var destination: IPv6Address

    /// Size of the header in bytes; the body begins there.
    @inlinable package static var byteCount: Int { 40 }
    /// Where the source address begins; the destination follows it.
    @inlinable package static var sourceOffset: Int { 8 }
    /// Where the destination address begins.
    @inlinable package static var destinationOffset: Int { 24 }

    /// - Parameters:
    ///   - bodyByteCount: Size of the encrypted body that follows, bytes.
    ///   - hopLimit: Hops left, as the next node is to see it.
    ///   - source: Overlay address of the sender.
    ///   - destination: Overlay address of the receiver.
    @inlinable
    package init(
        bodyByteCount: UInt16,
        hopLimit: UInt8,
        source: IPv6Address,
        destination: IPv6Address
    ) {
        self.bodyByteCount = bodyByteCount
        self.hopLimit = hopLimit
        self.source = source
        self.destination = destination
    }

    /// Reads the header of a packet that ``StreamFrame`` found to be data; the reserved bytes are
    /// not looked at.
    ///
    /// - Parameter packet: From the packet header on; the body need not be there.
    /// - Throws: ``WireError/truncated(needed:available:)`` below 40 bytes.
    @inlinable
    package init(_ packet: Span<UInt8>) throws(WireError) {
        guard packet.count >= Self.byteCount else {
            throw .truncated(needed: Self.byteCount, available: packet.count)
        }
        let word: UInt64 = packet.bigEndian(at: 0)
        self.init(
            bodyByteCount: UInt16(truncatingIfNeeded: word >> 8),
            hopLimit: UInt8(truncatingIfNeeded: word),
            source: IPv6Address(high: packet.bigEndian(at: 8), low: packet.bigEndian(at: 16)),
            destination: IPv6Address(
                high: packet.bigEndian(at: 24),
                low: packet.bigEndian(at: 32)
            )
        )
    }

    /// Writes the 40 bytes, packet header included, to the start of `packet`.
    ///
    /// - Parameter packet: At least 40 bytes; traps when there are fewer.
    @inlinable
    package func write(to packet: inout MutableSpan<UInt8>) {
        packet.storeBigEndian(Self.firstWord(bodyByteCount, hopLimit: hopLimit), at: 0)
        packet.storeBigEndian(source.high, at: 8)
        packet.storeBigEndian(source.low, at: 16)
        packet.storeBigEndian(destination.high, at: 24)
        packet.storeBigEndian(destination.low, at: 32)
    }

    /// Sets the hop limit of a packet in transit, and its reserved bytes to 0 as the base does.
    ///
    /// - Parameters:
    ///   - hopLimit: Hops left, as the next node is to see it.
    ///   - packet: A framed data packet; traps below 8 bytes.
    @inlinable
    package static func setHopLimit(_ hopLimit: UInt8, in packet: inout MutableSpan<UInt8>) {
        let word: UInt64 = packet.bigEndian(at: 0)
        let bodyByteCount = UInt16(truncatingIfNeeded: word >> 8)
        packet.storeBigEndian(firstWord(bodyByteCount, hopLimit: hopLimit), at: 0)
    }

    @usableFromInline @inline(__always)
    static func firstWord(_ bodyByteCount: UInt16, hopLimit: UInt8) -> UInt64 {
        0x0100_0000_0000_0000 | UInt64(bodyByteCount) << 8 | UInt64(hopLimit)
    }
}
