// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// Shortest paths by the true topology; shares nothing with the code under test.
package struct ReferenceModel {
    /// Edges out of each node: where to, at which cost.
    private var neighbours: [[(node: Int, cost: Int)]]

    /// - Parameters:
    ///   - nodeCount: Number of nodes.
    ///   - edges: The edges that carry.
    package init(nodeCount: Int, edges: [SimulatedEdge]) {
        neighbours = Array(repeating: [], count: nodeCount)
        for edge in edges {
            neighbours[edge.first].append((edge.second, Int(edge.costs.toSecond.value)))
            neighbours[edge.second].append((edge.first, Int(edge.costs.toFirst.value)))
        }
    }

    /// Cost of the shortest path from every node to one, `nil` where there is none, and its hops.
    package func shortestPaths(to destination: Int) -> [(cost: Int, hops: Int)?] {
        var result = [(cost: Int, hops: Int)?](repeating: nil, count: neighbours.count)
        result[destination] = (0, 0)
        // Bellman-Ford: as many rounds as nodes, on graphs this small nothing is faster to check.
        for _ in 0..<neighbours.count {
            var hasChanged = false
            for node in neighbours.indices {
                for (next, cost) in neighbours[node] {
                    guard let rest = result[next] else { continue }
                    let total = rest.cost + cost
                    if let known = result[node], known.cost <= total { continue }
                    result[node] = (total, rest.hops + 1)
                    hasChanged = true
                }
            }
            guard hasChanged else { break }
        }
        return result
    }
}
