// SPDX-License-Identifier: Apache-2.0

/// An IP address and a port of the underlay.
package struct SocketAddress: Hashable, Sendable {
    /// The address; an IPv4-mapped IPv6 address is kept as `.v4`.
    package let host: Host
    package let port: UInt16

    /// An address of either family.
    package enum Host: Hashable, Sendable {
        case v4(IPv4Address)
        /// `scope` is the interface index of a link-local address, otherwise 0.
        case v6(IPv6Address, scope: UInt32)
    }

    /// - Parameters:
    ///   - host: The address; an IPv4-mapped one (::ffff:0:0/96) becomes `.v4`.
    ///   - port: 0...65535.
    package init(host: Host, port: UInt16) {
        if case .v6(let address, _) = host, address.high == 0, address.low >> 32 == 0xffff {
            self.host = .v4(IPv4Address(bits: UInt32(truncatingIfNeeded: address.low)))
        } else {
            self.host = host
        }
        self.port = port
    }

    /// Whether the address is IPv4 (or was IPv4-mapped).
    package var isIPv4: Bool {
        if case .v4 = host { true } else { false }
    }
}

extension SocketAddress: CustomStringConvertible {
    /// `1.2.3.4:5` or `[fe80::1%3]:5`.
    package var description: String {
        switch host {
        case .v4(let address): "\(address):\(port)"
        case .v6(let address, 0): "[\(address)]:\(port)"
        case .v6(let address, let scope): "[\(address)%\(scope)]:\(port)"
        }
    }
}
