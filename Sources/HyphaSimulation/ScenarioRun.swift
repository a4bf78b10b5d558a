// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaWire

/// What a run took.
package struct RunSummary: Hashable, Sendable {
    /// Time from the last change until every reachable pair had its way.
    package var convergence = Duration.zero
    package var packets = 0
    package var events = 0
    package var nodes = 0
    package var options: Scenario.Options = []
}

/// Runs a scenario and checks what must hold at the end; loops are checked all the while.
package struct ScenarioRun<Router: SimulatedRouter & ~Copyable> {
    /// Time from the last change to the last notice of it, at most.
    package static var noticeMax: Duration { .seconds(55) }
    /// By this time after the last notice every reachable pair has a way, and nothing is left of
    /// unreachable destinations; a retraction lost for good leaves a route that dies of age.
    package static func bound(_ options: Scenario.Options) -> Duration {
        options.contains(.lossForGood) ? .seconds(1400) : .seconds(90)
    }

    private let scenario: Scenario
    private var simulator: Simulator<Router>

    /// - Parameters:
    ///   - scenario: What to run.
    ///   - trace: Called with every packet.
    package init(
        _ scenario: Scenario,
        trace: ((Instant, Int, Int, ControlTLV) -> Void)? = nil
    ) {
        self.scenario = scenario
        simulator = Simulator(
            nodeCount: scenario.topology.nodeCount,
            edges: scenario.edges,
            seed: scenario.seed,
            zone: scenario.zone
        )
        simulator.trace = trace
    }

    /// Runs to the end.
    ///
    /// - Returns: What it took.
    /// - Throws: The first property that did not hold.
    package mutating func run() throws(SimulationFailure) -> RunSummary {
        for edge in scenario.edges.indices {
            simulator.schedule(.restore(edge: edge), at: .zero + .milliseconds(edge * 7))
        }
        for (at, fault) in scenario.faults { simulator.schedule(fault, at: at) }
        if scenario.options.contains(.earlyTraffic) { wantEverything(from: .zero + .seconds(5)) }
        let quiet = Scenario.faultsUntil + Self.noticeMax
        try run(until: quiet)
        simulator.endLoss()
        wantEverything(from: quiet)
        try run(until: quiet)
        let convergence = try converge(from: quiet)
        // Nobody keeps on searching for what cannot be reached: the tail would be about nothing else.
        simulator.endSearches()
        try run(until: quiet + Self.bound(scenario.options))
        try checkPairs()
        try checkTables()
        return RunSummary(
            convergence: convergence,
            packets: simulator.packetCount,
            events: simulator.eventCount,
            nodes: scenario.topology.nodeCount,
            options: scenario.options
        )
    }

    private mutating func run(until end: Instant) throws(SimulationFailure) {
        simulator.run(until: end)
        if let failure = simulator.failure { throw failure }
    }

    private mutating func wantEverything(from instant: Instant) {
        for node in 0..<scenario.topology.nodeCount {
            for destination in 0..<scenario.topology.nodeCount where destination != node {
                simulator.want(destination, at: node, from: instant)
            }
        }
    }

    private var living: [SimulatedEdge] {
        simulator.edges.indices.filter { simulator.isUp(edge: $0) }.map { simulator.edges[$0] }
    }

    /// Runs on until every reachable pair has a way.
    private mutating func converge(from start: Instant) throws(SimulationFailure) -> Duration {
        while let missing = missingPair() {
            let elapsed = simulator.now.elapsed(since: start)
            // Looking at all pairs is dear, so it gets rarer as time goes by.
            let step = max(.milliseconds(100), elapsed / 16)
            guard elapsed < Self.bound(scenario.options) else {
                throw SimulationFailure(
                    at: simulator.now,
                    what: .noRoute(from: missing.from, to: missing.to)
                )
            }
            try run(until: simulator.now + step)
        }
        return simulator.now.elapsed(since: start)
    }

    private func missingPair() -> (from: Int, to: Int)? {
        let model = ReferenceModel(nodeCount: scenario.topology.nodeCount, edges: living)
        for destination in 0..<scenario.topology.nodeCount {
            let shortest = model.shortestPaths(to: destination)
            for node in shortest.indices where shortest[node] != nil {
                if !simulator.walk(from: node, to: destination).arrives {
                    return (node, destination)
                }
            }
        }
        return nil
    }

    /// Ways lead where they should and are not much too long; what cannot be reached is forgotten.
    private func checkPairs() throws(SimulationFailure) {
        let model = ReferenceModel(nodeCount: scenario.topology.nodeCount, edges: living)
        for destination in 0..<scenario.topology.nodeCount {
            let shortest = model.shortestPaths(to: destination)
            for node in shortest.indices {
                guard let best = shortest[node] else {
                    guard !simulator.hasNextHop(node, to: destination) else {
                        throw failure(.ghost(from: node, to: destination))
                    }
                    continue
                }
                let walk = simulator.walk(from: node, to: destination)
                guard walk.arrives else {
                    throw failure(.noRoute(from: node, to: destination))
                }
                guard knowsEverything else { continue }
                let hops = max(best.hops, walk.nodes.count - 1)
                guard walk.cost <= Self.costMax(best.cost, hops: hops, scenario.options) else {
                    throw failure(
                        .detour(nodes: walk.nodes, cost: walk.cost, shortest: best.cost)
                    )
                }
            }
        }
    }

    /// Base nodes tell a new link nothing, so what it could carry may stay unknown, and so may what
    /// was lost for good.
    private var knowsEverything: Bool {
        scenario.zone == RouterID.hyphaZone && !scenario.options.contains(.lossForGood)
    }

    /// How long a way may be: each hop may keep one that is 10 worse and may not have told of a
    /// change of 10, and 10 percent are not worth a newer seqno; where costs change, 25 percent are
    /// not worth telling.
    package static func costMax(_ shortest: Int, hops: Int, _ options: Scenario.Options) -> Int {
        let percent = options.contains(.costChanges) ? 160 : 110
        return shortest * percent / 100 + 20 * hops
    }

    /// No table holds more than one route a neighbour and destination, nothing pending is left over.
    private func checkTables() throws(SimulationFailure) {
        let count = scenario.topology.nodeCount
        for node in 0..<count {
            let sizes = simulator.tableSizes(of: node)
            let degree = living.count { $0.first == node || $0.second == node }
            let restarts = scenario.faults.count {
                if case .restart = $0.fault { true } else { false }
            }
            let isExplained =
                sizes.routes <= degree * (count - 1)
                && sizes.sources <= count + restarts
                && sizes.queries <= count && sizes.seqnoRequests <= count * 2
                && sizes.deferredUpdates == 0
            guard isExplained else { throw failure(.table(node: node, sizes)) }
        }
    }

    private func failure(_ what: SimulationFailure.What) -> SimulationFailure {
        SimulationFailure(at: simulator.now, what: what)
    }
}
