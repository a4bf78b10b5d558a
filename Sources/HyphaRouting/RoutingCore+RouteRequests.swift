// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaWire

// Route requests received: base section 5.12.
extension RoutingCore {
    mutating func receive(_ request: RouteRequest, from neighbour: NeighbourID, now: Instant) {
        counters.routeRequestsReceived += 1
        switch request.prefix {
        case .wildcard:
            requestedDump(neighbour, now: now)
        case .ipv4:
            counters.routeRequestsRefusedPrefix += 1
        case .ipv6(let prefix) where ownSubnet.contains(prefix):
            guard mayAnswer(neighbour, now: now) else { return }
            transmit(ownUpdate, to: neighbour)
        case .ipv6(let prefix):
            guard prefix.length >= 64, prefix.address.isOverlay else {
                counters.routeRequestsRefusedPrefix += 1
                return
            }
            if prefix.length == 64 {
                receiveRequest(for: prefix, request, from: neighbour, now: now)
            } else {
                answerLonger(prefix, to: neighbour, now: now)
            }
        }
    }

    /// Whether the neighbour may cause one more packet to itself.
    mutating func mayAnswer(_ neighbour: NeighbourID, now: Instant) -> Bool {
        guard neighbours[neighbour].buckets.answers.take(now: now) else {
            counters.answersRefusedRate += 1
            return false
        }
        return true
    }

    private mutating func receiveRequest(
        for prefix: Prefix,
        _ request: RouteRequest,
        from neighbour: NeighbourID,
        now: Instant
    ) {
        let known = routes.find(prefix)
        if known.exists, routes[known].selected.exists {
            answer(known, to: neighbour, now: now)
            return
        }
        let link = neighbours[neighbour].link
        if known.exists, let query = queries[known], isRunning(query, now: now) {
            counters.routeRequestsDuplicate += 1
            return
        }
        // Checked before adding, so that generation 255 does not wrap to 0.
        guard request.generation < RoutingConstants.generationsMax - 1 else {
            counters.routeRequestsExhausted += 1
            return
        }
        guard neighbours[neighbour].buckets.forwardedRequests.take(now: now) else {
            counters.routeRequestsRefusedRate += 1
            return
        }
        guard queries.hasRoom(forOwn: false) else {
            counters.routeRequestsRefusedCeiling += 1
            reportCeiling(.queries, now: now)
            return
        }
        counters.routeRequestsForwarded += 1
        let query = Query(
            now: now,
            isOwn: false,
            asker: link,
            generation: request.generation + 1
        )
        begin(query, for: prefix, except: neighbour, now: now)
    }

    /// An answered request may be passed on again once its route is lost, but not at once.
    private func isRunning(_ query: Query, now: Instant) -> Bool {
        !query.isAnswered || now < query.sentAt + RoutingConstants.searchSpacing
    }

    /// A request for more than a /64 is answered by what covers it, and never passed on: a base
    /// node would mark the longer prefix as searched and lose what it has for the /64.
    private mutating func answerLonger(
        _ prefix: Prefix,
        to neighbour: NeighbourID,
        now: Instant
    ) {
        let exact = routes.find(prefix)
        let covering = routes.find(Prefix(subnetOf: prefix.address))
        for known in [exact, covering] where known.exists && routes[known].selected.exists {
            answer(known, to: neighbour, now: now)
            return
        }
        counters.routeRequestsRefusedPrefix += 1
    }

    /// Answers with the selected route, unless the asker is its next hop.
    private mutating func answer(_ prefix: PrefixID, to neighbour: NeighbourID, now: Instant) {
        guard mayAnswer(neighbour, now: now) else { return }
        if advertise(prefix, to: neighbour, now: now) { routes.touch(prefix, now: now) }
    }
}
