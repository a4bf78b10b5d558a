// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// Names a pending seqno request in the table.
package typealias SeqnoRequestID = SlabIndex<PendingSeqnoRequest>

/// A seqno request this node sent or passed on (RFC 8966 section 3.2.7).
package struct PendingSeqnoRequest {
    package let prefix: Prefix
    package let routerID: RouterID
    /// The newest seqno asked for.
    package var seqno: Seqno
    package var expiry: Instant
    /// This node itself needs the answer.
    package var isOwn = false
    /// Neighbours that asked us and get the answer.
    package var interested: [LinkID] = []
    /// Neighbours our own request went to, and when.
    package var asked: [Asked] = []
    /// How often a neighbour's request was passed on, and when last.
    package var forwardCount = 0
    package var forwardedAt = Instant.zero
    /// Where it was passed on to, the last one last.
    package var taken: [LinkID] = []
    /// Own attempts after the first one, and when the next is due.
    package var retryCount = 0
    package var retryAt: Instant?

    /// A request nobody was sent yet.
    package init(_ prefix: Prefix, _ routerID: RouterID, _ seqno: Seqno, now: Instant) {
        self.prefix = prefix
        self.routerID = routerID
        self.seqno = seqno
        expiry = now + RoutingConstants.seqnoRequestLifetime
    }

    /// One neighbour asked.
    package struct Asked: Hashable, Sendable {
        package var link: LinkID
        package var at: Instant
    }

    /// When the timer has to look at it.
    package var deadline: Instant {
        guard let retryAt else { return expiry }
        return min(expiry, retryAt)
    }

    /// Remembers a neighbour that waits for the answer, if there is room.
    package mutating func addInterested(_ link: LinkID) {
        guard !interested.contains(link), interested.count < Limits.interestedMax else { return }
        interested.append(link)
    }

    /// Takes over a newer seqno; the request then starts afresh.
    package mutating func renew(_ newer: Seqno, now: Instant) {
        guard newer.isNewer(than: seqno) else { return }
        seqno = newer
        expiry = now + RoutingConstants.seqnoRequestLifetime
        asked = []
        forwardCount = 0
        taken = []
        retryCount = 0
    }

    /// Whether it was passed on a moment ago; the moment doubles each time.
    package func wasPassedOn(now: Instant) -> Bool {
        guard forwardCount > 0 else { return false }
        let spacing = RoutingConstants.seqnoForwardSpacing * (1 << min(forwardCount - 1, 5))
        return now < forwardedAt + spacing
    }

    /// Chooses the way on for a request: the first one, unless that was taken last time; then the
    /// first that was not taken yet.
    ///
    /// - Parameters:
    ///   - ways: Links by falling preference, at least one.
    ///   - now: The time.
    /// - Returns: One of them, noted as taken.
    package mutating func chooseWay(_ ways: [LinkID], now: Instant) -> LinkID {
        var way = ways[0]
        if way == taken.last {
            if !ways.contains(where: { !taken.contains($0) }) { taken = [way] }
            way = ways.first { !taken.contains($0) } ?? way
        }
        taken.removeAll { $0 == way }
        taken.append(way)
        forwardCount += 1
        forwardedAt = now
        return way
    }

    /// Whether our own request may go to a neighbour (again).
    package func mayAsk(_ link: LinkID, now: Instant) -> Bool {
        guard let last = asked.first(where: { $0.link == link }) else {
            return asked.count < Limits.askedMax
        }
        return last.at + RoutingConstants.seqnoRequestSpacing <= now
    }

    /// Remembers that our own request went to a neighbour.
    package mutating func noteAsked(_ link: LinkID, now: Instant) {
        if let place = asked.firstIndex(where: { $0.link == link }) {
            asked[place].at = now
        } else {
            asked.append(Asked(link: link, at: now))
        }
    }
}

/// The table of pending seqno requests: one for each prefix and router id, of the newest seqno.
package struct RequestTable {
    private var requests = Slab<PendingSeqnoRequest>()
    private var byKey: [Key: SeqnoRequestID] = [:]
    private var timers = TimerHeap<PendingSeqnoRequest>()
    private var links = IndexLinks<PendingSeqnoRequest>()
    /// Those of our own and those only passed on, oldest first.
    private var own = IndexList<PendingSeqnoRequest>()
    private var passedOn = IndexList<PendingSeqnoRequest>()
    private let ceiling: Int

    private struct Key: Hashable {
        let prefix: Prefix
        let routerID: RouterID
    }

    /// - Parameter max: Ceiling on requests.
    package init(max: Int) { ceiling = max }

    package var count: Int { requests.count }
    package var isFull: Bool { requests.count >= ceiling }
    /// When the next one is due.
    package var nextDeadline: Instant? { timers.firstInstant }
    /// The request passed on longest ago, which gives way to one of our own; absent = none.
    package var evictionCandidate: SeqnoRequestID { passedOn.first }

    /// The request at a place in use.
    package subscript(index: SeqnoRequestID) -> PendingSeqnoRequest {
        _read { yield requests[index] }
    }

    /// The request for a prefix and router id, absent when there is none.
    package func find(_ prefix: Prefix, _ routerID: RouterID) -> SeqnoRequestID {
        guard !byKey.isEmpty else { return .absent }
        return byKey[Key(prefix: prefix, routerID: routerID)] ?? .absent
    }

    /// Adds a request that is not in the table, which is not full.
    package mutating func insert(_ request: PendingSeqnoRequest) -> SeqnoRequestID {
        let index = requests.insert(request)
        byKey[Key(prefix: request.prefix, routerID: request.routerID)] = index
        enter(index)
        timers.set(index, at: request.deadline)
        return index
    }

    /// Replaces a request by a changed one for the same prefix and router id.
    package mutating func set(_ index: SeqnoRequestID, _ request: PendingSeqnoRequest) {
        let movesList = requests[index].isOwn != request.isOwn
        if movesList { leave(index) }
        requests[index] = request
        if movesList { enter(index) }
        timers.set(index, at: request.deadline)
    }

    /// Removes a request.
    package mutating func remove(_ index: SeqnoRequestID) {
        leave(index)
        let request = requests[index]
        byKey[Key(prefix: request.prefix, routerID: request.routerID)] = nil
        timers.remove(index)
        requests.remove(index)
    }

    /// The next request that is due, with its deadline taken.
    package mutating func popDue(now: Instant) -> SeqnoRequestID? { timers.popFirst(dueAt: now) }

    private mutating func enter(_ index: SeqnoRequestID) {
        if requests[index].isOwn {
            links.append(index, to: &own)
        } else {
            links.append(index, to: &passedOn)
        }
    }

    private mutating func leave(_ index: SeqnoRequestID) {
        if requests[index].isOwn {
            links.remove(index, from: &own)
        } else {
            links.remove(index, from: &passedOn)
        }
    }
}
