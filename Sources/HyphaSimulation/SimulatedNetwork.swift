// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaWire

/// One simulated node: its router, and what it has told the packet path.
final class SimulatedNode<Router: SimulatedRouter & ~Copyable> {
    var router: Router
    /// Next hop by destination node, from the router's outputs.
    var nextHops: [SimulatedOutput.NextHop?]
    /// Destinations that traffic is waiting for or going to.
    var wants: [Bool]
    /// The timer event that counts; others are stale.
    var timerAt: Instant?
    var bootCount: UInt64 = 0

    init(_ router: consuming Router, nodeCount: Int) {
        self.router = router
        nextHops = Array(repeating: nil, count: nodeCount)
        wants = Array(repeating: false, count: nodeCount)
    }
}

/// A place where a link can be: two nodes, what it costs and how it carries.
package struct SimulatedEdge: Hashable, Sendable {
    package let first: Int
    package let second: Int
    /// Cost of sending to the second and to the first node.
    package var costs: Costs
    /// Time a packet takes.
    package var delay: Duration
    /// Packets of 1000 that are lost: on a stream they come later, and others wait behind them.
    package var lossPermille: Int
    /// Lost for good instead: more than a base link does to us, to see what depends on delivery.
    package var losesForGood = false

    /// The two directions.
    package struct Costs: Hashable, Sendable {
        package var toSecond: Metric
        package var toFirst: Metric

        package init(toSecond: Metric, toFirst: Metric) {
            self.toSecond = toSecond
            self.toFirst = toFirst
        }
    }

    package init(_ first: Int, _ second: Int, cost: UInt16 = 10, delay: Duration = .milliseconds(5))
    {
        self.first = first
        self.second = second
        costs = Costs(toSecond: Metric(cost), toFirst: Metric(cost))
        self.delay = delay
        lossPermille = 0
    }

    /// The node at one end.
    package func node(_ end: Int) -> Int { end == 0 ? first : second }
    /// The cost of sending from one end to the other.
    package func cost(from end: Int) -> Metric { end == 0 ? costs.toSecond : costs.toFirst }
}

/// One connection over an edge, from its establishment to its end; its two link ids are its own.
struct SimulatedConnection {
    let edge: Int
    /// Whether packets still arrive.
    var isAlive = true
    /// Whether each end still believes in it.
    var isKnown = [true, true]
    /// Arrival of the last packet towards each end: a stream keeps its order.
    var lastArrival = [Instant.zero, Instant.zero]

    static func link(_ connection: Int, end: Int) -> LinkID {
        LinkID(UInt32(connection * 2 + end + 1))
    }
    static func connection(of link: LinkID) -> (index: Int, end: Int) {
        let number = Int(link.value) - 1
        return (number / 2, number % 2)
    }
}

/// What is done to the network.
package enum SimulatedFault: Hashable, Sendable {
    /// The edge stops carrying; each end notices after its own time.
    case cut(edge: Int, noticedAfter: [Duration])
    /// A new connection over an edge that carries nothing.
    case restore(edge: Int)
    /// The node forgets everything and comes back with another boot random; neighbours notice
    /// after the first time, and connect again after the second.
    case restart(node: Int, noticedAfter: Duration, backAfter: Duration)
    case changeCosts(edge: Int, SimulatedEdge.Costs)
}

/// What went wrong in a simulation.
package struct SimulationFailure: Error, Hashable, CustomStringConvertible, Sendable {
    package let at: Instant
    package let what: What

    /// The properties that are checked.
    package enum What: Hashable, Sendable {
        /// Packets to a destination go round these nodes.
        case loop(destination: Int, nodes: [Int])
        /// A reachable destination has no way, this long after the last change.
        case noRoute(from: Int, to: Int)
        /// The way in use is much longer than the shortest.
        case detour(nodes: [Int], cost: Int, shortest: Int)
        /// A destination that cannot be reached still has a next hop.
        case ghost(from: Int, to: Int)
        /// A table holds more than the network can explain.
        case table(node: Int, TableSizes)
    }

    package var description: String {
        "at \(Double(at.nanoseconds) / 1e9) s: \(what)"
    }
}
