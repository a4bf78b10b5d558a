// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaWire

// Seqno requests originated: base section 5.13, RFC 8966 section 3.8.2.
extension RoutingCore {
    /// Asks for newer seqnos where that would help a prefix: nothing is selected, what is selected
    /// is only kept in spite of an infeasible Update, or something infeasible is much better.
    ///
    /// Repeated a few times while it would help: the base never does, and one lost link is enough to
    /// lose the request.
    mutating func requestMissingSeqnos(_ prefix: PrefixID, now: Instant) {
        var asked: [SourceID] = []
        var route = routes[prefix].firstRoute
        while route.exists {
            let source = routes[route].source
            let isWanted = wantsSeqno(route)
            route = routes[route].next
            guard isWanted, !asked.contains(source) else { continue }
            asked.append(source)
            requestSeqno(source, of: neighboursToAsk(prefix, source), now: now)
        }
    }

    /// Whether a newer seqno would make a route useful that is not.
    private func wantsSeqno(_ route: RouteID) -> Bool {
        let record = routes[route]
        let total = latestTotal(of: route)
        guard !total.isInfinite,
            !sources.isFeasible(
                record.source,
                seqno: record.latest.seqno,
                metric: record.latest.metric
            )
        else { return false }
        let selected = routes[record.prefix].selected
        guard selected.exists, selected != route else { return true }
        return RouteSelection.isWorthRequesting(total, insteadOf: latestTotal(of: selected))
    }

    private func neighboursToAsk(_ prefix: PrefixID, _ source: SourceID) -> [NeighbourID] {
        var result: [NeighbourID] = []
        var route = routes[prefix].firstRoute
        while route.exists {
            if routes[route].source == source, wantsSeqno(route) {
                result.append(routes[route].neighbour)
            }
            route = routes[route].next
        }
        return result
    }

    private mutating func requestSeqno(
        _ source: SourceID,
        of targets: [NeighbourID],
        now: Instant
    ) {
        let seqno = sources.seqnoToRequest(source)
        let prefix = routes[sources[source].prefix].prefix
        let routerID = sources[source].routerID
        var found = requests.find(prefix, routerID)
        if !found.exists {
            guard makeRoomForOwnRequest(now: now) else { return }
            found = requests.insert(PendingSeqnoRequest(prefix, routerID, seqno, now: now))
        }
        var pending = requests[found]
        pending.isOwn = true
        pending.renew(seqno, now: now)
        send(&pending, to: targets, now: now)
        scheduleRetry(&pending, now: now)
        requests.set(found, pending)
    }

    private mutating func send(
        _ pending: inout PendingSeqnoRequest,
        to targets: [NeighbourID],
        now: Instant
    ) {
        for target in targets {
            let link = neighbours[target].link
            guard pending.mayAsk(link, now: now) else { continue }
            guard neighbours[target].buckets.ownSeqnoRequests.take(now: now) else {
                counters.seqnoRequestsHeldBack += 1
                continue
            }
            pending.noteAsked(link, now: now)
            counters.seqnoRequestsSent += 1
            let request = SeqnoRequest(
                seqno: pending.seqno,
                hopCount: RoutingConstants.seqnoRequestHopCount,
                routerID: pending.routerID,
                prefix: .ipv6(pending.prefix)
            )
            outputs.append(.transmit(link, .seqnoRequest(request)))
        }
    }

    private mutating func makeRoomForOwnRequest(now: Instant) -> Bool {
        guard requests.isFull else { return true }
        guard requests.evictionCandidate.exists else {
            counters.seqnoRequestsRefusedCeiling += 1
            reportCeiling(.seqnoRequests, now: now)
            return false
        }
        requests.remove(requests.evictionCandidate)
        counters.seqnoRequestsEvicted += 1
        return true
    }

    private mutating func scheduleRetry(_ pending: inout PendingSeqnoRequest, now: Instant) {
        let retries = RoutingConstants.seqnoRequestRetries
        guard pending.retryAt == nil, pending.retryCount < retries.count else { return }
        let wait = retries[pending.retryCount]
        pending.retryAt = now + wait + random.jitter(upTo: wait / 5)
        pending.retryCount += 1
    }

    /// Forgets old requests, and repeats those that would still help.
    mutating func runRequestTimers(now: Instant) {
        while let found = requests.popDue(now: now) {
            var pending = requests[found]
            pending.retryAt = nil
            pending.asked = []
            let targets = pending.isOwn ? neighboursToAsk(again: pending) : []
            if targets.isEmpty, pending.expiry <= now {
                requests.remove(found)
                continue
            }
            if !targets.isEmpty {
                pending.expiry = now + RoutingConstants.seqnoRequestLifetime
                send(&pending, to: targets, now: now)
                scheduleRetry(&pending, now: now)
            }
            requests.set(found, pending)
        }
    }

    private func neighboursToAsk(again pending: PendingSeqnoRequest) -> [NeighbourID] {
        let id = routes.find(pending.prefix)
        guard id.exists else { return [] }
        let source = sources.find(pending.routerID, from: routes[id].firstSource)
        return source.exists ? neighboursToAsk(id, source) : []
    }
}
