// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaWire

// What time brings about; cheap when nothing is due.
extension RoutingCore {
    mutating func runTimers(now: Instant) {
        expireRoutes(now: now)
        expireSources(now: now)
        resendDueQueries(now: now)
        continueRefreshes(now: now)
        runRequestTimers(now: now)
        sendDeferredUpdates(now: now)
        endSourceHolds(now: now)
        continueDumps(now: now)
        tellCostNews(now: now)
        if let bumpAt = own.bumpAt, bumpAt <= now { bumpOwnSeqno(now: now) }
        if own.announceAt <= now { announceOwnSubnet(now: now) }
    }

    /// A selected route that dies is held as retracted for 6 s, any other is deleted silently.
    private mutating func expireRoutes(now: Instant) {
        for _ in 0..<Limits.expiriesPerTimer {
            guard let route = routes.popExpired(now: now) else { return }
            let prefix = routes[route].prefix
            if routes[prefix].selected == route {
                routes[route].set(seqno: routes[route].seqno, metric: .infinite)
                routes.setExpiry(route, now + RoutingConstants.retractedHold)
                let neighbour = routes[route].neighbour
                let cause: OutgoingUpdates.Cause =
                    neighbour.exists ? .neighbour(neighbour) : .ourselves
                reselect(prefix, cause: cause, announcesAlways: true, now: now)
            } else {
                removeRoute(route, now: now)
                if !routes[prefix].firstRoute.exists { publish(prefix) }
            }
            routes.removeIfEmpty(prefix)
        }
    }

    private mutating func expireSources(now: Instant) {
        while let (source, isUnused) = sources.expireOne(now: now) {
            guard isUnused else { continue }
            let prefix = sources[source].prefix
            sources.remove(source, from: &routes[prefix])
            routes.removeIfEmpty(prefix)
        }
    }
}
