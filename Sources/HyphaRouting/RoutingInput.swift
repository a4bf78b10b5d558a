// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaWire

/// What happens to the routing engine.
package enum RoutingInput: Hashable, Sendable {
    /// A link is up; it is one neighbour until its ``linkDown(_:)``. `isConfigured` lets its routes
    /// use the part of the table that strangers cannot fill. `isExtended`: the neighbour is a Hypha
    /// node on a link of our own, so that Updates carry sub-TLVs both ways.
    case linkUp(LinkID, cost: Metric, isConfigured: Bool = false, isExtended: Bool = false)
    /// The link is gone, whatever the reason.
    case linkDown(LinkID)
    /// The cost of sending over the link has changed; 0 counts as 1.
    case linkCost(LinkID, Metric)
    /// The greatest inner packet that goes whole over an extended link, bytes; 1280 until this is
    /// said, and at least. Ignored for others, which take 1340.
    case linkPathMTU(LinkID, UInt16)
    case update(Update, from: LinkID)
    case routeRequest(RouteRequest, from: LinkID)
    case seqnoRequest(SeqnoRequest, from: LinkID)
    /// A packet needs a route: answered by `route`, at once if there is one, or by `searchFailed`.
    /// `cause` is the link the packet came from, `nil` = this host.
    case search(Prefix, cause: LinkID?)
    /// A route is in use and near its end.
    case refresh(Prefix)
    /// Ask this neighbour for all it knows.
    case requestDump(LinkID)
    /// The deadline has come; harmless at any other time.
    case timer
}
