// SPDX-License-Identifier: Apache-2.0
import CHyphaNetlink
package import HyphaBase

/// A network interface as netlink shows it.
package struct NetworkInterface: Hashable, Sendable {
    /// The kernel's number, also the scope of link-local addresses.
    package let index: UInt32
    package let name: String
    /// `tun`, `veth`, `bridge` and so on; empty for hardware and loopback.
    package let kind: String
    package let flags: Flags
    package let mtuBytes: UInt32
    /// Packets that wait to be sent at most.
    package let transmitQueuePackets: UInt32
    /// In the kernel's order.
    package let addresses: [Address]

    /// The flags that decide what an interface is good for.
    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) { self.rawValue = rawValue }

        /// Switched on.
        package static let up = Flags(rawValue: UInt32(HYPHA_INTERFACE_UP))
        /// On, and with a carrier.
        package static let running = Flags(rawValue: UInt32(HYPHA_INTERFACE_RUNNING))
        package static let loopback = Flags(rawValue: UInt32(HYPHA_INTERFACE_LOOPBACK))
        package static let multicast = Flags(rawValue: UInt32(HYPHA_INTERFACE_MULTICAST))
        package static let pointToPoint = Flags(rawValue: UInt32(HYPHA_INTERFACE_POINT_TO_POINT))
    }

    /// An address of an interface.
    package struct Address: Hashable, Sendable {
        /// `scope` is the interface's index for a link-local address, otherwise 0.
        package let host: SocketAddress.Host
        /// 0...32 or 0...128.
        package let prefixLength: UInt8
        /// Whether it can be used: not being checked for duplicates, and no duplicate.
        package let isUsable: Bool

        /// Whether it lies in fe80::/64, where the neighbours of discovery are.
        package var isLinkLocal: Bool {
            if case .v6(let address, _) = host { address.high == 0xfe80 << 48 } else { false }
        }
    }

    /// Whether local discovery uses it (base protocol section 2.9): up, multicast, neither loopback
    /// nor point-to-point nor a tunnel, and with an address in fe80::/64.
    package var isFitForDiscovery: Bool {
        flags.isSuperset(of: [.up, .multicast])
            && flags.isDisjoint(with: [.loopback, .pointToPoint])
            && !Self.tunnelKinds.contains(kind) && addresses.contains { $0.isLinkLocal }
    }

    private static let tunnelKinds = [
        "tun", "wireguard", "gre", "gretap", "ip6gre", "ip6gretap", "ipip", "ip6tnl", "sit", "vti",
        "vti6", "xfrm",
    ]

    init(_ native: hypha_interface, addresses: [Address]) {
        index = native.index
        name = text(native.name)
        kind = text(native.kind)
        flags = Flags(rawValue: native.flags)
        mtuBytes = native.mtu
        transmitQueuePackets = native.transmit_queue
        self.addresses = addresses
    }
}

extension NetworkInterface.Address {
    init(_ native: hypha_interface_address) {
        if native.is_ipv4 != 0 {
            host = .v4(IPv4Address(bits: UInt32(truncatingIfNeeded: native.low)))
        } else {
            let address = IPv6Address(high: native.high, low: native.low)
            let isLinkLocal = address.high >> 54 == 0xfe80 >> 6
            host = .v6(address, scope: isLinkLocal ? native.interface : 0)
        }
        prefixLength = native.prefix_length
        let unusable = UInt32(HYPHA_ADDRESS_TENTATIVE) | UInt32(HYPHA_ADDRESS_FAILED)
        isUsable = native.flags & unusable == 0
    }
}

/// The text in a fixed field of a C struct, up to its first zero byte.
private func text<Characters>(_ characters: Characters) -> String {
    // Safe: the bytes of a tuple of characters, read where they are.
    unsafe withUnsafeBytes(of: characters) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
