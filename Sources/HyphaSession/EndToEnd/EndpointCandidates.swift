// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaWire

/// UDP endpoints at which a node may be reached directly.
package enum EndpointCandidates {
    /// Whether an endpoint may be told to others, and believed from them.
    ///
    /// Unicast addresses of the Internet only: no loopback, no multicast, and none of a private
    /// range, where the same address is another host elsewhere and discovery finds what is near.
    ///
    /// - Parameter address: The endpoint.
    /// - Returns: `false` for anything else, for the overlay and for port 0.
    package static func isUsable(_ address: SocketAddress) -> Bool {
        guard address.port != 0 else { return false }
        switch address.host {
        case .v6(let host, _): return host.high >> 61 == 0b001
        case .v4(let host):
            let isSpecial = specialRanges.contains { range in
                host.bits >> (32 - range.length) == range.bits >> (32 - range.length)
            }
            return !isSpecial
        }
    }

    /// 0/8, 10/8, 100.64/10, 127/8, 169.254/16, 172.16/12, 192.168/16 and 224/3 (RFC 6890).
    private static let specialRanges: [(bits: UInt32, length: UInt32)] = [
        (0, 8), (0x0a00_0000, 8), (0x6440_0000, 10), (0x7f00_0000, 8), (0xa9fe_0000, 16),
        (0xac10_0000, 12), (0xc0a8_0000, 16), (0xe000_0000, 3),
    ]

    /// The first few usable ones of a list, each once.
    package static func chosen(from addresses: [SocketAddress]) -> [SocketAddress] {
        var chosen: [SocketAddress] = []
        for address in addresses where isUsable(address) && !chosen.contains(address) {
            chosen.append(address)
            if chosen.count == SessionControl.candidatesMax { break }
        }
        return chosen
    }
}
