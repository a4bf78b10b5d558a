// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// A prefix, the router id that originates it, and the feasibility distance towards it.
///
/// RFC 8966 section 3.2.5. Routes name their source instead of repeating its 40 bytes.
package struct Source {
    package let routerID: RouterID
    package let prefix: PrefixID
    /// The next source of the same prefix.
    package var next = SourceID.absent
    /// Routes that name this source.
    package var routeCount: UInt16 = 0
    /// Whether ``distance`` holds anything.
    package var isAdvertised = false
    package var distance = FeasibilityDistance(seqno: Seqno(0), metric: .infinite)
    /// When the distance was last sent, or its last route went.
    package var touchedAt = Instant.zero

    package init(routerID: RouterID, prefix: PrefixID) {
        self.routerID = routerID
        self.prefix = prefix
    }
}

/// The source table: fed when Updates are sent, asked when they are received (base section 5.8).
package struct SourceTable {
    private var sources = Slab<Source>()
    private var links = IndexLinks<Source>()
    /// Advertised sources with and without routes, each in the order of `touchedAt`.
    private var active = IndexList<Source>()
    private var idle = IndexList<Source>()
    private let ceiling: Int

    /// - Parameter max: Ceiling on sources.
    package init(max: Int) { ceiling = max }

    /// Sources, in use or remembered.
    package var count: Int { sources.count }

    /// The source at a place in use.
    package subscript(index: SourceID) -> Source {
        _read { yield sources[index] }
    }

    /// The source with this router id in the list of a prefix, absent when there is none.
    package func find(_ routerID: RouterID, from first: SourceID) -> SourceID {
        var index = first
        while index.exists, sources[index].routerID != routerID { index = sources[index].next }
        return index
    }

    /// Whether a route from the source (absent = a new one) is feasible.
    package func isFeasible(_ index: SourceID, seqno: Seqno, metric: Metric) -> Bool {
        guard index.exists, sources[index].isAdvertised else { return true }
        return sources[index].distance.admits(seqno: seqno, metric: metric)
    }

    /// The seqno that would make any metric of the source feasible (base section 5.13).
    package func seqnoToRequest(_ index: SourceID) -> Seqno {
        guard sources[index].isAdvertised else { return Seqno(1) }
        return sources[index].distance.seqno.advanced(by: 1)
    }

    /// Whether another source can be added, after ``evictionCandidate`` was forgotten if need be.
    package var isFull: Bool { sources.count >= ceiling }

    /// The source to forget first: no route, remembered longest.
    package var evictionCandidate: SourceID { idle.first }

    /// Adds a source at the head of the list of its prefix.
    package mutating func insert(
        _ routerID: RouterID,
        in entry: inout PrefixEntry,
        id: PrefixID
    ) -> SourceID {
        var source = Source(routerID: routerID, prefix: id)
        source.next = entry.firstSource
        entry.firstSource = sources.insert(source)
        return entry.firstSource
    }

    /// Counts a route that names the source.
    package mutating func retain(_ index: SourceID, now: Instant) {
        if sources[index].routeCount == 0, sources[index].isAdvertised {
            links.remove(index, from: &idle)
            sources[index].touchedAt = now
            links.append(index, to: &active)
        }
        sources[index].routeCount += 1
    }

    /// Takes back one ``retain(_:now:)``.
    ///
    /// - Returns: Whether the source is of no more use; then ``remove(_:from:)`` it.
    package mutating func release(_ index: SourceID, now: Instant) -> Bool {
        sources[index].routeCount -= 1
        guard sources[index].routeCount == 0 else { return false }
        guard sources[index].isAdvertised else { return true }
        links.remove(index, from: &active)
        sources[index].touchedAt = now
        links.append(index, to: &idle)
        return false
    }

    /// Remembers that a finite metric is being sent for a source that has a route.
    package mutating func advertise(
        _ index: SourceID,
        seqno: Seqno,
        metric: Metric,
        now: Instant
    ) {
        if sources[index].isAdvertised {
            sources[index].distance = sources[index].distance.advertising(
                seqno: seqno,
                metric: metric
            )
            links.remove(index, from: &active)
        } else {
            sources[index].isAdvertised = true
            sources[index].distance = FeasibilityDistance(seqno: seqno, metric: metric)
        }
        sources[index].touchedAt = now
        links.append(index, to: &active)
    }

    /// When the next distance is forgotten.
    package var nextExpiry: Instant? {
        let heads = [active.first, idle.first].filter(\.exists).map { sources[$0].touchedAt }
        return heads.min().map { $0 + RoutingConstants.sourceLifetime }
    }

    /// Forgets the distance of a source that is due at `now`.
    ///
    /// - Returns: The source and whether it is of no more use, `nil` when none is due.
    package mutating func expireOne(now: Instant) -> (source: SourceID, isUnused: Bool)? {
        for isIdle in [true, false] {
            let index = isIdle ? idle.first : active.first
            guard index.exists,
                sources[index].touchedAt + RoutingConstants.sourceLifetime <= now
            else { continue }
            forget(index)
            return (index, isIdle)
        }
        return nil
    }

    /// Forgets a feasibility distance; the source stays.
    package mutating func forget(_ index: SourceID) {
        if sources[index].routeCount == 0 {
            links.remove(index, from: &idle)
        } else {
            links.remove(index, from: &active)
        }
        sources[index].isAdvertised = false
    }

    /// Removes a source without routes and without distance.
    package mutating func remove(_ index: SourceID, from entry: inout PrefixEntry) {
        if entry.firstSource == index {
            entry.firstSource = sources[index].next
        } else {
            var previous = entry.firstSource
            while sources[previous].next != index { previous = sources[previous].next }
            sources[previous].next = sources[index].next
        }
        // The place may be used again, so nothing may go on naming it.
        if entry.announcedSource == index { entry.announcedSource = .absent }
        sources.remove(index)
    }
}
