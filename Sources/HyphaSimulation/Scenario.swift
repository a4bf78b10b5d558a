// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// One random network and what is done to it, all of it following from a seed.
///
/// Swarm style: each seed switches some kinds of fault off entirely and the others on, because
/// with everything on at once the rare courses of events drown in the common ones.
package struct Scenario: Sendable {
    package let seed: UInt64
    package let topology: Topology
    package let options: Options
    /// The zone of all router ids: Hypha nodes exchange dumps at link start, base nodes do not.
    package let zone: UInt16
    /// The links of the network.
    package private(set) var edges: [SimulatedEdge]
    /// What goes wrong and when, in order of time.
    package private(set) var faults: [(at: Instant, fault: SimulatedFault)] = []

    /// When the first fault comes and when the last one is over.
    package static let faultsFrom = Instant.zero + .seconds(20)
    package static let faultsUntil = Instant.zero + .seconds(140)

    /// The kinds of trouble.
    package struct Options: OptionSet, Hashable, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        package static let cuts = Options(rawValue: 1)
        /// Cuts are noticed late, by each end at another time.
        package static let silentCuts = Options(rawValue: 2)
        package static let partitions = Options(rawValue: 4)
        package static let restarts = Options(rawValue: 8)
        package static let costChanges = Options(rawValue: 16)
        /// Packets come late and wait for each other.
        package static let loss = Options(rawValue: 32)
        /// Packets never come.
        package static let lossForGood = Options(rawValue: 64)
        package static let longDelays = Options(rawValue: 128)
        package static let unevenCosts = Options(rawValue: 256)
        /// Traffic between all pairs from the start, not only at the end.
        package static let earlyTraffic = Options(rawValue: 512)
    }

    /// - Parameters:
    ///   - seed: What everything follows from.
    ///   - nodeCount: Fixed number of nodes, `nil` = 5 to 30 by the seed.
    package init(seed: UInt64, nodeCount: Int? = nil) {
        var random = SplitMix64(seed: seed)
        self.seed = seed
        let count = nodeCount ?? Int.random(in: 5...30, using: &random)
        var options = Options(rawValue: Int.random(in: 0..<1024, using: &random))
        // Freedom from loops across a restart rests on the delivery of retractions
        // (`Docs/decisions/0020-restarts-without-loops.md`); everything else does not.
        if options.contains(.lossForGood) { options.remove(.restarts) }
        self.options = options
        zone = Bool.random(using: &random) ? RouterID.hyphaZone : 0
        topology = Topology.random(nodeCount: count, using: &random)
        edges = []
        edges = topology.edges.map { makeEdge($0, &random) }
        makeFaults(&random)
        faults.sort { $0.at < $1.at }
    }

    private func makeEdge(_ pair: Topology.Pair, _ random: inout SplitMix64) -> SimulatedEdge {
        let delays = options.contains(.longDelays) ? 1...400 : 1...20
        var edge = SimulatedEdge(
            pair.first,
            pair.second,
            delay: .milliseconds(Int.random(in: delays, using: &random))
        )
        edge.costs = makeCosts(&random)
        if options.contains(.loss) || options.contains(.lossForGood) {
            edge.lossPermille = Int.random(in: 0...300, using: &random)
        }
        edge.losesForGood = options.contains(.lossForGood)
        return edge
    }

    private func makeCosts(_ random: inout SplitMix64) -> SimulatedEdge.Costs {
        let there = UInt16.random(in: 1...300, using: &random)
        let back =
            options.contains(.unevenCosts) ? UInt16.random(in: 1...300, using: &random) : there
        return SimulatedEdge.Costs(toSecond: Metric(there), toFirst: Metric(back))
    }

    private mutating func makeFaults(_ random: inout SplitMix64) {
        let count = Int.random(in: 1...topology.nodeCount, using: &random)
        for _ in 0..<count {
            if options.contains(.cuts) { makeCut(&random) }
            if options.contains(.restarts), Int.random(in: 0..<4, using: &random) == 0 {
                makeRestart(&random)
            }
            if options.contains(.costChanges) {
                let edge = Int.random(in: edges.indices, using: &random)
                let fault = SimulatedFault.changeCosts(edge: edge, makeCosts(&random))
                faults.append((makeInstant(&random), fault))
            }
        }
        if options.contains(.partitions) { makePartition(&random) }
    }

    private func makeInstant(_ random: inout SplitMix64) -> Instant {
        let from = Self.faultsFrom.nanoseconds
        return Instant(
            nanoseconds: Int64.random(in: from...Self.faultsUntil.nanoseconds, using: &random)
        )
    }

    private func makeNotice(_ random: inout SplitMix64) -> Duration {
        let longest = options.contains(.silentCuts) ? 50_000 : 20
        return .milliseconds(Int.random(in: 0...longest, using: &random))
    }

    private mutating func makeCut(_ random: inout SplitMix64) {
        let edge = Int.random(in: edges.indices, using: &random)
        let at = makeInstant(&random)
        let notices = [makeNotice(&random), makeNotice(&random)]
        faults.append((at, .cut(edge: edge, noticedAfter: notices)))
        guard Int.random(in: 0..<3, using: &random) > 0 else { return }
        let back = Duration.milliseconds(Int.random(in: 10...30_000, using: &random))
        faults.append((min(at + back, Self.faultsUntil), .restore(edge: edge)))
    }

    private mutating func makeRestart(_ random: inout SplitMix64) {
        let node = Int.random(in: 0..<topology.nodeCount, using: &random)
        let back = Duration.milliseconds(Int.random(in: 10...5_000, using: &random))
        let fault = SimulatedFault.restart(
            node: node,
            noticedAfter: makeNotice(&random),
            backAfter: back
        )
        faults.append((makeInstant(&random), fault))
    }

    private mutating func makePartition(_ random: inout SplitMix64) {
        let border = Int.random(in: 1..<topology.nodeCount, using: &random)
        let at = makeInstant(&random)
        let back = at + .milliseconds(Int.random(in: 10...40_000, using: &random))
        let heals = Bool.random(using: &random)
        for (index, edge) in edges.enumerated() where edge.first < border && edge.second >= border {
            let notices = [makeNotice(&random), makeNotice(&random)]
            faults.append((at, .cut(edge: index, noticedAfter: notices)))
            if heals { faults.append((min(back, Self.faultsUntil), .restore(edge: index))) }
        }
    }
}
