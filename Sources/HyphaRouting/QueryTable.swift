// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// A route request that was sent to everybody, for this host or on behalf of a neighbour.
///
/// While it is remembered the same request is not sent again: every neighbour there was has got it,
/// and new links get it when they come up.
package struct Query: Hashable, Sendable {
    package var until: Instant
    package var sentAt: Instant
    /// This host or a packet in transit wants the route, so its failure is reported.
    package var isOwn: Bool
    /// Whose request is being passed on.
    package let asker: LinkID?
    /// As sent.
    package let generation: UInt8
    package var isAnswered = false
    /// When the request goes out once more, the answer having been lost again.
    package var resendAt: Instant?

    package init(now: Instant, isOwn: Bool, asker: LinkID?, generation: UInt8) {
        until = now + RoutingConstants.searchTime
        sentAt = now
        self.isOwn = isOwn
        self.asker = asker
        self.generation = generation
    }

    /// When the timer has to look at it.
    package var deadline: Instant {
        guard let resendAt else { return until }
        return min(until, resendAt)
    }
}

/// Prefixes in state *queried* (base sections 5.8 and 5.12).
package struct QueryTable {
    private var queries: [PrefixID: Query] = [:]
    private var timers = TimerHeap<PrefixEntry>()
    private let ceiling: Int

    /// - Parameter max: Ceiling on prefixes.
    package init(max: Int) { ceiling = max }

    package var count: Int { queries.count }
    /// When the next one is due.
    package var nextDeadline: Instant? { timers.firstInstant }

    /// The search for a prefix, if one is under way.
    package subscript(prefix: PrefixID) -> Query? { queries[prefix] }

    /// Whether another query can be taken; a quarter is kept for our own.
    package func hasRoom(forOwn isOwn: Bool) -> Bool {
        queries.count < (isOwn ? ceiling : ceiling - ceiling / 4)
    }

    /// Sets or replaces the query of a prefix.
    package mutating func set(_ query: Query, for prefix: PrefixID) {
        queries[prefix] = query
        timers.set(prefix, at: query.deadline)
    }

    /// Removes the query of a prefix.
    package mutating func remove(_ prefix: PrefixID) {
        queries[prefix] = nil
        timers.remove(prefix)
    }

    /// The next prefix whose query is due, with its deadline taken.
    package mutating func popDue(now: Instant) -> PrefixID? { timers.popFirst(dueAt: now) }

    /// All prefixes with a query, in the order of the table.
    package var prefixes: [PrefixID] { queries.keys.sorted() }
}

/// Routes in use that are being refreshed before they die.
package struct RefreshTable {
    /// By prefix: whether everybody was asked, or only the next hop.
    private var refreshes: [PrefixID: Stage] = [:]
    private var timers = TimerHeap<PrefixEntry>()
    private let ceiling: Int

    /// Who was asked.
    package enum Stage: Hashable, Sendable {
        case nextHop
        case everybody
    }

    /// - Parameter max: Ceiling on prefixes.
    package init(max: Int) { ceiling = max }

    package var count: Int { refreshes.count }
    package var isFull: Bool { refreshes.count >= ceiling }
    package var nextDeadline: Instant? { timers.firstInstant }

    /// How far the refresh of a prefix is, if one is under way.
    package subscript(prefix: PrefixID) -> Stage? { refreshes[prefix] }

    /// Notes that `stage` was reached; the timer looks again at `next`.
    package mutating func set(_ stage: Stage, for prefix: PrefixID, next: Instant) {
        refreshes[prefix] = stage
        timers.set(prefix, at: next)
    }

    /// Ends the refresh of a prefix, if there is one.
    package mutating func remove(_ prefix: PrefixID) {
        guard refreshes.removeValue(forKey: prefix) != nil else { return }
        timers.remove(prefix)
    }

    /// The next prefix whose refresh is due, with its deadline taken.
    package mutating func popDue(now: Instant) -> PrefixID? { timers.popFirst(dueAt: now) }
}
