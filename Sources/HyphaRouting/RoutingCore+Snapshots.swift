// SPDX-License-Identifier: Apache-2.0
import HyphaBase

// What status shows; no side effects, and in proportion to the table, so not for the packet path.
extension RoutingCore {
    /// What the packet path was told about exactly this prefix, `nil` when nothing is known.
    func routeState(of prefix: Prefix) -> RouteState? {
        let id = routes.find(prefix)
        return id.exists ? state(of: id) : nil
    }

    /// Prefixes being searched for, by prefix.
    func querySnapshots(now: Instant) -> [QuerySnapshot] {
        queries.prefixes.compactMap { prefix in
            guard let query = queries[prefix], !query.isAnswered else { return nil }
            return QuerySnapshot(
                prefix: routes[prefix].prefix,
                isOwn: query.isOwn,
                remaining: query.until.elapsed(since: now)
            )
        }
        .sorted { $0.prefix < $1.prefix }
    }

    /// All routes, by prefix and total metric.
    func snapshots(now: Instant) -> [RouteSnapshot] {
        var result: [RouteSnapshot] = []
        result.reserveCapacity(routes.routeCount)
        for place in 0..<routes.placeCount {
            let prefix = PrefixID(UInt32(place))
            guard routes[prefix].flags.contains(.isLive) else { continue }
            var route = routes[prefix].firstRoute
            while route.exists {
                result.append(snapshot(route, now: now))
                route = routes[route].next
            }
        }
        return result.sorted { left, right in
            left.prefix == right.prefix
                ? left.totalMetric < right.totalMetric : left.prefix < right.prefix
        }
    }

    private func snapshot(_ index: RouteID, now: Instant) -> RouteSnapshot {
        let route = routes[index]
        let entry = routes[route.prefix]
        return RouteSnapshot(
            prefix: entry.prefix,
            link: route.neighbour.exists ? neighbours[route.neighbour].link : nil,
            metric: route.metric,
            totalMetric: totalMetric(of: index),
            seqno: route.seqno,
            routerID: sources[route.source].routerID,
            isSelected: entry.selected == index,
            isFeasible: sources.isFeasible(route.source, seqno: route.seqno, metric: route.metric),
            remaining: route.expiry.elapsed(since: now),
            pathMTU: pathMTU(through: index)
        )
    }
}
