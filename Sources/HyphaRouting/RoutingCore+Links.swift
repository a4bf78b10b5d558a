// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaWire

// Links that come, go and change their cost: base sections 2.4 and 5.14.
extension RoutingCore {
    /// A new neighbour gets our own subnet and what we are searching for, nothing else.
    mutating func linkUp(_ new: Neighbour, now: Instant) {
        guard !neighbours.find(new.link).exists else { return }
        guard neighbours.count < configuration.neighboursMax else {
            counters.neighboursRefused += 1
            reportCeiling(.neighbours, now: now)
            return
        }
        let neighbour = neighbours.insert(new)
        transmit(ownUpdate, to: neighbour)
        replaySearches(to: neighbour)
    }

    /// Neighbour death: unselected routes go, selected ones are retracted and replaced.
    mutating func linkDown(_ neighbour: NeighbourID, now: Instant) {
        var affected: [PrefixID] = []
        affected.reserveCapacity(neighbours[neighbour].routes.count)
        while neighbours[neighbour].routes.first.exists {
            let route = neighbours[neighbour].routes.first
            let prefix = routes[route].prefix
            affected.append(prefix)
            if routes[prefix].selected == route {
                routes.detach(route, neighbours: &neighbours)
                routes[route].set(seqno: routes[route].seqno, metric: .infinite)
                routes.setExpiry(route, now + RoutingConstants.retractedHold)
            } else {
                removeRoute(route, now: now)
            }
        }
        neighbours.disconnect(neighbour)
        dumps.remove(neighbour)
        costNews.remove(neighbour)
        for prefix in affected {
            if routes[prefix].selected.exists {
                if !isUsable(routes[prefix].selected, now: now) {
                    // At its expense: whoever comes with a flood does not leave with one either.
                    let cause = OutgoingUpdates.Cause.neighbour(neighbour)
                    reselect(prefix, cause: cause, announcesAlways: true, now: now)
                }
            } else if !routes[prefix].firstRoute.exists {
                publish(prefix)
            }
            routes.removeIfEmpty(prefix)
        }
        neighbours.remove(neighbour)
    }

    /// A changed cost may move selected routes here or away at once.
    ///
    /// What it changes in the metrics that we advertise is told some seconds later: a link's cost
    /// is first measured right after its routes were announced, and telling each of them twice
    /// would also lower our feasibility distances before the neighbours have settled.
    ///
    /// The work is in proportion to the routes of this neighbour, and costs change when a Hello is
    /// answered, so at most a few times a minute.
    mutating func setCost(of neighbour: NeighbourID, _ cost: Metric, now: Instant) {
        let cost = max(cost, Metric(1))
        let old = neighbours[neighbour].cost
        guard cost != old else { return }
        neighbours[neighbour].cost = cost
        var route = neighbours[neighbour].routes.first
        while route.exists {
            let prefix = routes[route].prefix
            route = routes.nextOfNeighbour(after: route)
            costChanged(prefix, cause: .neighbour(neighbour), now: now)
        }
        if costNews.instant(of: neighbour) == nil {
            let wait = RoutingConstants.costNewsDelay
            let jitter = random.jitter(upTo: RoutingConstants.costNewsJitter)
            costNews.set(neighbour, at: now + wait + jitter)
        }
    }

    /// Tells of metrics that have changed much with the cost of a link.
    mutating func tellCostNews(now: Instant) {
        while let neighbour = costNews.popFirst(dueAt: now) {
            var route = neighbours[neighbour].routes.first
            while route.exists {
                let prefix = routes[route].prefix
                let isSelected = routes[prefix].selected == route
                route = routes.nextOfNeighbour(after: route)
                if isSelected {
                    tellCostNews(of: prefix, cause: .neighbour(neighbour), now: now)
                }
            }
        }
    }

    private mutating func tellCostNews(
        of prefix: PrefixID,
        cause: OutgoingUpdates.Cause,
        now: Instant
    ) {
        guard routes[prefix].announcedSource.exists else { return }
        let announced = routes[prefix].announcedMetric
        let metric = totalMetric(of: routes[prefix].selected)
        if RouteSelection.isLargeCostChange(from: announced, to: metric) {
            trigger(prefix, cause: cause, now: now)
        }
    }

    private mutating func costChanged(
        _ prefix: PrefixID,
        cause: OutgoingUpdates.Cause,
        now: Instant
    ) {
        let selected = routes[prefix].selected
        let hasChoice =
            routes[prefix].routeCount > 1 || !selected.exists || !isUsable(selected, now: now)
        if hasChoice {
            let old = selected
            select(prefix, now: now)
            if routes[prefix].selected != old {
                settleSelection(prefix, from: old, cause: cause, now: now)
                return
            }
            requestMissingSeqnos(prefix, now: now)
        }
    }
}
