// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaWire

// What goes out: base section 5.11. Everything that is sent passes through here.
extension RoutingCore {
    // MARK: - TLVs

    mutating func transmit(_ update: Update, to neighbour: NeighbourID) {
        counters.updatesSent += 1
        var update = update
        if !neighbours[neighbour].isExtended { update.pathMTU = nil }
        if update.metric.isInfinite { counters.retractionsSent += 1 }
        outputs.append(.transmit(neighbours[neighbour].link, .update(update)))
    }

    mutating func transmit(_ request: RouteRequest, to neighbour: NeighbourID) {
        counters.routeRequestsSent += 1
        outputs.append(.transmit(neighbours[neighbour].link, .routeRequest(request)))
    }

    // MARK: - The own subnet

    var ownUpdate: Update {
        Update(
            intervalCentiseconds: RoutingConstants.updateIntervalCentiseconds,
            seqno: own.seqno,
            metric: .zero,
            prefix: .ipv6(ownSubnet),
            routerID: identity,
            pathMTU: RoutingConstants.ownPathMTU
        )
    }

    mutating func announceOwnSubnet(now: Instant) {
        for neighbour in neighbours.ordered { transmit(ownUpdate, to: neighbour) }
        scheduleOwnAnnouncement(now: now)
    }

    mutating func scheduleOwnAnnouncement(now: Instant) {
        let spacing = RoutingConstants.ownUpdateSpacing
        own.announceAt = now + (spacing - random.jitter(upTo: RoutingConstants.ownUpdateJitter))
    }

    // MARK: - Learned routes

    /// The total metric of a route: what it costs to reach the prefix through its neighbour.
    func totalMetric(of route: RouteID) -> Metric {
        guard routes[route].neighbour.exists else { return .infinite }
        return routes[route].metric + neighbours[routes[route].neighbour].cost
    }

    /// The Update for the selected route of a prefix, `nil` when there is none.
    func selectedUpdate(_ prefix: PrefixID) -> Update? {
        let selected = routes[prefix].selected
        guard selected.exists else { return nil }
        let metric = totalMetric(of: selected)
        guard !metric.isInfinite else { return nil }
        return Update(
            intervalCentiseconds: RoutingConstants.updateIntervalCentiseconds,
            seqno: routes[selected].seqno,
            metric: metric,
            prefix: .ipv6(routes[prefix].prefix),
            routerID: sources[routes[selected].source].routerID,
            pathMTU: pathMTU(through: selected)
        )
    }

    /// Sends the selected route to one neighbour, unless that is its next hop.
    ///
    /// - Returns: Whether it was sent.
    @discardableResult
    mutating func advertise(_ prefix: PrefixID, to neighbour: NeighbourID, now: Instant) -> Bool {
        guard let update = selectedUpdate(prefix) else { return false }
        let selected = routes[prefix].selected
        guard routes[selected].neighbour != neighbour else { return false }
        feedSourceTable(prefix, update, now: now)
        transmit(update, to: neighbour)
        let pathMTU = pathMTU(through: selected)
        routes[prefix].announcedPathMTU = max(routes[prefix].announcedPathMTU, pathMTU)
        return true
    }

    /// The feasibility distance is what was *sent* (base section 5.8), so this comes before sending.
    private mutating func feedSourceTable(_ prefix: PrefixID, _ update: Update, now: Instant) {
        let source = routes[routes[prefix].selected].source
        if source != routes[prefix].announcedSource { routes[prefix].flags.insert(.toldMixed) }
        sources.advertise(
            source,
            seqno: update.seqno,
            metric: update.metric,
            now: now
        )
        routes[prefix].flags.insert(.wasTold)
    }

    /// Tells all neighbours about the state of a prefix: its selected route, or that there is none.
    ///
    /// A retraction carries our own router id and seqno (base section 5.11). It is left out when
    /// nobody was told of a route since the last one: a flood that came and went says nothing.
    mutating func announce(_ prefix: PrefixID, now: Instant) {
        if let update = selectedUpdate(prefix) {
            let selected = routes[prefix].selected
            let nextHop = routes[selected].neighbour
            let recipients = neighbours.ordered.filter { $0 != nextHop }
            let isOtherSource = wasToldOfOtherSource(prefix)
            if !recipients.isEmpty { feedSourceTable(prefix, update, now: now) }
            for neighbour in recipients { transmit(update, to: neighbour) }
            // What the next hop knows from us is about the other source, and never true again.
            if isOtherSource { transmit(retraction(prefix), to: nextHop) }
            if isOtherSource { routes[prefix].supersededAt = now }
            routes[prefix].announcedMetric = update.metric
            routes[prefix].announcedPathMTU = pathMTU(through: selected)
            routes[prefix].announcedSource = routes[selected].source
        } else {
            routes[prefix].announcedMetric = .infinite
            routes[prefix].announcedPathMTU = 0
            routes[prefix].announcedSource = .absent
            guard routes[prefix].flags.contains(.wasTold) else { return }
            routes[prefix].flags.remove(.wasTold)
            let retraction = retraction(prefix)
            for neighbour in neighbours.ordered { transmit(retraction, to: neighbour) }
            routes[prefix].supersededAt = now
        }
        routes[prefix].flags.remove(.toldMixed)
        scheduleSourceHold(prefix, now: now)
    }

    private func retraction(_ prefix: PrefixID) -> Update {
        Update(
            intervalCentiseconds: RoutingConstants.updateIntervalCentiseconds,
            seqno: own.seqno,
            metric: .infinite,
            prefix: .ipv6(routes[prefix].prefix),
            routerID: identity
        )
    }

    /// Announces a prefix to all at once, or when it is its turn.
    ///
    /// - Returns: Whether it was announced at once.
    @discardableResult
    mutating func trigger(
        _ prefix: PrefixID,
        cause: OutgoingUpdates.Cause,
        now: Instant
    ) -> Bool {
        if !routes[prefix].selected.exists, !routes[prefix].flags.contains(.wasTold) {
            announce(prefix, now: now)
            return false
        }
        guard admitsUpdate(prefix, cause: cause, now: now) else { return false }
        announce(prefix, now: now)
        return true
    }

    /// Whether something may be sent about a prefix at once; otherwise all neighbours get its state
    /// when it is its turn.
    mutating func admitsUpdate(
        _ prefix: PrefixID,
        cause: OutgoingUpdates.Cause,
        now: Instant
    ) -> Bool {
        if routes[prefix].flags.contains(.isDeferred) {
            counters.updatesCoalesced += 1
            return false
        }
        let isAdmitted = outgoing.admit(
            prefix,
            entry: &routes[prefix],
            cause: cause,
            neighbours: &neighbours,
            now: now
        )
        if !isAdmitted { counters.updatesDeferred += 1 }
        return isAdmitted
    }

    /// Sends the Updates whose turn has come.
    mutating func sendDeferredUpdates(now: Instant) {
        while let prefix = outgoing.popDue(now: now) {
            routes[prefix].flags.remove(.isDeferred)
            announce(prefix, now: now)
            routes.removeIfEmpty(prefix)
        }
    }

    // MARK: - The packet path

    /// The state of a prefix as the packet path needs it, `nil` when there is no route at all.
    func state(of prefix: PrefixID) -> RouteState? {
        let entry = routes[prefix]
        if entry.selected.exists {
            let route = routes[entry.selected]
            return .selected(
                link: neighbours[route.neighbour].link,
                routerID: sources[route.source].routerID,
                isDirect: route.metric == .zero,
                refreshAt: route.expiry + (.zero - RoutingConstants.refreshThreshold),
                pathMTU: pathMTU(through: entry.selected)
            )
        }
        guard entry.firstRoute.exists else { return nil }
        return .unselected(routerID: sources[routes[entry.firstRoute].source].routerID)
    }

    /// Tells the packet path about a prefix.
    mutating func publish(_ prefix: PrefixID) {
        outputs.append(.route(routes[prefix].prefix, state(of: prefix)))
    }

    // MARK: - Events

    /// Reports that something is full, once a minute.
    mutating func reportCeiling(_ ceiling: RoutingEvent.Ceiling, now: Instant) {
        guard ceilingEventsAt[ceiling.rawValue] <= now else { return }
        ceilingEventsAt[ceiling.rawValue] = now + Limits.ceilingEventSpacing
        outputs.append(.event(.ceilingReached(ceiling)))
    }
}
