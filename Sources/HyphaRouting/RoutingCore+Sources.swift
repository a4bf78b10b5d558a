// SPDX-License-Identifier: Apache-2.0
import HyphaBase

// Several sources of one prefix: a node that restarts is a new one (base section 5.3).
//
// Feasibility keeps the routes of one source free of loops, and says nothing about two: A may have
// left the old source for the new one through B while B goes the other way round, and neither tells
// its next hop. The base, like RFC 8966, accepts that. Here a route of another source than the one
// told to others is used at once only if it is shorter than anything they were told, because then
// whoever relies on us cannot be on it; otherwise we retract first and wait until that has arrived.
// `Docs/decisions/0020-restarts-without-loops.md` has the argument.
extension RoutingCore {
    /// Whether a route may be used beside what neighbours know from us about other sources.
    func isSafeAcrossSources(_ route: RouteID, now: Instant) -> Bool {
        let record = routes[route]
        // One source, as almost always; or the neighbour is the originator, where every walk ends.
        if !hasSeveralSources(record.prefix) || record.metric == .zero { return true }
        guard mayRelyOnOtherSource(than: record.source, record.prefix, now: now) else {
            return true
        }
        var other = routes[record.prefix].firstSource
        while other.exists {
            let source = sources[other]
            if other != record.source, source.isAdvertised, record.metric >= source.distance.metric
            {
                return false
            }
            other = source.next
        }
        return true
    }

    /// Whether neighbours were told of another source than that of the selected route.
    func wasToldOfOtherSource(_ prefix: PrefixID) -> Bool {
        let entry = routes[prefix]
        guard hasSeveralSources(prefix), entry.flags.contains(.wasTold) else { return false }
        return entry.flags.contains(.toldMixed)
            || entry.announcedSource != routes[entry.selected].source
    }

    private func hasSeveralSources(_ prefix: PrefixID) -> Bool {
        sources[routes[prefix].firstSource].next.exists
    }

    /// Whether a neighbour may still send us packets because of what we told it about another
    /// source.
    private func mayRelyOnOtherSource(
        than source: SourceID,
        _ prefix: PrefixID,
        now: Instant
    ) -> Bool {
        let entry = routes[prefix]
        if now < entry.supersededAt + RoutingConstants.retractedHold { return true }
        return entry.flags.contains(.wasTold)
            && (entry.announcedSource != source || entry.flags.contains(.toldMixed))
    }

    /// Looks again at a prefix when a retraction has had its time to arrive.
    mutating func scheduleSourceHold(_ prefix: PrefixID, now: Instant) {
        guard hasSeveralSources(prefix) else { return }
        let end = routes[prefix].supersededAt + RoutingConstants.retractedHold
        if end > now { sourceHolds.set(prefix, at: end) }
    }

    /// Selects anew where a hold has ended.
    mutating func endSourceHolds(now: Instant) {
        while let prefix = sourceHolds.popFirst(dueAt: now) {
            guard routes[prefix].firstRoute.exists else { continue }
            reselect(prefix, cause: .ourselves, now: now)
        }
    }
}
