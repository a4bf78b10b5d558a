// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaSimulation
import Testing

/// A node that restarts is a new source, and feasibility says nothing across two of them.
struct RestartLoopTests {
    /// The destination hangs on two nodes that know each other.
    ///
    /// It restarts; one of them meets the
    /// new source and loses it, while the other still believes in the old one.
    @Test(arguments: [(60, 50), (50, 60), (50, 50), (70, 40)])
    func neighboursNeverTradeTheOldSourceForTheNew(costs: (UInt16, UInt16)) {
        let (destination, first, second) = (0, 1, 2)
        let edges = [
            SimulatedEdge(destination, first, cost: costs.0),
            SimulatedEdge(destination, second, cost: costs.1),
            SimulatedEdge(first, second, cost: 40),
        ]
        // Both lose what they have at nearly the same time: the links carry packets for 5 ms.
        for lateness in 2380..<2420 {
            var simulator = Simulator<RoutingRouter>(
                nodeCount: 3,
                edges: edges,
                seed: UInt64(lateness) + 1,
                zone: 0
            )
            func at(_ milliseconds: Int) -> Instant { .zero + .milliseconds(milliseconds) }
            for edge in edges.indices { simulator.schedule(.restore(edge: edge), at: at(100)) }
            simulator.want(destination, at: first, from: at(1000))
            simulator.want(destination, at: second, from: at(1000))
            let restart = SimulatedFault.restart(
                node: destination,
                noticedAfter: .seconds(3),
                backAfter: .milliseconds(500)
            )
            simulator.schedule(restart, at: at(10_000))
            // Only the first node meets the new source, and loses it soon.
            let notices = [Duration.zero, .zero]
            simulator.schedule(.cut(edge: 1, noticedAfter: notices), at: at(10_501))
            let second = SimulatedFault.cut(edge: 0, noticedAfter: notices)
            simulator.schedule(second, at: at(10_600 + lateness))
            simulator.run(until: at(30_000))
            #expect(simulator.failure == nil)
            simulator.schedule(.restore(edge: 0), at: at(40_000))
            simulator.run(until: at(60_000))
            #expect(simulator.failure == nil)
            #expect(simulator.walk(from: first, to: destination).arrives)
            #expect(simulator.walk(from: 2, to: destination).arrives)
        }
    }
}
