// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaWire

// Seqno requests received: base section 5.13, RFC 8966 section 3.8.1.2.
extension RoutingCore {
    mutating func receive(_ request: SeqnoRequest, from neighbour: NeighbourID, now: Instant) {
        counters.seqnoRequestsReceived += 1
        guard case .ipv6(let prefix) = request.prefix, prefix.length >= 64,
            prefix.address.isOverlay
        else {
            counters.seqnoRequestsDropped += 1
            return
        }
        if ownSubnet.contains(prefix) {
            receiveForOurselves(request, from: neighbour, now: now)
            return
        }
        let id = routes.find(prefix)
        if id.exists, satisfies(id, request) {
            guard mayAnswer(neighbour, now: now) else { return }
            if advertise(id, to: neighbour, now: now) { counters.seqnoRequestsAnswered += 1 }
            return
        }
        guard id.exists, request.hopCount >= 2 else {
            counters.seqnoRequestsDropped += 1
            return
        }
        passOn(request, prefix, id, from: neighbour, now: now)
    }

    /// A newer seqno than ours is asked for: bump by one, at most once in 4 s.
    ///
    /// Anything else is satisfied already, also a request for the router id of an earlier start, and
    /// is answered (the base is silent then, RFC 8966 section 3.8.1.2 is not).
    private mutating func receiveForOurselves(
        _ request: SeqnoRequest,
        from neighbour: NeighbourID,
        now: Instant
    ) {
        guard request.routerID == identity, request.seqno.isNewer(than: own.seqno) else {
            guard mayAnswer(neighbour, now: now) else { return }
            counters.seqnoRequestsAnswered += 1
            transmit(ownUpdate, to: neighbour)
            return
        }
        let allowedAt = own.bumpedAt + RoutingConstants.seqnoBumpSpacing
        if allowedAt <= now {
            bumpOwnSeqno(now: now)
        } else {
            // The base forgets a request that comes too early, and its asker never repeats it.
            own.bumpAt = allowedAt
        }
    }

    mutating func bumpOwnSeqno(now: Instant) {
        own.seqno = own.seqno.advanced(by: 1)
        own.bumpedAt = now
        own.bumpAt = nil
        counters.ownSeqnoBumps += 1
        outputs.append(.event(.ownSeqnoBumped(own.seqno)))
        announceOwnSubnet(now: now)
    }

    private func satisfies(_ prefix: PrefixID, _ request: SeqnoRequest) -> Bool {
        let selected = routes[prefix].selected
        guard selected.exists else { return false }
        return sources[routes[selected].source].routerID != request.routerID
            || !routes[selected].seqno.isOlder(than: request.seqno)
    }

    private mutating func passOn(
        _ request: SeqnoRequest,
        _ prefix: Prefix,
        _ id: PrefixID,
        from asker: NeighbourID,
        now: Instant
    ) {
        let link = neighbours[asker].link
        var found = requests.find(prefix, request.routerID)
        var ways = waysToPassOn(id, from: asker, now: now)
        guard !ways.isEmpty else {
            counters.seqnoRequestsDropped += 1
            return
        }
        if found.exists, !request.seqno.isNewer(than: requests[found].seqno) {
            var pending = requests[found]
            pending.addInterested(link)
            requests.set(found, pending)
            // Whom we have asked ourselves just now need not be asked again.
            ways.removeAll { !pending.mayAsk(neighbours[$0].link, now: now) }
            guard !ways.isEmpty, !pending.wasPassedOn(now: now) else {
                counters.seqnoRequestsDuplicate += 1
                return
            }
        }
        guard neighbours[asker].buckets.forwardedSeqnoRequests.take(now: now) else {
            counters.seqnoRequestsRefusedRate += 1
            return
        }
        if !found.exists {
            guard !requests.isFull else {
                counters.seqnoRequestsRefusedCeiling += 1
                reportCeiling(.seqnoRequests, now: now)
                return
            }
            found = requests.insert(
                PendingSeqnoRequest(prefix, request.routerID, request.seqno, now: now)
            )
        }
        var pending = requests[found]
        pending.addInterested(link)
        pending.renew(request.seqno, now: now)
        let way = pending.chooseWay(ways.map { neighbours[$0].link }, now: now)
        requests.set(found, pending)
        counters.seqnoRequestsForwarded += 1
        var passed = request
        passed.hopCount -= 1
        outputs.append(.transmit(way, .seqnoRequest(passed)))
    }

    /// Neighbours other than the asker with a finite route: feasible ones first, and among those the
    /// selected one and the next best, because the answer is of use only where the route is.
    private func waysToPassOn(
        _ prefix: PrefixID,
        from asker: NeighbourID,
        now: Instant
    ) -> [NeighbourID] {
        var ways: [(neighbour: NeighbourID, rank: Int)] = []
        var route = routes[prefix].firstRoute
        while route.exists {
            let neighbour = routes[route].neighbour
            let total = latestTotal(of: route)
            if neighbour.exists, neighbour != asker, !total.isInfinite {
                let isFirst = route == routes[prefix].selected
                let rank =
                    isUsable(route, now: now) ? Int(total.value) : Int(total.value) + 0x1_0000
                ways.append((neighbour, isFirst ? -1 : rank))
            }
            route = routes[route].next
        }
        return ways.sorted { ($0.rank, $0.neighbour) < ($1.rank, $1.neighbour) }.map(\.neighbour)
    }

    /// Sends the selected route to the neighbours that asked for its seqno or an older one.
    mutating func answerInterested(_ prefix: PrefixID, toldAll: Bool, now: Instant) {
        let selected = routes[prefix].selected
        guard requests.count > 0, selected.exists else { return }
        let routerID = sources[routes[selected].source].routerID
        let found = requests.find(routes[prefix].prefix, routerID)
        guard found.exists, !routes[selected].seqno.isOlder(than: requests[found].seqno) else {
            return
        }
        let interested = requests[found].interested
        if requests[found].isOwn {
            // We may have asked because of another route; whether that still helps shows when the
            // request is due to be repeated.
            var pending = requests[found]
            pending.interested = []
            requests.set(found, pending)
        } else {
            requests.remove(found)
        }
        guard !toldAll else { return }
        for link in interested {
            let neighbour = neighbours.find(link)
            if neighbour.exists { advertise(prefix, to: neighbour, now: now) }
        }
    }
}
