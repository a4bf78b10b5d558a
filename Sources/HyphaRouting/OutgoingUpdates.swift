// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// Decides when an Update to all neighbours is sent, so that no flood passes through.
///
/// Two pacers have a say: that of the prefix (a flapping route) and that of the neighbour which
/// caused the Update (a flood of many routes). Within both bursts it is sent at once; otherwise the
/// prefix waits for its slot, and what is sent then is the state of then. There is at most one
/// waiting Update a prefix, so the set is bounded by the route table, and none is ever lost.
package struct OutgoingUpdates {
    private var deferred = TimerHeap<PrefixEntry>()
    /// Paces what no neighbour causes: evictions, and what was held back.
    private var ownPacer = UpdatePacer()

    /// The rate for Updates caused by one neighbour.
    package static let causeRate = UpdatePacer.Rate(
        perSecond: Limits.triggeredUpdatesPerSecond,
        burst: Limits.triggeredUpdatesBurst
    )
    /// The rate for Updates about one prefix.
    package static let prefixRate = UpdatePacer.Rate(
        perSecond: Limits.prefixUpdatesPerSecond,
        burst: Limits.prefixUpdatesBurst
    )

    package init() {}

    /// Updates waiting.
    package var count: Int { deferred.count }
    /// When the next one is due.
    package var nextDeadline: Instant? { deferred.firstInstant }

    /// Takes a slot for an Update that nobody waits for yet.
    ///
    /// - Returns: Whether it is to be sent at once; otherwise it is waiting.
    package mutating func admit(
        _ prefix: PrefixID,
        entry: inout PrefixEntry,
        cause: Cause,
        neighbours: inout NeighbourTable,
        now: Instant
    ) -> Bool {
        var slot = entry.pacer.reserve(Self.prefixRate, now: now)
        switch cause {
        case .answer: break
        case .neighbour(let index):
            slot = max(slot, neighbours[index].pacer.reserve(Self.causeRate, now: now))
        case .ourselves:
            slot = max(slot, ownPacer.reserve(Self.causeRate, now: now))
        }
        guard slot > now else { return true }
        entry.flags.insert(.isDeferred)
        deferred.set(prefix, at: slot)
        return false
    }

    /// Why an Update is to be sent.
    package enum Cause: Hashable, Sendable {
        /// Somebody searched for the prefix; only the pace of the prefix holds.
        case answer
        /// Something this neighbour sent, or the end of its link or its routes.
        case neighbour(NeighbourID)
        /// Nobody in particular.
        case ourselves
    }

    /// The next prefix whose Update is due.
    package mutating func popDue(now: Instant) -> PrefixID? { deferred.popFirst(dueAt: now) }
}
