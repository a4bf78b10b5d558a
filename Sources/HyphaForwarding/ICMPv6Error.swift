// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaBytes

/// An ICMPv6 error for a program of this host (RFC 4443 section 3).
package struct ICMPv6Error: Hashable, Sendable {
    /// 1...127; larger ones are no errors.
    package let type: UInt8
    package let code: UInt8
    /// The second word of the ICMPv6 header: the MTU of a Packet Too Big, otherwise 0.
    package let parameter: UInt32

    /// No route to the destination.
    package static let noRoute = ICMPv6Error(type: 1, code: 0)
    /// Communication with the destination is administratively prohibited.
    package static let prohibited = ICMPv6Error(type: 1, code: 1)
    /// The destination is in our own /64 and nobody has it.
    package static let addressUnreachable = ICMPv6Error(type: 1, code: 3)
    /// The source address is not of the overlay.
    package static let sourcePolicyFailed = ICMPv6Error(type: 1, code: 5)
    /// The hop limit was used up.
    package static let hopLimitExceeded = ICMPv6Error(type: 3, code: 0)

    /// Bytes of IPv6 and ICMPv6 header before the quoted packet.
    package static let headerByteCount = 48
    /// Bytes of the packet quoted at most, so that the error fits the least IPv6 MTU of 1280.
    package static let quotedByteCountMax = 1232
    /// Size of the largest error in bytes.
    package static let byteCountMax = headerByteCount + quotedByteCountMax

    /// An error as another router reported it (base protocol section 4.6).
    ///
    /// - Parameters:
    ///   - type: The ICMPv6 type.
    ///   - code: The ICMPv6 code.
    ///   - parameter: The second word of the ICMPv6 header.
    package init(type: UInt8, code: UInt8, parameter: UInt32 = 0) {
        self.type = type
        self.code = code
        self.parameter = parameter
    }

    /// The packet is larger than the path takes.
    ///
    /// - Parameter mtuBytes: What it takes; clamped to 1280...65 535.
    /// - Returns: The error.
    package static func packetTooBig(mtuBytes: Int) -> ICMPv6Error {
        let mtu = UInt32(truncatingIfNeeded: min(max(mtuBytes, 1280), 65_535))
        return ICMPv6Error(type: 2, code: 0, parameter: mtu)
    }

    /// The addresses and hop limit of an error.
    package struct Envelope: Hashable, Sendable {
        /// Who reports: an address of ours, or of the router that reported.
        package var source: IPv6Address
        /// Who is told: the source of the packet.
        package var destination: IPv6Address
        /// 64 unless the error has come a way already.
        package var hopLimit: UInt8

        package init(source: IPv6Address, destination: IPv6Address, hopLimit: UInt8 = 64) {
            self.source = source
            self.destination = destination
            self.hopLimit = hopLimit
        }
    }

    /// Writes the error as a whole IPv6 packet.
    ///
    /// - Parameters:
    ///   - packet: The IPv6 packet that caused it; its beginning is quoted.
    ///   - envelope: From whom to whom.
    ///   - target: At least ``byteCountMax`` bytes; traps otherwise. Must not overlap `packet`.
    /// - Returns: Bytes written, or `nil` when no error may be sent about this packet: it is no
    ///   IPv6, an ICMPv6 error or redirect itself, to a multicast address (except Packet Too Big),
    ///   or from an address that does not name one node.
    /// - Source: RFC 4443 section 2.4 (c) and (e).
    package func write(
        about packet: Span<UInt8>,
        envelope: Envelope,
        into target: inout MutableSpan<UInt8>
    ) -> Int? {
        guard type < 128, Self.mayReport(packet, isTooBig: type == 2) else { return nil }
        let quoted = min(packet.count, Self.quotedByteCountMax)
        let byteCount = Self.headerByteCount + quoted
        target.storeBigEndian(0x6000_0000 as UInt32, at: 0)
        target.storeBigEndian(UInt16(truncatingIfNeeded: byteCount - 40), at: 4)
        target[6] = 58
        target[7] = envelope.hopLimit
        target.storeBigEndian(envelope.source.high, at: 8)
        target.storeBigEndian(envelope.source.low, at: 16)
        target.storeBigEndian(envelope.destination.high, at: 24)
        target.storeBigEndian(envelope.destination.low, at: 32)
        target[40] = type
        target[41] = code
        target.storeBigEndian(0 as UInt16, at: 42)
        target.storeBigEndian(parameter, at: 44)
        target.copy(packet.extracting(0..<quoted), at: Self.headerByteCount)
        let sum = InternetChecksum.sum(
            target.span.extracting(40..<byteCount),
            initial: InternetChecksum.pseudoHeader(
                addresses: target.span.extracting(8..<40),
                upperLayerByteCount: byteCount - 40,
                nextHeader: 58
            )
        )
        target.storeBigEndian(~InternetChecksum.fold(sum), at: 42)
        return byteCount
    }

    // MARK: - What may be reported

    private static func mayReport(_ packet: Span<UInt8>, isTooBig: Bool) -> Bool {
        guard packet.count >= 40, packet[0] >> 4 == 6 else { return false }
        let isFromMulticast = packet[8] == 0xff
        let isFromUnspecified =
            packet.bigEndian(at: 8, as: UInt64.self) == 0
            && packet.bigEndian(at: 16, as: UInt64.self) == 0
        guard !isFromMulticast, !isFromUnspecified else { return false }
        guard isTooBig || packet[24] != 0xff else { return false }
        return !isICMPv6Error(packet)
    }

    /// Whether the packet is, or may be, an ICMPv6 error or redirect.
    private static func isICMPv6Error(_ packet: Span<UInt8>) -> Bool {
        var next = packet[6]
        var offset = 40
        for _ in 0...Limits.extensionHeadersMax {
            switch next {
            case 58:
                guard offset < packet.count else { return true }
                return packet[offset] < 128 || packet[offset] == 137
            case 0, 43, 60:  // Hop-by-hop options, routing, destination options.
                guard offset + 2 <= packet.count else { return true }
                next = packet[offset]
                offset += (Int(packet[offset + 1]) + 1) * 8
            case 44:
                guard offset + 8 <= packet.count else { return true }
                // Only the first fragment shows what is inside.
                let position = packet.bigEndian(at: offset + 2, as: UInt16.self) & 0xfff8
                guard position == 0 else { return packet[offset] == 58 }
                next = packet[offset]
                offset += 8
            default:
                return false
            }
        }
        return true
    }
}
