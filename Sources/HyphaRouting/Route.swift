// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// One way to a prefix: what one neighbour said about it last; 40 bytes.
package struct Route {
    /// When it dies; a retracted route is only held until then.
    package var expiry: Instant
    package var source: SourceID
    package let prefix: PrefixID
    /// The next route of the same prefix.
    package var next = RouteID.absent
    /// Absent once the link has gone: the route is held as retracted.
    package var neighbour: NeighbourID
    /// As the neighbour advertised it, without the cost of the link.
    package var metric: Metric
    package var seqno: Seqno
    /// What the neighbour says now.
    ///
    /// Differs from `metric` and `seqno` only while the route is
    /// selected and kept in spite of an Update that was not feasible (base section 5.9 step 6.1).
    package var latest: FeasibilityDistance
    /// As the neighbour advertised it, without the limit of the link, bytes.
    package var pathMTU: UInt16

    package init(
        prefix: PrefixID,
        source: SourceID,
        neighbour: NeighbourID,
        seqno: Seqno,
        metric: Metric,
        expiry: Instant,
        pathMTU: UInt16 = RoutingConstants.basePathMTU
    ) {
        self.prefix = prefix
        self.source = source
        self.neighbour = neighbour
        self.seqno = seqno
        self.metric = metric
        self.expiry = expiry
        self.pathMTU = pathMTU
        latest = FeasibilityDistance(seqno: seqno, metric: metric)
    }

    /// Takes over what the neighbour says now.
    package mutating func set(seqno: Seqno, metric: Metric) {
        self.seqno = seqno
        self.metric = metric
        latest = FeasibilityDistance(seqno: seqno, metric: metric)
    }
}
