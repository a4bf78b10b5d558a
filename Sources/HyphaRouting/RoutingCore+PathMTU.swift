// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaWire

// Path MTU: the greatest inner packet that a path takes whole (`Docs/protocol/hypha.md` section 5).
//
// A route's value is what its next hop said, a smaller one of the link to it counts. A smaller value
// is news for everybody, since packets get lost until they know it; a larger one goes out with the
// next Update.
extension RoutingCore {
    /// What an Update says, as far as its sender can say it.
    func pathMTU(of update: Update, from neighbour: NeighbourID) -> UInt16 {
        guard neighbour.exists, neighbours[neighbour].isExtended, let pathMTU = update.pathMTU
        else { return RoutingConstants.basePathMTU }
        return max(pathMTU, RoutingConstants.pathMTUMin)
    }

    /// The path MTU of a route, the link to its next hop included.
    func pathMTU(through route: RouteID) -> UInt16 {
        let neighbour = routes[route].neighbour
        guard neighbour.exists else { return RoutingConstants.pathMTUMin }
        return min(routes[route].pathMTU, neighbours[neighbour].pathMTU)
    }

    /// Whether a neighbour believes in more than the path takes.
    func isPathMTUNews(_ prefix: PrefixID) -> Bool {
        let selected = routes[prefix].selected
        guard selected.exists, routes[prefix].flags.contains(.wasTold),
            pathMTU(through: selected) < routes[prefix].announcedPathMTU
        else { return false }
        let nextHop = routes[selected].neighbour
        return neighbours.ordered.contains { $0 != nextHop && neighbours[$0].isExtended }
    }

    /// The work is in proportion to the routes of this neighbour, as for a changed cost.
    mutating func setPathMTU(of neighbour: NeighbourID, _ pathMTU: UInt16, now: Instant) {
        let pathMTU = max(pathMTU, RoutingConstants.pathMTUMin)
        let old = neighbours[neighbour].pathMTU
        guard neighbours[neighbour].isExtended, pathMTU != old else { return }
        neighbours[neighbour].pathMTU = pathMTU
        var route = neighbours[neighbour].routes.first
        while route.exists {
            let current = route
            let prefix = routes[current].prefix
            route = routes.nextOfNeighbour(after: current)
            let said = routes[current].pathMTU
            guard routes[prefix].selected == current, min(said, old) != min(said, pathMTU)
            else { continue }
            publish(prefix)
            if isPathMTUNews(prefix) { trigger(prefix, cause: .neighbour(neighbour), now: now) }
        }
    }
}
