// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What routing tells the packet path about one prefix; no state at all = nothing is known.
package enum ForwardingState: Hashable, Sendable {
    /// A route is selected.
    case selected(Route)
    /// Routes exist but none is selected: packets are reported as unreachable, packets *from* the
    /// prefix can still be opened with this key (base protocol sections 4.4 and 4.5).
    case unselected(PublicKey)

    /// A selected route.
    package struct Route: Hashable, Sendable {
        /// The next hop.
        package var link: LinkID
        /// The originator's key, which opens and seals bodies.
        package var key: PublicKey
        /// The next hop is the originator itself (it advertised metric 0).
        package var isDirect: Bool
        /// From this instant on, use of the route asks routing for a refresh.
        package var refreshAt: Instant
        /// Greatest inner packet that the path takes whole, bytes, 1280 or more.
        package var pathMTU: UInt16
        /// The originator's router id says that it makes sessions.
        package var offersSessions: Bool

        package init(
            link: LinkID,
            key: PublicKey,
            isDirect: Bool,
            refreshAt: Instant,
            pathMTU: UInt16 = Limits.basePathMTUBytes,
            offersSessions: Bool = false
        ) {
            self.link = link
            self.key = key
            self.isDirect = isDirect
            self.refreshAt = refreshAt
            self.pathMTU = pathMTU
            self.offersSessions = offersSessions
        }
    }

    /// The originator's key.
    package var key: PublicKey {
        switch self {
        case .selected(let route): route.key
        case .unselected(let key): key
        }
    }
}
