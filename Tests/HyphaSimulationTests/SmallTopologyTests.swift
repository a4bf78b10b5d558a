// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaRouting
import HyphaSimulation
import Testing

/// Every shape of network of up to five nodes, every single link lost and found again.
struct SmallTopologyTests {
    @Test func shapesAreCountedRight() {
        // Connected graphs up to isomorphism, OEIS A001349.
        #expect((2...5).map { Topology.connected(nodeCount: $0).count } == [1, 2, 6, 21])
    }

    @Test(arguments: 2...5) func everySingleLinkFailureHeals(nodeCount: Int) {
        for topology in Topology.connected(nodeCount: nodeCount) {
            for edge in topology.edges.indices {
                // Base nodes exchange no dumps; up to four nodes show the difference.
                for zone in [RouterID.hyphaZone, 0] where zone != 0 || nodeCount < 5 {
                    check(topology, failing: edge, zone: zone)
                }
            }
        }
    }

    private func check(_ topology: Topology, failing edge: Int, zone: UInt16) {
        let edges = topology.edges.enumerated().map { index, pair in
            SimulatedEdge(pair.first, pair.second, cost: 20 + UInt16(index) * 17)
        }
        var simulator = Simulator<RoutingRouter>(
            nodeCount: topology.nodeCount,
            edges: edges,
            seed: UInt64(edge) + 1,
            zone: zone
        )
        func seconds(_ count: Double) -> Instant { .zero + .seconds(count) }
        for index in edges.indices { simulator.schedule(.restore(edge: index), at: seconds(1)) }
        for node in 0..<topology.nodeCount {
            for destination in 0..<topology.nodeCount where destination != node {
                simulator.want(destination, at: node, from: seconds(2))
            }
        }
        let comment = "\(topology), link \(edge), zone \(zone)"
        simulator.run(until: seconds(3))
        expectRoutes(in: simulator, topology, without: nil, "at the start: " + comment)
        let notices = [Duration.milliseconds(3), .milliseconds(40)]
        simulator.schedule(.cut(edge: edge, noticedAfter: notices), at: seconds(20))
        // Two bumps of a seqno may be needed, 4 s apart.
        simulator.run(until: seconds(30))
        expectRoutes(in: simulator, topology, without: edge, "without the link: " + comment)
        simulator.schedule(.restore(edge: edge), at: seconds(40))
        simulator.run(until: seconds(60))
        expectRoutes(in: simulator, topology, without: nil, "with it again: " + comment)
        #expect(simulator.failure == nil, "\(comment)")
    }

    private func expectRoutes(
        in simulator: borrowing Simulator<RoutingRouter>,
        _ topology: Topology,
        without edge: Int?,
        _ comment: String
    ) {
        let living = simulator.edges.indices.filter { $0 != edge }.map { simulator.edges[$0] }
        let model = ReferenceModel(nodeCount: topology.nodeCount, edges: living)
        for destination in 0..<topology.nodeCount {
            let shortest = model.shortestPaths(to: destination)
            for node in shortest.indices {
                let walk = simulator.walk(from: node, to: destination)
                #expect(
                    walk.arrives == (shortest[node] != nil),
                    "\(node) to \(destination) \(comment)"
                )
                if shortest[node] == nil {
                    #expect(
                        !simulator.hasNextHop(node, to: destination),
                        "\(node) to \(destination) \(comment)"
                    )
                }
            }
        }
    }
}
