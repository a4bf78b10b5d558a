// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// One link's neighbour and what it may ask of us.
package struct Neighbour {
    package let link: LinkID
    /// Cost of sending to it, at least 1: with 0 our own routes would not be feasible to us.
    package var cost: Metric
    package let isConfigured: Bool
    /// Whether Updates carry sub-TLVs both ways.
    package let isExtended: Bool
    /// Greatest inner packet that goes whole over the link, bytes.
    package var pathMTU: UInt16
    /// It has sent a finite Update with metric 0, which says whether it is a Hypha node.
    package var isIdentified = false
    /// Routes in which it is the next hop, selected or not.
    package var routes = IndexList<Route>()
    /// Prefixes to which it is the only way.
    package var soleRouteCount = 0
    package var pacer = UpdatePacer()
    package var dump = DumpState.none
    package var buckets = Buckets()

    /// What it may still cause.
    package struct Buckets {
        package var newPrefixes = TokenBucket(
            perSecond: Limits.newPrefixesPerSecond,
            burst: Limits.newPrefixesBurst
        )
        package var answers = TokenBucket(
            perSecond: Limits.answersPerSecond,
            burst: Limits.answersBurst
        )
        package var forwardedRequests = TokenBucket(
            perSecond: Limits.forwardedRequestsPerSecond,
            burst: Limits.forwardedRequestsBurst
        )
        package var searches = TokenBucket(
            perSecond: Limits.linkSearchesPerSecond,
            burst: Limits.linkSearchesBurst
        )
        package var forwardedSeqnoRequests = TokenBucket(
            perSecond: Limits.forwardedSeqnoRequestsPerSecond,
            burst: Limits.forwardedSeqnoRequestsBurst
        )
        package var ownSeqnoRequests = TokenBucket(
            perSecond: Limits.ownSeqnoRequestsPerSecond,
            burst: Limits.ownSeqnoRequestsBurst
        )

        package init() {}
    }

    /// Where a full dump to the neighbour stands.
    package enum DumpState: Hashable, Sendable {
        /// None was asked for lately.
        case none
        /// The next slice starts at this place of the prefix table at this time; `again` = the
        /// neighbour has asked once more.
        case sending(place: Int, at: Instant, again: Bool)
        /// One was sent; another may start at this time, and will if `again`.
        case resting(until: Instant, again: Bool)

        /// When the timer has to look at it.
        package var deadline: Instant? {
            switch self {
            case .none: nil
            case .sending(_, let at, _): at
            case .resting(let until, _): until
            }
        }
    }

    package init(link: LinkID, cost: Metric, isConfigured: Bool, isExtended: Bool = false) {
        self.link = link
        self.cost = max(cost, Metric(1))
        self.isConfigured = isConfigured
        self.isExtended = isExtended
        pathMTU = isExtended ? RoutingConstants.pathMTUMin : RoutingConstants.basePathMTU
    }
}

/// The neighbour table (RFC 8966 section 3.2.4): one neighbour a link.
package struct NeighbourTable {
    private var neighbours = Slab<Neighbour>()
    /// For look-up only; order comes from `ordered`.
    private var byLink: [LinkID: NeighbourID] = [:]
    /// All neighbours by rising link id, the order in which they are sent to.
    package private(set) var ordered: [NeighbourID] = []

    package init() {}

    package var count: Int { ordered.count }

    /// The neighbour at a place in use.
    package subscript(index: NeighbourID) -> Neighbour {
        _read { yield neighbours[index] }
        _modify { yield &neighbours[index] }
    }

    /// The neighbour on a link, absent when the link is not up.
    package func find(_ link: LinkID) -> NeighbourID { byLink[link] ?? .absent }

    /// Adds the neighbour of a link that is not in the table.
    package mutating func insert(_ neighbour: Neighbour) -> NeighbourID {
        let index = neighbours.insert(neighbour)
        byLink[neighbour.link] = index
        let place =
            ordered.lastIndex { neighbours[$0].link < neighbour.link }.map { $0 + 1 } ?? 0
        ordered.insert(index, at: place)
        return index
    }

    /// Makes a neighbour unreachable; its record stays until ``remove(_:)``.
    package mutating func disconnect(_ index: NeighbourID) {
        byLink[neighbours[index].link] = nil
        ordered.removeAll { $0 == index }
    }

    /// Removes a neighbour that is disconnected and has no routes.
    package mutating func remove(_ index: NeighbourID) { neighbours.remove(index) }
}
