// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// One route, as status shows it.
package struct RouteSnapshot: Hashable, Sendable {
    package let prefix: Prefix
    /// The next hop; `nil` while a route is held whose link has gone.
    package let link: LinkID?
    /// As the neighbour advertised it.
    package let metric: Metric
    /// With the cost of the link: what we advertise.
    package let totalMetric: Metric
    package let seqno: Seqno
    package let routerID: RouterID
    package let isSelected: Bool
    package let isFeasible: Bool
    /// Time until it dies.
    package let remaining: Duration
    /// Greatest inner packet that the path takes whole, bytes.
    package let pathMTU: UInt16
}

/// One prefix being searched for, as status shows it.
package struct QuerySnapshot: Hashable, Sendable {
    package let prefix: Prefix
    /// A packet waits here; otherwise the search is passed on for a neighbour.
    package let isOwn: Bool
    /// Time until the search fails.
    package let remaining: Duration
}
