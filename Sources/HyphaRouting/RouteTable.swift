// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// The route table (RFC 8966 section 3.2.6), by prefix: every route any neighbour told us.
///
/// Prefixes, routes and their lists are slabs linked by 4-byte indexes; nothing is searched in
/// proportion to the size of the table.
package struct RouteTable {
    private var entries = Slab<PrefixEntry>()
    private var routes = Slab<Route>()
    private var hash: PrefixHash
    /// Links of the lists in ``Neighbour/routes``.
    private var neighbourLinks = IndexLinks<Route>()
    private var idleLinks = IndexLinks<PrefixEntry>()
    /// Prefixes with routes that nobody asked for, longest idle first.
    private(set) var unsolicited = IndexList<PrefixEntry>()
    /// Prefixes with routes that somebody asked for, longest idle first.
    private(set) var solicited = IndexList<PrefixEntry>()
    /// When routes die.
    private var expiries = TimerHeap<Route>()

    /// - Parameter key: Secret against chosen hash collisions.
    package init(key: UInt64) { hash = PrefixHash(key: key) }

    /// Routes of all prefixes.
    package var routeCount: Int { routes.count }
    /// Prefixes about which anything is known.
    package var prefixCount: Int { entries.count }
    /// Every prefix index is below this.
    package var placeCount: Int { entries.placeCount }
    /// When the next route dies.
    package var nextExpiry: Instant? { expiries.firstInstant }

    /// The prefix at a place in use.
    package subscript(index: PrefixID) -> PrefixEntry {
        _read { yield entries[index] }
        _modify { yield &entries[index] }
    }

    /// The route at a place in use.
    package subscript(index: RouteID) -> Route {
        _read { yield routes[index] }
        _modify { yield &routes[index] }
    }

    // MARK: - Prefixes

    /// The entry of exactly this prefix, absent when nothing is known about it.
    package func find(_ prefix: Prefix) -> PrefixID { hash.find(prefix, in: entries) }

    /// The entry of exactly this prefix, made when there is none.
    package mutating func findOrInsert(_ prefix: Prefix, now: Instant) -> PrefixID {
        let found = find(prefix)
        if found.exists { return found }
        let index = entries.insert(PrefixEntry(prefix: prefix, usedAt: now))
        hash.insert(index, in: entries)
        return index
    }

    /// Removes the entry if nothing is known about the prefix any more.
    package mutating func removeIfEmpty(_ index: PrefixID) {
        guard entries[index].flags.contains(.isLive), entries[index].isEmpty else { return }
        hash.remove(index, in: entries)
        entries[index].flags = []
        entries.remove(index)
    }

    /// Notes that somebody wants the prefix.
    package mutating func touch(_ index: PrefixID, now: Instant) {
        let hasRoutes = entries[index].firstRoute.exists
        if hasRoutes { leaveIdleList(index) }
        entries[index].flags.insert(.isSolicited)
        entries[index].usedAt = now
        if hasRoutes { enterIdleList(index) }
    }

    // MARK: - Routes

    /// The route through a neighbour, absent when there is none.
    package func find(_ prefix: PrefixID, through neighbour: NeighbourID) -> RouteID {
        var index = entries[prefix].firstRoute
        while index.exists, routes[index].neighbour != neighbour { index = routes[index].next }
        return index
    }

    /// Adds the first route of its neighbour to its prefix, at the end of the list.
    package mutating func insert(_ route: Route, neighbours: inout NeighbourTable) -> RouteID {
        let index = routes.insert(route)
        let prefix = route.prefix
        if entries[prefix].firstRoute.exists {
            var last = entries[prefix].firstRoute
            while routes[last].next.exists { last = routes[last].next }
            routes[last].next = index
        } else {
            entries[prefix].firstRoute = index
            enterIdleList(prefix)
        }
        neighbourLinks.append(index, to: &neighbours[route.neighbour].routes)
        if entries[prefix].routeCount == 1 {
            neighbours[soleNeighbour(of: prefix, except: index)].soleRouteCount -= 1
        }
        entries[prefix].routeCount += 1
        if entries[prefix].routeCount == 1 { neighbours[route.neighbour].soleRouteCount += 1 }
        expiries.set(index, at: route.expiry)
        return index
    }

    /// Moves the death of a route.
    package mutating func setExpiry(_ index: RouteID, _ instant: Instant) {
        routes[index].expiry = instant
        expiries.set(index, at: instant)
    }

    /// Takes a route from its neighbour, which is going: the route is held without one.
    package mutating func detach(_ index: RouteID, neighbours: inout NeighbourTable) {
        let neighbour = routes[index].neighbour
        guard neighbour.exists else { return }
        let prefix = routes[index].prefix
        neighbourLinks.remove(index, from: &neighbours[neighbour].routes)
        routes[index].neighbour = .absent
        entries[prefix].routeCount -= 1
        switch entries[prefix].routeCount {
        case 0: neighbours[neighbour].soleRouteCount -= 1
        case 1: neighbours[soleNeighbour(of: prefix, except: index)].soleRouteCount += 1
        default: break
        }
    }

    /// Removes a route; its source is the caller's to release.
    package mutating func remove(_ index: RouteID, neighbours: inout NeighbourTable) {
        detach(index, neighbours: &neighbours)
        let prefix = routes[index].prefix
        if entries[prefix].firstRoute == index {
            entries[prefix].firstRoute = routes[index].next
        } else {
            var previous = entries[prefix].firstRoute
            while routes[previous].next != index { previous = routes[previous].next }
            routes[previous].next = routes[index].next
        }
        if entries[prefix].selected == index { entries[prefix].selected = .absent }
        if !entries[prefix].firstRoute.exists {
            leaveIdleList(prefix)
            entries[prefix].flags.remove(.isSolicited)
        }
        expiries.remove(index)
        routes.remove(index)
    }

    /// The route after one of the list in ``Neighbour/routes``.
    package func nextOfNeighbour(after index: RouteID) -> RouteID {
        neighbourLinks.next(after: index)
    }

    /// Takes the deadline of a route that is due; the route itself stays.
    package mutating func popExpired(now: Instant) -> RouteID? { expiries.popFirst(dueAt: now) }

    // MARK: - Private

    private func soleNeighbour(of prefix: PrefixID, except: RouteID) -> NeighbourID {
        var index = entries[prefix].firstRoute
        while index.exists {
            if index != except, routes[index].neighbour.exists { return routes[index].neighbour }
            index = routes[index].next
        }
        invariant(false, "a prefix with a route count has a route with a neighbour")
        return .absent
    }

    private mutating func enterIdleList(_ index: PrefixID) {
        if entries[index].flags.contains(.isSolicited) {
            idleLinks.append(index, to: &solicited)
        } else {
            idleLinks.append(index, to: &unsolicited)
        }
    }

    private mutating func leaveIdleList(_ index: PrefixID) {
        if entries[index].flags.contains(.isSolicited) {
            idleLinks.remove(index, from: &solicited)
        } else {
            idleLinks.remove(index, from: &unsolicited)
        }
    }
}
