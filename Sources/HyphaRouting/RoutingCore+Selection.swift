// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaWire

// Which route is used: base section 5.10, RFC 8966 section 3.6.
extension RoutingCore {
    /// Whether a route can be selected: finite, over a living link, feasible, and not in the way of
    /// another source.
    func isUsable(_ route: RouteID, now: Instant) -> Bool {
        !totalMetric(of: route).isInfinite && isFeasible(route)
            && isSafeAcrossSources(route, now: now)
    }

    /// The same test as for an Update, with what the route says now (base section 5.8).
    func isFeasible(_ route: RouteID) -> Bool {
        let record = routes[route]
        return sources.isFeasible(record.source, seqno: record.seqno, metric: record.metric)
    }

    /// The usable route with the lowest total metric, the oldest on a tie; absent = none.
    ///
    /// Two links straight to an originator, with different router ids: it has restarted, the older
    /// link only has not noticed yet.
    private func bestRoute(_ prefix: PrefixID, now: Instant) -> RouteID {
        var best = RouteID.absent
        var route = routes[prefix].firstRoute
        while route.exists {
            if isUsable(route, now: now), !best.exists || isBetter(route, than: best) {
                best = route
            }
            route = routes[route].next
        }
        return best
    }

    private func isBetter(_ route: RouteID, than best: RouteID) -> Bool {
        if routes[route].metric == .zero, routes[best].metric == .zero,
            routes[route].source != routes[best].source
        {
            return neighbours[routes[best].neighbour].link
                < neighbours[routes[route].neighbour].link
        }
        return latestTotal(of: route) < latestTotal(of: best)
    }

    /// The total metric by what the neighbour says now.
    func latestTotal(of route: RouteID) -> Metric {
        guard routes[route].neighbour.exists else { return .infinite }
        return routes[route].latest.metric + neighbours[routes[route].neighbour].cost
    }

    /// Sets the selected route of a prefix; what follows from it is ``settleSelection``'s.
    mutating func select(_ prefix: PrefixID, now: Instant) {
        let current = routes[prefix].selected
        let best = bestRoute(prefix, now: now)
        if current.exists, best.exists, best != current, isUsable(current, now: now) {
            let isWorthIt = RouteSelection.switches(
                from: latestTotal(of: current),
                to: latestTotal(of: best),
                advertised: routes[best].metric
            )
            routes[prefix].selected = isWorthIt ? best : current
        } else {
            routes[prefix].selected = best
        }
        guard current.exists, current != routes[prefix].selected else { return }
        // No longer kept in spite of anything.
        let latest = routes[current].latest
        routes[current].set(seqno: latest.seqno, metric: latest.metric)
    }

    /// Selects anew after a change of routes, and tells whom it concerns.
    ///
    /// - Parameters:
    ///   - prefix: A prefix with routes.
    ///   - cause: What the announcement, if there is one, is charged to.
    ///   - changed: The route whose fields have changed.
    ///   - announcesAlways: A new winner is announced even if little has changed (section 5.14).
    ///   - now: The time.
    /// - Returns: Whether all neighbours were told at once.
    @discardableResult
    mutating func reselect(
        _ prefix: PrefixID,
        cause: OutgoingUpdates.Cause,
        changed: RouteID = .absent,
        announcesAlways: Bool = false,
        now: Instant
    ) -> Bool {
        let old = routes[prefix].selected
        select(prefix, now: now)
        return settleSelection(
            prefix,
            from: old,
            cause: cause,
            changed: changed,
            announcesAlways: announcesAlways,
            now: now
        )
    }

    /// Does what follows from a selection: publishes it, answers searches, asks for a newer seqno
    /// when the last route was lost, and announces what is worth announcing.
    ///
    /// - Returns: Whether all neighbours were told at once.
    @discardableResult
    mutating func settleSelection(
        _ prefix: PrefixID,
        from old: RouteID,
        cause: OutgoingUpdates.Cause,
        changed: RouteID = .absent,
        announcesAlways: Bool = false,
        now: Instant
    ) -> Bool {
        let selected = routes[prefix].selected
        let formerNextHop = old.exists ? routes[old].neighbour : .absent
        if selected != old || selected.exists && selected == changed { publish(prefix) }
        scheduleSourceHold(prefix, now: now)
        if !selected.exists {
            refreshes.remove(prefix)
        } else {
            dropHeldRoutes(prefix, now: now)
        }
        requestMissingSeqnos(prefix, now: now)
        let isAnswer = selected.exists && markAnswered(prefix)
        let cause = isAnswer ? .answer : cause
        if announcesAlways && selected.exists || isWorthAnnouncing(prefix) {
            return trigger(prefix, cause: cause, now: now)
        }
        // The next hop is left out of Updates, so a former one knows nothing of the route that all
        // others were told of. (The base leaves it so.)
        if selected.exists, selected != old, formerNextHop.exists,
            admitsUpdate(prefix, cause: cause, now: now)
        {
            advertise(prefix, to: formerNextHop, now: now)
        }
        return false
    }

    /// Compares the state of a prefix with what all neighbours were told last.
    ///
    /// The base compares with the route's previous metric, so that a metric creeping up by ten at a
    /// time is never announced; and it leaves the link's cost out.
    private func isWorthAnnouncing(_ prefix: PrefixID) -> Bool {
        let entry = routes[prefix]
        guard entry.selected.exists else { return entry.flags.contains(.wasTold) }
        guard entry.announcedSource == routes[entry.selected].source else { return true }
        if isPathMTUNews(prefix) { return true }
        return RouteSelection.isLargeChange(
            from: entry.announcedMetric,
            to: totalMetric(of: entry.selected)
        )
    }

    /// A route held for a dead link is of no use beside a selected one.
    private mutating func dropHeldRoutes(_ prefix: PrefixID, now: Instant) {
        var route = routes[prefix].firstRoute
        while route.exists {
            let next = routes[route].next
            if !routes[route].neighbour.exists { removeRoute(route, now: now) }
            route = next
        }
    }

    /// Removes a route and releases its source; the entry of the prefix stays.
    mutating func removeRoute(_ route: RouteID, now: Instant) {
        let source = routes[route].source
        let prefix = routes[route].prefix
        routes.remove(route, neighbours: &neighbours)
        releaseSource(source, of: prefix, now: now)
    }

    /// Gives up one use of a source.
    mutating func releaseSource(_ source: SourceID, of prefix: PrefixID, now: Instant) {
        if sources.release(source, now: now) { sources.remove(source, from: &routes[prefix]) }
    }
}
