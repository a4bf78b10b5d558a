// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaWire

/// What the routing engine wants done.
package enum RoutingOutput: Hashable, Sendable {
    case transmit(LinkID, ControlTLV)
    /// The state of a prefix has changed, or was searched for; `nil` = nothing is known any more.
    case route(Prefix, RouteState?)
    /// A search has ended, or was refused; packets waiting for this /64 can be given up.
    case searchFailed(Prefix)
    case event(RoutingEvent)
}

/// What routing knows about a prefix of which it has routes.
package enum RouteState: Hashable, Sendable {
    /// A route is selected. `isDirect`: the next hop is the originator. From `refreshAt` on, use of
    /// the route calls for ``RoutingInput/refresh(_:)``. `pathMTU`: the greatest inner packet that
    /// the path takes whole, bytes, 1280 or more.
    case selected(
        link: LinkID,
        routerID: RouterID,
        isDirect: Bool,
        refreshAt: Instant,
        pathMTU: UInt16
    )
    /// There are routes, none can be used. ``RoutingInput/search(_:cause:)`` is worth while: it
    /// also asks the neighbours concerned for a newer seqno.
    case unselected(routerID: RouterID)
}

/// What an operator may want to know.
package enum RoutingEvent: Hashable, Sendable {
    /// The neighbour on this link is a Hypha node with this router id.
    case hyphaNeighbour(LinkID, RouterID)
    /// Somebody needed a newer seqno of ours.
    case ownSeqnoBumped(Seqno)
    /// Something was refused for want of room; at most once a minute each.
    case ceilingReached(Ceiling)

    /// The tables that can be full.
    package enum Ceiling: Int, Hashable, Sendable, CaseIterable {
        case routes
        case routesOfOneNeighbour
        case sources
        case queries
        case refreshes
        case seqnoRequests
        case neighbours
    }
}
