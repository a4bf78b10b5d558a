// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaWire

// Updates received: base section 5.9, RFC 8966 section 3.5.3.
extension RoutingCore {
    mutating func receive(_ update: Update, from neighbour: NeighbourID, now: Instant) {
        counters.updatesReceived += 1
        guard case .ipv6(let prefix) = update.prefix, prefix.length >= 64, prefix.address.isOverlay
        else {
            counters.updatesRefusedPrefix += 1
            return
        }
        guard !ownSubnet.contains(prefix) else {
            counters.updatesRefusedOwnSubnet += 1
            return
        }
        if update.metric.isInfinite {
            retract(prefix, by: neighbour, now: now)
        } else {
            learn(update, prefix, from: neighbour, now: now)
        }
    }

    /// A retraction concerns the sender's own route, whatever router id and seqno it carries: these
    /// are the retractor's, so what the route says about its source is kept.
    private mutating func retract(_ prefix: Prefix, by neighbour: NeighbourID, now: Instant) {
        let id = routes.find(prefix)
        guard id.exists else { return }
        let route = routes.find(id, through: neighbour)
        guard route.exists, !routes[route].metric.isInfinite else { return }
        routes[route].set(seqno: routes[route].seqno, metric: .infinite)
        routes.setExpiry(route, now + RoutingConstants.retractedHold)
        if routes[id].selected == route {
            reselect(id, cause: .neighbour(neighbour), now: now)
        }
    }

    private mutating func learn(
        _ update: Update,
        _ prefix: Prefix,
        from neighbour: NeighbourID,
        now: Instant
    ) {
        let id = routes.find(prefix)
        let source =
            id.exists ? sources.find(update.routerID, from: routes[id].firstSource) : .absent
        // A source in the table has been through this test; the hash is the dearest part of it.
        guard source.exists || owns(update.routerID, prefix) else {
            counters.updatesRefusedOwnership += 1
            return
        }
        identify(neighbour, update)
        let isFeasible = sources.isFeasible(source, seqno: update.seqno, metric: update.metric)
        if !isFeasible { counters.updatesInfeasible += 1 }
        let route = id.exists ? routes.find(id, through: neighbour) : .absent
        if route.exists {
            replace(route, update, isFeasible: isFeasible, now: now)
        } else if let added = admit(update, prefix, from: neighbour, now: now) {
            follow(added, now: now)
        }
    }

    private func owns(_ routerID: RouterID, _ prefix: Prefix) -> Bool {
        prefix.contains(IPv6Address(derivedFrom: routerID.publicKey))
    }

    /// A neighbour's first Update for itself says whether it is a Hypha node; such a one is asked
    /// for all it knows (a relayed Update proves nothing, a retraction carries no marker).
    private mutating func identify(_ neighbour: NeighbourID, _ update: Update) {
        guard update.metric == .zero, !neighbours[neighbour].isIdentified else { return }
        neighbours[neighbour].isIdentified = true
        guard update.routerID.isHypha else { return }
        outputs.append(.event(.hyphaNeighbour(neighbours[neighbour].link, update.routerID)))
        transmit(RouteRequest(generation: 0, prefix: .wildcard), to: neighbour)
    }

    /// An Update for a route we have (step 6).
    private mutating func replace(
        _ route: RouteID,
        _ update: Update,
        isFeasible: Bool,
        now: Instant
    ) {
        let id = routes[route].prefix
        let oldSource = routes[route].source
        let isSelected = routes[id].selected == route
        let isSameSource = sources[oldSource].routerID == update.routerID
        let oldPathMTU = routes[route].pathMTU
        // Packets take this path whether the rest of the Update is used or not.
        routes[route].pathMTU = pathMTU(of: update, from: routes[route].neighbour)
        if isSelected, !isFeasible, isSameSource {
            if routes[route].pathMTU != oldPathMTU { publish(id) }
            keep(route, inSpiteOf: update, now: now)
            return
        }
        if !isSameSource {
            guard let source = retainSource(update.routerID, of: id, now: now) else { return }
            routes[route].source = source
            releaseSource(oldSource, of: id, now: now)
        }
        routes[route].set(seqno: update.seqno, metric: update.metric)
        routes.setExpiry(route, now + holdTime(update))
        follow(route, now: now)
    }

    /// The selected route has become infeasible: it stays in use with its old values (step 6.1) and
    /// a newer seqno is asked for, unless there is a better route by what its neighbour says now.
    private mutating func keep(_ route: RouteID, inSpiteOf update: Update, now: Instant) {
        routes[route].latest = FeasibilityDistance(seqno: update.seqno, metric: update.metric)
        reselect(routes[route].prefix, cause: .neighbour(routes[route].neighbour), now: now)
    }

    /// Selects anew after a route was learned or has changed, and answers who asked for its seqno.
    private mutating func follow(_ route: RouteID, now: Instant) {
        let id = routes[route].prefix
        let neighbour = routes[route].neighbour
        let old = routes[id].selected
        let toldAll = reselect(id, cause: .neighbour(neighbour), changed: route, now: now)
        guard routes[id].selected.exists else {
            // Nothing to use yet, but a key that opens packets from there.
            if !old.exists { publish(id) }
            return
        }
        if old == routes[id].selected, old == route { refreshes.remove(id) }
        answerInterested(id, toldAll: toldAll, now: now)
    }

    func holdTime(_ update: Update) -> Duration {
        RoutingConstants.holdTime(
            intervalCentiseconds: update.intervalCentiseconds,
            isRetraction: update.metric.isInfinite
        )
    }
}
