// SPDX-License-Identifier: Apache-2.0
public import HyphaBase
public import HyphaBytes

/// The fixed header of an IPv6 packet (RFC 8200 section 3), without traffic class and flow label.
///
///     | version, class, flow 4 | payload length 2 | next header 1 | hop limit 1 | source 16 | … 16 |
@usableFromInline
package struct IPv6Header: Hashable, Sendable {
    /// Size of what follows the header, bytes, as the packet claims.
    @usableFromInline package var payloadByteCount: UInt16
    /// Protocol number of what follows.
    @usableFromInline package var nextHeader: UInt8
    @usableFromInline package var hopLimit: UInt8
    @usableFromInline package var source: IPv6Address
    @usableFromInline package var destination: IPv6Address

    /// Size of the header in bytes.
    @inlinable package static var byteCount: Int { 40 }
    /// Where the payload length stands.
    @inlinable package static var payloadByteCountOffset: Int { 4 }
    /// Where the next header stands.
    @inlinable package static var nextHeaderOffset: Int { 6 }
    /// Where the hop limit stands.
    @inlinable package static var hopLimitOffset: Int { 7 }
    /// Where the source address begins; the destination follows it.
    @inlinable package static var sourceOffset: Int { 8 }
    /// Where the destination address begins.
    @inlinable package static var destinationOffset: Int { 24 }

    /// - Parameters:
    ///   - payloadByteCount: Size of what follows the header, bytes.
    ///   - nextHeader: Protocol number of what follows.
    ///   - hopLimit: Hops left.
    ///   - source: The source address.
    ///   - destination: The destination address.
    @inlinable
    package init(
        payloadByteCount: UInt16,
        nextHeader: UInt8,
        hopLimit: UInt8,
        source: IPv6Address,
        destination: IPv6Address
    ) {
        self.payloadByteCount = payloadByteCount
        self.nextHeader = nextHeader
        self.hopLimit = hopLimit
        self.source = source
        self.destination = destination
    }

    /// Reads the header of a packet.
    ///
    /// Whether the whole payload is there is for the caller to compare.
    ///
    /// - Parameter packet: A packet from outside.
    /// - Throws: ``WireError`` below 40 bytes or when the version is not 6.
    @inlinable
    package init(_ packet: Span<UInt8>) throws(WireError) {
        guard packet.count >= Self.byteCount else {
            throw .truncated(needed: Self.byteCount, available: packet.count)
        }
        let word: UInt64 = packet.bigEndian(at: 0)
        guard word >> 60 == 6 else {
            throw .ipVersion(expected: 6, found: UInt8(truncatingIfNeeded: word >> 60))
        }
        self.init(
            payloadByteCount: UInt16(truncatingIfNeeded: word >> 16),
            nextHeader: UInt8(truncatingIfNeeded: word >> 8),
            hopLimit: UInt8(truncatingIfNeeded: word),
            source: IPv6Address(high: packet.bigEndian(at: 8), low: packet.bigEndian(at: 16)),
            destination: IPv6Address(
                high: packet.bigEndian(at: 24),
                low: packet.bigEndian(at: 32)
            )
        )
    }

    /// Writes the 40 bytes, traffic class and flow label 0, to the start of `packet`.
    ///
    /// - Parameter packet: At least 40 bytes; traps when there are fewer.
    @inlinable
    package func write(to packet: inout MutableSpan<UInt8>) {
        let word =
            0x6000_0000_0000_0000 | UInt64(payloadByteCount) << 16 | UInt64(nextHeader) << 8
            | UInt64(hopLimit)
        packet.storeBigEndian(word, at: 0)
        packet.storeBigEndian(source.high, at: 8)
        packet.storeBigEndian(source.low, at: 16)
        packet.storeBigEndian(destination.high, at: 24)
        packet.storeBigEndian(destination.low, at: 32)
    }

    /// Sets the hop limit of a packet, as delivery does (base protocol section 4.5).
    ///
    /// - Parameters:
    ///   - hopLimit: Hops left.
    ///   - packet: An IPv6 packet; traps below 8 bytes.
    @inlinable
    package static func setHopLimit(_ hopLimit: UInt8, in packet: inout MutableSpan<UInt8>) {
        packet[hopLimitOffset] = hopLimit
    }
}
