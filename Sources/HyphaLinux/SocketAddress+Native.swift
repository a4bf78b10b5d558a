// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
package import HyphaBase

extension SocketAddress {
    /// The shim's form.
    var native: hypha_address {
        switch host {
        case .v4(let address):
            hypha_address(
                high: 0,
                low: UInt64(address.bits),
                scope: 0,
                port: port,
                is_ipv4: 1,
                reserved: 0
            )
        case .v6(let address, let scope):
            hypha_address(
                high: address.high,
                low: address.low,
                scope: scope,
                port: port,
                is_ipv4: 0,
                reserved: 0
            )
        }
    }

    /// - Parameter native: The shim's form; an IPv4-mapped address becomes `.v4`.
    init(_ native: hypha_address) {
        if native.is_ipv4 != 0 {
            let bits = UInt32(truncatingIfNeeded: native.low)
            self.init(host: .v4(IPv4Address(bits: bits)), port: native.port)
        } else {
            let address = IPv6Address(high: native.high, low: native.low)
            self.init(host: .v6(address, scope: native.scope), port: native.port)
        }
    }

    /// The address that a numeric endpoint names, without asking anybody but the kernel for its
    /// interfaces.
    ///
    /// - Parameter endpoint: Gives `nil` when it has a host name or an unknown zone.
    package init?(numeric endpoint: Endpoint) {
        switch endpoint.host {
        case .v4(let address):
            self.init(host: .v4(address), port: endpoint.port)
        case .v6(let address, nil):
            self.init(host: .v6(address, scope: 0), port: endpoint.port)
        case .v6(let address, let zone?):
            guard let scope = Self.scope(ofZone: zone) else { return nil }
            self.init(host: .v6(address, scope: scope), port: endpoint.port)
        case .name:
            return nil
        }
    }

    /// The interface index of a zone, a number or an interface name; `nil` when there is none.
    package static func scope(ofZone zone: String) -> UInt32? {
        if let index = UInt32(zone), zone.first != "+" { return index == 0 ? nil : index }
        guard !zone.utf8.contains(0) else { return nil }
        // Safe: the text lives for the call.
        let index = unsafe hypha_interface_index(zone)
        return index == 0 ? nil : index
    }
}
