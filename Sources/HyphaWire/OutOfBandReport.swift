// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaBytes

/// What a router tells the source of a sealed packet that it cannot pass on (base protocol
/// section 4.6): the content of a body of type 2, after the user header.
///
///     | destination of the packet 16 | IPv6 header 40 | type 1, code 1, checksum 2, zero 4 | its body |
package struct OutOfBandReport: Hashable, Sendable {
    /// Where the offending packet was to go; its key opens the quoted body.
    package var offendingDestination: IPv6Address
    /// The source of the offending packet, to which the report goes.
    package var offendingSource: IPv6Address
    /// The address of the reporting router: its subnet with a zero host part.
    package var reporter: IPv6Address
    package var cause: Cause

    /// Type and code of an ICMPv6 error message (RFC 4443 section 3).
    package struct Cause: Hashable, Sendable {
        package var type: UInt8
        package var code: UInt8

        /// Type 3 code 0: the hop limit ran out.
        package static let hopLimitExceeded = Cause(type: 3, code: 0)
        /// Type 1 code 0: no route to the destination.
        package static let noRoute = Cause(type: 1, code: 0)

        /// - Parameters:
        ///   - type: ICMPv6 type.
        ///   - code: ICMPv6 code.
        package init(type: UInt8, code: UInt8) {
            self.type = type
            self.code = code
        }
    }

    /// Where the IPv6 header begins.
    static let headerOffset = 16
    /// Where the ICMPv6 header begins.
    static let icmpOffset = 56
    /// Size of everything before the quoted body, bytes.
    package static let byteCountMin = 64
    /// Size of the largest report, bytes.
    package static let byteCountMax = byteCountMin + Limits.reportBodyBytesMax
    /// The least size of a sealed body: user header, tag and nonce.
    static let sealedByteCountMin = 32
    static let icmpv6: UInt8 = 58

    /// - Parameters:
    ///   - reporter: Our own subnet's address; its host part is cleared.
    ///   - offendingSource: Outer source of the packet.
    ///   - offendingDestination: Outer destination of the packet.
    ///   - cause: Why it cannot go on.
    package init(
        reporter: IPv6Address,
        offendingSource: IPv6Address,
        offendingDestination: IPv6Address,
        cause: Cause
    ) {
        self.reporter = Prefix(subnetOf: reporter).address
        self.offendingSource = offendingSource
        self.offendingDestination = offendingDestination
        self.cause = cause
    }

    /// Appends the content of the report.
    ///
    /// - Parameters:
    ///   - body: Sealed body of the packet, complete with tag and nonce; left out when larger than
    ///     ``Limits/reportBodyBytesMax``.
    ///   - buffer: Where the user header already is.
    package func append(quoting body: Span<UInt8>, to buffer: inout [UInt8]) {
        let isQuoted = body.count <= Limits.reportBodyBytesMax
        let icmpByteCount = 8 + (isQuoted ? body.count : 0)
        let start = buffer.count
        buffer.append(offendingDestination)
        buffer += [UInt8](repeating: 0, count: IPv6Header.byteCount)
        buffer += [cause.type, cause.code, 0, 0, 0, 0, 0, 0]
        if isQuoted { buffer.append(contentsOf: body) }
        var content = buffer.mutableSpan
        var packet = content.slice(start + Self.headerOffset..<content.count)
        IPv6Header(
            payloadByteCount: UInt16(truncatingIfNeeded: icmpByteCount),
            nextHeader: Self.icmpv6,
            hopLimit: 64,
            source: reporter,
            destination: offendingSource
        ).write(to: &packet)
        let checksum = Self.checksum(packet.span, icmpByteCount: icmpByteCount)
        packet.storeBigEndian(checksum, at: IPv6Header.byteCount + 2)
    }

    /// Reads a report, and finds the sealed body that it quotes.
    ///
    /// The checksum is not verified: the body around the report was authenticated.
    ///
    /// - Parameter content: What follows the user header of a body of type 2.
    /// - Returns: The report, and where in `content` the quoted body is: 32...1232 bytes, or none
    ///   when the router left it out.
    /// - Throws: ``WireError`` when it is no report; the packet is dropped.
    package static func decode(
        _ content: Span<UInt8>
    ) throws(WireError) -> (report: OutOfBandReport, body: Range<Int>) {
        guard content.count >= byteCountMin else {
            throw .truncated(needed: byteCountMin, available: content.count)
        }
        guard content.count <= byteCountMax else {
            throw .reportByteCount(maximum: byteCountMax, found: content.count)
        }
        let header = try IPv6Header(content.extracting(headerOffset...))
        guard header.nextHeader == icmpv6 else {
            throw .nextHeader(expected: icmpv6, found: header.nextHeader)
        }
        let end = icmpOffset + Int(header.payloadByteCount)
        let isQuoting = end > byteCountMin
        let needed = isQuoting ? max(end, byteCountMin + sealedByteCountMin) : byteCountMin
        // A claimed length below an ICMPv6 header or a sealed body is too short as well.
        guard end >= needed else { throw .truncated(needed: needed, available: end) }
        guard end <= content.count else {
            throw .truncated(needed: end, available: content.count)
        }
        let report = OutOfBandReport(
            reporter: header.source,
            offendingSource: header.destination,
            offendingDestination: IPv6Address(
                high: content.bigEndian(at: 0),
                low: content.bigEndian(at: 8)
            ),
            cause: Cause(type: content[icmpOffset], code: content[icmpOffset + 1])
        )
        return (report, byteCountMin..<end)
    }

    /// The checksum of the ICMPv6 message in `packet`, whose checksum field is zero.
    private static func checksum(_ packet: Span<UInt8>, icmpByteCount: Int) -> UInt16 {
        let addresses = packet.extracting(IPv6Header.sourceOffset..<IPv6Header.byteCount)
        let pseudoHeader = InternetChecksum.pseudoHeader(
            addresses: addresses,
            upperLayerByteCount: icmpByteCount,
            nextHeader: icmpv6
        )
        let message = packet.extracting(IPv6Header.byteCount...)
        return ~InternetChecksum.fold(InternetChecksum.sum(message, initial: pseudoHeader))
    }
}
