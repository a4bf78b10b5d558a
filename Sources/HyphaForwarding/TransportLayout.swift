// SPDX-License-Identifier: Apache-2.0
import HyphaBytes

/// Where the headers of an unfragmented TCP or UDP packet lie.
package struct TransportLayout: Hashable, Sendable {
    /// IPv6, otherwise IPv4.
    package let isIPv6: Bool
    /// TCP, otherwise UDP.
    package let isTCP: Bool
    /// 40 for IPv6, 20...60 for IPv4; also where the transport header begins.
    package let ipHeaderByteCount: Int
    /// IP and transport header together.
    package let headerByteCount: Int
    /// Headers and content.
    package let byteCount: Int

    /// Content of the packet in bytes.
    package var contentByteCount: Int { byteCount &- headerByteCount }
    /// Transport header and content in bytes.
    package var transportByteCount: Int { byteCount &- ipHeaderByteCount }
    /// Where the transport checksum lies, bytes from the start of the packet.
    package var checksumOffset: Int { ipHeaderByteCount &+ transportChecksumOffset }
    /// Where the transport checksum lies, bytes from the transport header.
    package var transportChecksumOffset: Int { isTCP ? 16 : 6 }
    /// The value of the protocol or next header field.
    package var nextHeader: UInt8 { isTCP ? 6 : 17 }

    private static let ipv6HeaderByteCount = 40
    private static let ipv4HeaderByteCount = 20
    private static let tcpHeaderByteCount = 20
    private static let udpHeaderByteCount = 8

    /// Reads the headers of one whole IP packet.
    ///
    /// - Parameters:
    ///   - packet: The packet, nothing behind it.
    ///   - isLarge: The packet is one to be cut; its length fields are written anew and may say
    ///     anything (the kernel puts 0 where the length does not fit).
    /// - Throws: ``OffloadError``.
    package init(_ packet: Span<UInt8>, isLarge: Bool = false) throws(OffloadError) {
        guard packet.count >= Self.ipv4HeaderByteCount else { throw .truncated }
        let ipLength: Int
        let next: UInt8
        switch packet[0] &>> 4 {
        case 6:
            guard packet.count >= Self.ipv6HeaderByteCount else { throw .truncated }
            isIPv6 = true
            ipHeaderByteCount = Self.ipv6HeaderByteCount
            ipLength = Int(packet.bigEndian(at: 4, as: UInt16.self)) &+ ipHeaderByteCount
            next = packet[6]
        case 4:
            isIPv6 = false
            ipHeaderByteCount = Int(packet[0] & 15) &* 4
            guard ipHeaderByteCount >= Self.ipv4HeaderByteCount else { throw .badHeader }
            // Fragment offset and the flag for more fragments.
            guard packet.bigEndian(at: 6, as: UInt16.self) & 0x3fff == 0 else { throw .fragment }
            ipLength = Int(packet.bigEndian(at: 2, as: UInt16.self))
            next = packet[9]
        default: throw .notIP
        }
        guard isLarge || ipLength == packet.count else { throw .lengthMismatch }
        byteCount = packet.count
        switch next {
        case 6:
            isTCP = true
            guard packet.count >= ipHeaderByteCount &+ Self.tcpHeaderByteCount else {
                throw .truncated
            }
            let dataOffset = Int(packet[ipHeaderByteCount &+ 12] &>> 4) &* 4
            guard dataOffset >= Self.tcpHeaderByteCount else { throw .badHeader }
            headerByteCount = ipHeaderByteCount &+ dataOffset
            guard headerByteCount <= packet.count else { throw .truncated }
        case 17:
            isTCP = false
            headerByteCount = ipHeaderByteCount &+ Self.udpHeaderByteCount
            guard packet.count >= headerByteCount else { throw .truncated }
            let length = Int(packet.bigEndian(at: ipHeaderByteCount &+ 4, as: UInt16.self))
            guard isLarge || length == packet.count &- ipHeaderByteCount else {
                throw .lengthMismatch
            }
        default: throw .notTransport
        }
    }

    /// The sum of the pseudo-header of `packet` as if its transport part had no bytes.
    func addressSum(of packet: Span<UInt8>) -> UInt64 {
        InternetChecksum.pseudoHeader(
            addresses: packet.extracting(isIPv6 ? 8..<40 : 12..<20),
            upperLayerByteCount: 0,
            nextHeader: nextHeader
        )
    }

    /// Whether the transport checksum of `packet` is good; a UDP checksum of 0 is not.
    func hasGoodChecksum(_ packet: Span<UInt8>) -> Bool {
        if !isTCP, packet.bigEndian(at: checksumOffset, as: UInt16.self) == 0 { return false }
        let sum = InternetChecksum.sum(
            packet.extracting(ipHeaderByteCount..<byteCount),
            initial: addressSum(of: packet) &+ UInt64(transportByteCount)
        )
        return InternetChecksum.fold(sum) == 0xffff
    }

    /// Writes the length fields of a packet with these IP and transport headers, and its IPv4
    /// header checksum.
    ///
    /// - Parameters:
    ///   - packet: Begins with the headers.
    ///   - byteCount: The whole packet, 65 535 at most.
    func writeLengths(_ packet: inout MutableSpan<UInt8>, byteCount: Int) {
        let transport = UInt16(truncatingIfNeeded: byteCount &- ipHeaderByteCount)
        if isIPv6 {
            packet.storeBigEndian(transport, at: 4)
        } else {
            packet.storeBigEndian(UInt16(truncatingIfNeeded: byteCount), at: 2)
            packet.storeBigEndian(0 as UInt16, at: 10)
            let sum = InternetChecksum.sum(packet.span.extracting(0..<ipHeaderByteCount))
            packet.storeBigEndian(~InternetChecksum.fold(sum), at: 10)
        }
        if !isTCP { packet.storeBigEndian(transport, at: ipHeaderByteCount &+ 4) }
    }

    /// Puts the sum of the pseudo-header where the transport checksum goes: whoever hands the packet
    /// to its receiver completes it, or knows that it need not be looked at.
    ///
    /// - Parameters:
    ///   - packet: Begins with the headers.
    ///   - byteCount: The whole packet.
    ///   - addressSum: What ``addressSum(of:)`` gives for it.
    func writePartialChecksum(
        _ packet: inout MutableSpan<UInt8>,
        byteCount: Int,
        addressSum: UInt64
    ) {
        let sum = addressSum &+ UInt64(byteCount &- ipHeaderByteCount)
        packet.storeBigEndian(InternetChecksum.fold(sum), at: checksumOffset)
    }

    /// Computes the transport checksum of a packet that begins with these headers.
    ///
    /// - Parameters:
    ///   - packet: Begins with the headers.
    ///   - byteCount: The whole packet.
    ///   - addressSum: What ``addressSum(of:)`` gives for it.
    func writeChecksum(
        _ packet: inout MutableSpan<UInt8>,
        byteCount: Int,
        addressSum: UInt64
    ) {
        packet.storeBigEndian(0 as UInt16, at: checksumOffset)
        let sum = InternetChecksum.sum(
            packet.span.extracting(ipHeaderByteCount..<byteCount),
            initial: addressSum &+ UInt64(byteCount &- ipHeaderByteCount)
        )
        let checksum = ~InternetChecksum.fold(sum)
        // A UDP checksum of 0 means that there is none (RFC 768, RFC 8200 section 8.1).
        packet.storeBigEndian(!isTCP && checksum == 0 ? 0xffff : checksum, at: checksumOffset)
    }
}
