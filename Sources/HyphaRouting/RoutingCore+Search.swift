// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaWire

// Route requests originated: searches for packets without a route, and refreshes of routes in use.
extension RoutingCore {
    // MARK: - Searches

    mutating func search(_ wanted: Prefix, cause: LinkID?, now: Instant) {
        // Always a /64 (base section 5.12): a longer prefix would silence the /64 in base nodes.
        let prefix = Prefix(subnetOf: wanted.address)
        guard wanted.length >= 64, prefix.address.isOverlay, prefix != ownSubnet else {
            outputs.append(.searchFailed(prefix))
            return
        }
        let known = routes.find(prefix)
        if known.exists, routes[known].selected.exists {
            routes.touch(known, now: now)
            publish(known)
            return
        }
        if known.exists, var query = queries[known] {
            join(&query, of: known, now: now)
            return
        }
        guard takeSearchToken(cause, now: now) else {
            counters.searchesRefusedRate += 1
            outputs.append(.searchFailed(prefix))
            return
        }
        guard queries.hasRoom(forOwn: true) else {
            counters.searchesRefusedCeiling += 1
            reportCeiling(.queries, now: now)
            outputs.append(.searchFailed(prefix))
            return
        }
        counters.searchesStarted += 1
        let query = Query(now: now, isOwn: true, asker: nil, generation: 0)
        begin(query, for: prefix, except: .absent, now: now)
    }

    /// A packet meets a search that is under way, or was answered and lost its answer again.
    private mutating func join(_ query: inout Query, of prefix: PrefixID, now: Instant) {
        query.isOwn = true
        if query.isAnswered {
            query.isAnswered = false
            query.until = now + RoutingConstants.searchTime
            query.resendAt = max(now, query.sentAt + RoutingConstants.searchSpacing)
        }
        queries.set(query, for: prefix)
        requestMissingSeqnos(prefix, now: now)
        resendDueQueries(now: now)
    }

    private mutating func takeSearchToken(_ cause: LinkID?, now: Instant) -> Bool {
        guard let cause else { return hostSearches.take(now: now) }
        let neighbour = neighbours.find(cause)
        // The link has gone since the packet came in: nothing to charge, so nothing is done.
        guard neighbour.exists else { return false }
        return neighbours[neighbour].buckets.searches.take(now: now)
    }

    /// Marks a prefix as queried and asks all neighbours but one; if there are routes that only
    /// lack a newer seqno, that is asked for as well.
    mutating func begin(
        _ query: Query,
        for prefix: Prefix,
        except asker: NeighbourID,
        now: Instant
    ) {
        let id = routes.findOrInsert(prefix, now: now)
        routes[id].flags.insert(.isQueried)
        queries.set(query, for: id)
        let request = RouteRequest(generation: query.generation, prefix: .ipv6(prefix))
        for neighbour in neighbours.ordered where neighbour != asker {
            transmit(request, to: neighbour)
        }
        requestMissingSeqnos(id, now: now)
    }

    /// Notes that a route was found.
    ///
    /// - Returns: Whether somebody was waiting for it.
    mutating func markAnswered(_ prefix: PrefixID) -> Bool {
        guard routes[prefix].flags.contains(.isQueried), var query = queries[prefix],
            !query.isAnswered
        else { return false }
        query.isAnswered = true
        query.resendAt = nil
        queries.set(query, for: prefix)
        return true
    }

    /// Sends pending requests to a link that has just come up (base section 2.4).
    mutating func replaySearches(to neighbour: NeighbourID) {
        let running = queries.prefixes.filter { queries[$0]?.isAnswered == false }
        for prefix in running.prefix(Limits.replayedSearchesMax) {
            guard let query = queries[prefix] else { continue }
            let request = RouteRequest(
                generation: query.generation,
                prefix: .ipv6(routes[prefix].prefix)
            )
            transmit(request, to: neighbour)
        }
    }

    /// Ends searches whose time is up, and repeats those that lost their answer.
    mutating func resendDueQueries(now: Instant) {
        while let prefix = queries.popDue(now: now), var query = queries[prefix] {
            if query.until <= now {
                end(query, of: prefix)
                continue
            }
            query.resendAt = nil
            query.sentAt = now
            queries.set(query, for: prefix)
            let request = RouteRequest(generation: 0, prefix: .ipv6(routes[prefix].prefix))
            for neighbour in neighbours.ordered { transmit(request, to: neighbour) }
        }
    }

    private mutating func end(_ query: Query, of prefix: PrefixID) {
        queries.remove(prefix)
        routes[prefix].flags.remove(.isQueried)
        if query.isOwn, !query.isAnswered {
            counters.searchesFailed += 1
            outputs.append(.searchFailed(routes[prefix].prefix))
        }
        routes.removeIfEmpty(prefix)
    }

    // MARK: - Refreshes

    /// A used route is asked for again before it dies: of its next hop first, which knows it; of
    /// everybody only if that does not help, because those who do not know it pass the request on.
    mutating func refresh(_ prefix: Prefix, now: Instant) {
        let id = routes.find(prefix)
        guard id.exists, routes[id].selected.exists, refreshes[id] == nil else { return }
        routes.touch(id, now: now)
        let route = routes[routes[id].selected]
        guard route.expiry <= now + RoutingConstants.refreshThreshold else {
            publish(id)
            return
        }
        guard !refreshes.isFull else {
            counters.refreshesRefusedCeiling += 1
            reportCeiling(.refreshes, now: now)
            return
        }
        transmit(refreshRequest(id), to: route.neighbour)
        refreshes.set(.nextHop, for: id, next: now + RoutingConstants.refreshRetry)
    }

    /// Takes refreshes that were not answered to their next stage.
    mutating func continueRefreshes(now: Instant) {
        while let id = refreshes.popDue(now: now) {
            guard refreshes[id] == .nextHop else {
                refreshes.remove(id)
                continue
            }
            let request = refreshRequest(id)
            for neighbour in neighbours.ordered { transmit(request, to: neighbour) }
            // Until the route has either been renewed or died, nothing more is sent for it.
            refreshes.set(.everybody, for: id, next: now + RoutingConstants.refreshThreshold)
        }
    }

    private func refreshRequest(_ id: PrefixID) -> RouteRequest {
        RouteRequest(generation: 0, prefix: .ipv6(Prefix(subnetOf: routes[id].prefix.address)))
    }
}
