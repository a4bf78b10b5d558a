// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaWire

// What may enter the tables: keys are free, so anybody can make any number of valid prefixes.
extension RoutingCore {
    /// Adds the first route of a neighbour to a prefix, if rates and ceilings allow.
    ///
    /// - Returns: The route, unselected; `nil` when it was refused, and counted.
    mutating func admit(
        _ update: Update,
        _ prefix: Prefix,
        from neighbour: NeighbourID,
        now: Instant
    ) -> RouteID? {
        let hold = holdTime(update)
        // Interval 0 means immediate expiry: nothing to keep.
        guard hold > .zero else { return nil }
        let known = routes.find(prefix)
        let hasRoutes = known.exists && routes[known].firstRoute.exists
        let isSolicited = known.exists && isAwaited(known, from: neighbour)
        if !hasRoutes {
            guard admitPrefix(from: neighbour, isSolicited: isSolicited, now: now) else {
                return nil
            }
        }
        guard makeRoom(beside: known, for: neighbour, isSolicited: isSolicited, now: now) else {
            return nil
        }
        let id = routes.findOrInsert(prefix, now: now)
        guard let source = retainSource(update.routerID, of: id, now: now) else {
            routes.removeIfEmpty(id)
            return nil
        }
        if isSolicited, !hasRoutes { routes[id].flags.insert(.isSolicited) }
        let route = Route(
            prefix: id,
            source: source,
            neighbour: neighbour,
            seqno: update.seqno,
            metric: update.metric,
            expiry: now + hold,
            pathMTU: pathMTU(of: update, from: neighbour)
        )
        return routes.insert(route, neighbours: &neighbours)
    }

    /// Whether a route for the prefix was asked for, by this host or through us by somebody else
    /// than the neighbour that offers it.
    private func isAwaited(_ prefix: PrefixID, from neighbour: NeighbourID) -> Bool {
        if let query = queries[prefix] {
            return query.isOwn || query.asker != neighbours[neighbour].link
        }
        return routes[prefix].firstRoute.exists && routes[prefix].flags.contains(.isSolicited)
    }

    private mutating func admitPrefix(
        from neighbour: NeighbourID,
        isSolicited: Bool,
        now: Instant
    ) -> Bool {
        let share = configuration.routesMax / Limits.soleRoutesDivisor
        guard neighbours[neighbour].soleRouteCount < share else {
            counters.routesRefusedNeighbourShare += 1
            reportCeiling(.routesOfOneNeighbour, now: now)
            return false
        }
        guard isSolicited || neighbours[neighbour].buckets.newPrefixes.take(now: now) else {
            counters.prefixesRefusedRate += 1
            return false
        }
        return true
    }

    /// Makes sure that one more route fits, at the cost of what is least wanted if need be.
    private mutating func makeRoom(
        beside known: PrefixID,
        for neighbour: NeighbourID,
        isSolicited: Bool,
        now: Instant
    ) -> Bool {
        let isPrivileged = isSolicited || neighbours[neighbour].isConfigured
        let ceiling =
            isPrivileged
            ? configuration.routesMax
            : configuration.routesMax / 4 * Limits.unsolicitedRoutesQuarters
        guard routes.routeCount >= ceiling else { return true }
        for victim in [routes.unsolicited.first, routes.solicited.first]
        where victim.exists && victim != known {
            let isIdle = now.elapsed(since: routes[victim].usedAt) >= Limits.routeIdleMin
            let isUnsolicited = victim == routes.unsolicited.first
            guard isIdle || isSolicited && isUnsolicited else { continue }
            evict(victim, now: now)
            return true
        }
        counters.routesRefusedCeiling += 1
        reportCeiling(.routes, now: now)
        return false
    }

    private mutating func evict(_ prefix: PrefixID, now: Instant) {
        counters.prefixesEvicted += 1
        while routes[prefix].firstRoute.exists {
            removeRoute(routes[prefix].firstRoute, now: now)
        }
        refreshes.remove(prefix)
        publish(prefix)
        if routes[prefix].flags.contains(.wasTold) {
            trigger(prefix, cause: .ourselves, now: now)
        }
        routes.removeIfEmpty(prefix)
    }

    /// The source of a route about to be stored, made when it is not in the table.
    ///
    /// - Returns: The source with one use more, `nil` when there is no room.
    mutating func retainSource(
        _ routerID: RouterID,
        of prefix: PrefixID,
        now: Instant
    ) -> SourceID? {
        var source = sources.find(routerID, from: routes[prefix].firstSource)
        if !source.exists {
            if sources.isFull, !evictSource(keeping: prefix) {
                counters.routesRefusedSources += 1
                reportCeiling(.sources, now: now)
                return nil
            }
            source = sources.insert(routerID, in: &routes[prefix], id: prefix)
        }
        sources.retain(source, now: now)
        return source
    }

    /// Forgets the feasibility distance whose last route went longest ago.
    ///
    /// The neighbours were told then that we have no route, so nobody's route rests on it any more.
    private mutating func evictSource(keeping kept: PrefixID) -> Bool {
        let victim = sources.evictionCandidate
        guard victim.exists else { return false }
        let prefix = sources[victim].prefix
        sources.forget(victim)
        sources.remove(victim, from: &routes[prefix])
        if prefix != kept { routes.removeIfEmpty(prefix) }
        counters.sourcesEvicted += 1
        return true
    }
}
