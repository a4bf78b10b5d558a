// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaBytes

/// Which inner packets may pass between the host and the overlay.
package struct AddressCheck: Sendable {
    /// The first 8 bytes of our addresses.
    package let ownSubnet: UInt64

    /// Bytes of an IPv6 header.
    @usableFromInline static let headerByteCount = 40

    /// - Parameter ownAddress: Any address of our /64.
    @inlinable
    package init(ownAddress: IPv6Address) { ownSubnet = ownAddress.high }

    /// Why a packet from the host may not be sent, in the order of base protocol section 4.3.
    ///
    /// - Parameter packet: The IP packet as TUN gave it.
    /// - Returns: `nil` when the packet may be sent.
    @inlinable
    package func outbound(_ packet: Span<UInt8>) -> DropReason? {
        guard packet.count >= Self.headerByteCount else { return .malformed }
        guard packet[0] &>> 4 == 6 else { return .notIPv6 }
        let destination = packet.bigEndian(at: 24, as: UInt64.self)
        if destination == ownSubnet { return .ownSubnet }
        guard Self.isOverlay(packet.bigEndian(at: 8)) else { return .sourceNotOverlay }
        guard packet[7] >= Limits.hopLimitMin else { return .hopLimit }
        return Self.isOverlay(destination) ? nil : .destinationNotOverlay
    }

    /// Why an opened packet may not go to the host.
    ///
    /// Only the outer source is bound to the key, so the inner source must lie in the same /64,
    /// and the inner destination in ours (base protocol section 4.5, `hypha-protocol` section 4).
    ///
    /// - Parameters:
    ///   - packet: The opened IP packet.
    ///   - keySubnet: The first 8 bytes of the addresses of the key that opened the body.
    /// - Returns: `nil` when the packet may be delivered.
    @inlinable
    package func inbound(_ packet: Span<UInt8>, keySubnet: UInt64) -> DropReason? {
        guard packet.count >= Self.headerByteCount else { return .malformed }
        guard packet[0] &>> 4 == 6 else { return .notIPv6 }
        let source = packet.bigEndian(at: 8, as: UInt64.self)
        let destination = packet.bigEndian(at: 24, as: UInt64.self)
        return source == keySubnet && destination == ownSubnet ? nil : .innerMismatch
    }

    @inlinable
    static func isOverlay(_ high: UInt64) -> Bool { IPv6Address(high: high, low: 0).isOverlay }
}
