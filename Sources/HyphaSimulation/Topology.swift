// SPDX-License-Identifier: Apache-2.0

/// A graph on numbered nodes.
package struct Topology: Hashable, Sendable, CustomStringConvertible {
    package let nodeCount: Int
    package let edges: [Pair]

    /// Two nodes, the smaller number first.
    package struct Pair: Hashable, Sendable {
        package let first: Int
        package let second: Int
    }

    package init(nodeCount: Int, edges: [Pair]) {
        self.nodeCount = nodeCount
        self.edges = edges
    }

    /// All pairs of nodes in order.
    package static func pairs(_ nodeCount: Int) -> [Pair] {
        (0..<nodeCount).flatMap { first in
            (first + 1..<max(nodeCount, first + 1)).map { Pair(first: first, second: $0) }
        }
    }

    /// All connected graphs with so many nodes, one of each shape.
    package static func connected(nodeCount: Int) -> [Topology] {
        let pairs = pairs(nodeCount)
        let renumberings = permutations(Array(0..<nodeCount)).map { order in
            pairs.map { pair in
                let first = min(order[pair.first], order[pair.second])
                let second = max(order[pair.first], order[pair.second])
                return pairs.firstIndex(of: Pair(first: first, second: second)) ?? 0
            }
        }
        var seen: Set<Int> = []
        var result: [Topology] = []
        for mask in 0..<1 << pairs.count where mask.nonzeroBitCount >= nodeCount - 1 {
            guard !seen.contains(mask) else { continue }
            for renumbering in renumberings {
                var other = 0
                for bit in pairs.indices where mask >> bit & 1 == 1 {
                    other |= 1 << renumbering[bit]
                }
                seen.insert(other)
            }
            let chosen = pairs.indices.filter { mask >> $0 & 1 == 1 }.map { pairs[$0] }
            let topology = Topology(nodeCount: nodeCount, edges: chosen)
            if topology.isConnected { result.append(topology) }
        }
        return result
    }

    /// A random tree with some more edges.
    package static func random(
        nodeCount: Int,
        using random: inout some RandomNumberGenerator
    ) -> Topology {
        var edges: [Pair] = []
        for node in 1..<nodeCount {
            edges.append(Pair(first: Int.random(in: 0..<node, using: &random), second: node))
        }
        let extra = Int.random(in: 0...nodeCount * 3 / 2, using: &random)
        for _ in 0..<extra {
            let first = Int.random(in: 0..<nodeCount, using: &random)
            let second = Int.random(in: 0..<nodeCount, using: &random)
            let pair = Pair(first: min(first, second), second: max(first, second))
            if first != second, !edges.contains(pair) { edges.append(pair) }
        }
        return Topology(nodeCount: nodeCount, edges: edges)
    }

    private var isConnected: Bool {
        var reached: Set<Int> = [0]
        for _ in 0..<nodeCount {
            for edge in edges where reached.contains(edge.first) || reached.contains(edge.second) {
                reached.insert(edge.first)
                reached.insert(edge.second)
            }
        }
        return reached.count == nodeCount
    }

    private static func permutations(_ items: [Int]) -> [[Int]] {
        guard let first = items.first else { return [[]] }
        return permutations(Array(items.dropFirst())).flatMap { rest in
            (0...rest.count).map { place in
                Array(rest[..<place]) + [first] + Array(rest[place...])
            }
        }
    }

    package var description: String {
        edges.map { "\($0.first)-\($0.second)" }.joined(separator: " ")
    }
}
