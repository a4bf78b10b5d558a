// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// How a peer is reached, which also names it.
package enum PeerAddress: Hashable, Sendable {
    /// Configured or added at run time.
    case endpoint(Endpoint)
    /// Told by a beacon: a link-local address with scope, and the port in the beacon.
    case discovered(SocketAddress)
    /// Told in a session; the address that is tried or in use.
    case direct(SocketAddress)

    var isDirect: Bool {
        if case .direct = self { true } else { false }
    }
}

extension PeerAddress: CustomStringConvertible {
    /// The URL; a discovered peer's scope is numeric.
    package var description: String {
        switch self {
        case .endpoint(let endpoint): "\(endpoint)"
        case .discovered(let address): "tcp://\(address)"
        case .direct(let address): "udp://\(address)"
        }
    }
}
