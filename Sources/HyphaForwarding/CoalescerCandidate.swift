// SPDX-License-Identifier: Apache-2.0
import HyphaBytes

/// What a coalescer reads of one TCP or UDP packet before it decides.
struct CoalescerCandidate {
    let layout: TransportLayout
    let flow: Flow
    /// TCP sequence number; 0 for UDP.
    let sequence: UInt32
    /// IPv4 identification; 0 for IPv6.
    let identification: UInt16
    /// TCP flags; 0 for UDP.
    let flags: UInt8
    /// The packet may begin or join a group.
    let mayGrow: Bool

    /// TCP flag: deliver at once.
    static let push: UInt8 = 0x08
    private static let acknowledgement: UInt8 = 0x10

    /// Everything by which the packets of one flow are equal.
    struct Flow: Equatable {
        let sourceHigh: UInt64
        let sourceLow: UInt64
        let destinationHigh: UInt64
        let destinationLow: UInt64
        let ports: UInt32
        let isTCP: Bool
    }

    /// - Parameter packet: One IP packet, nothing behind it.
    /// - Throws: ``OffloadError`` when it is no whole TCP or UDP packet.
    init(_ packet: Span<UInt8>) throws(OffloadError) {
        layout = try TransportLayout(packet)
        let transport = layout.ipHeaderByteCount
        let addresses = Self.addresses(of: packet, isIPv6: layout.isIPv6)
        flow = Flow(
            sourceHigh: addresses.0,
            sourceLow: addresses.1,
            destinationHigh: addresses.2,
            destinationLow: addresses.3,
            ports: packet.bigEndian(at: transport),
            isTCP: layout.isTCP
        )
        identification = layout.isIPv6 ? 0 : packet.bigEndian(at: 4)
        let hasPlainHeader = layout.isIPv6 || Self.isPlainIPv4(packet, layout)
        let hasContent = layout.contentByteCount > 0
        guard layout.isTCP else {
            sequence = 0
            flags = 0
            // A zero checksum cannot be completed by the kernel.
            let hasChecksum = packet.bigEndian(at: layout.checksumOffset, as: UInt16.self) != 0
            mayGrow = hasPlainHeader && hasContent && hasChecksum
            return
        }
        sequence = packet.bigEndian(at: transport &+ 4)
        flags = packet[transport &+ 13]
        mayGrow = hasPlainHeader && hasContent && flags & ~Self.push == Self.acknowledgement
    }

    /// Without options, which would have to be compared, and with a good header checksum, which
    /// would be made good.
    private static func isPlainIPv4(_ packet: Span<UInt8>, _ layout: TransportLayout) -> Bool {
        layout.ipHeaderByteCount == 20
            && InternetChecksum.fold(InternetChecksum.sum(packet.extracting(0..<20))) == 0xffff
    }

    /// The addresses of an IP packet of at least 20 (IPv4) or 40 bytes (IPv6): source, destination.
    static func addresses(
        of packet: Span<UInt8>,
        isIPv6: Bool
    ) -> (UInt64, UInt64, UInt64, UInt64) {
        guard isIPv6 else {
            let source = UInt64(packet.bigEndian(at: 12, as: UInt32.self))
            let destination = UInt64(packet.bigEndian(at: 16, as: UInt32.self))
            // IPv4-mapped, so that no IPv6 flow is equal.
            return (0, 0xffff_0000_0000 | source, 0, 0xffff_0000_0000 | destination)
        }
        return (
            packet.bigEndian(at: 8), packet.bigEndian(at: 16), packet.bigEndian(at: 24),
            packet.bigEndian(at: 32)
        )
    }
}
