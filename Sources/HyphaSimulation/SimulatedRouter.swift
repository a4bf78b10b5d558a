// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaRouting
package import HyphaWire

/// What the simulator needs of the thing it simulates.
package protocol SimulatedRouter: ~Copyable {
    /// A node that has just started.
    init(identity: RouterID, seed: UInt64, now: Instant)
    /// Handles one input; outputs are drained before the next.
    mutating func handle(_ input: SimulatedInput, now: Instant)
    /// The next output, `nil` when there is none.
    mutating func nextOutput() -> SimulatedOutput?
    /// When ``SimulatedInput/timer`` is wanted.
    func nextDeadline() -> Instant?
    /// How much is in the tables.
    var tableSizes: TableSizes { get }
}

/// What can happen to a simulated node.
package enum SimulatedInput {
    case linkUp(LinkID, cost: Metric)
    case linkDown(LinkID)
    case linkCost(LinkID, Metric)
    case receive(ControlTLV, from: LinkID)
    /// A packet of this host needs a route.
    case search(Prefix)
    /// A route in use is near its end.
    case refresh(Prefix)
    case timer
}

/// What a simulated node does that others notice.
package enum SimulatedOutput {
    case transmit(LinkID, ControlTLV)
    /// The next hop for a prefix has changed; `nil` = packets go nowhere.
    case route(Prefix, NextHop?)
    case searchFailed(Prefix)

    /// Where packets go, and from when on their going there asks for a refresh.
    package struct NextHop: Hashable, Sendable {
        package let link: LinkID
        package let refreshAt: Instant
    }
}

/// How much is in the tables of a node.
package struct TableSizes: Hashable, Sendable {
    package var routes = 0
    package var sources = 0
    package var queries = 0
    package var seqnoRequests = 0
    package var deferredUpdates = 0
}

/// The routing engine alone as a simulated node.
package struct RoutingRouter: SimulatedRouter, ~Copyable {
    private var engine: RoutingEngine<SplitMix64>

    package init(identity: RouterID, seed: UInt64, now: Instant) {
        engine = RoutingEngine(
            configuration: RoutingConfiguration(),
            identity: identity,
            random: SplitMix64(seed: seed),
            now: now
        )
    }

    /// Gives the router one input.
    package mutating func handle(_ input: SimulatedInput, now: Instant) {
        guard let input = Self.routingInput(input) else { return }
        engine.handle(input, now: now)
    }

    private static func routingInput(_ input: SimulatedInput) -> RoutingInput? {
        switch input {
        case .linkUp(let link, let cost): .linkUp(link, cost: cost)
        case .linkDown(let link): .linkDown(link)
        case .linkCost(let link, let cost): .linkCost(link, cost)
        case .receive(.update(let update), let link): .update(update, from: link)
        case .receive(.routeRequest(let request), let link): .routeRequest(request, from: link)
        case .receive(.seqnoRequest(let request), let link): .seqnoRequest(request, from: link)
        case .receive(.hello, _), .receive(.ihu, _): nil
        case .search(let prefix): .search(prefix, cause: nil)
        case .refresh(let prefix): .refresh(prefix)
        case .timer: .timer
        }
    }

    /// The next thing that the router wants done.
    package mutating func nextOutput() -> SimulatedOutput? {
        while let output = engine.nextOutput() {
            switch output {
            case .transmit(let link, let tlv):
                return .transmit(link, tlv)
            case .route(let prefix, .selected(let link, _, _, let refreshAt, _)):
                return .route(prefix, SimulatedOutput.NextHop(link: link, refreshAt: refreshAt))
            case .route(let prefix, .unselected), .route(let prefix, nil):
                return .route(prefix, nil)
            case .searchFailed(let prefix):
                return .searchFailed(prefix)
            case .event:
                continue
            }
        }
        return nil
    }

    /// When the router wants its timer input.
    package func nextDeadline() -> Instant? { engine.nextDeadline()?.instant }

    /// Sizes of the router's tables.
    package var tableSizes: TableSizes {
        TableSizes(
            routes: engine.routeCount,
            sources: engine.sourceCount,
            queries: engine.queryCount,
            seqnoRequests: engine.seqnoRequestCount,
            deferredUpdates: engine.deferredUpdateCount
        )
    }
}
