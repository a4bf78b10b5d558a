// SPDX-License-Identifier: Apache-2.0
import Foundation
import HyphaBase
import HyphaSimulation
import Testing

/// Random networks with faults; a failure names the seed that repeats it.
struct RoutingSimulationTests {
    /// `HYPHA_SEED` runs one seed, `HYPHA_SEEDS` so many from 1 on.
    static var seeds: [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["HYPHA_SEED"].flatMap(UInt64.init) { return [seed] }
        let count = environment["HYPHA_SEEDS"].flatMap(UInt64.init) ?? 40
        return Array(1...max(1, count))
    }

    @Test func randomNetworksConvergeWithoutLoops() {
        for seed in Self.seeds {
            let scenario = Scenario(seed: seed)
            do {
                _ = try RoutingSimulation.run(scenario)
            } catch {
                Issue.record(
                    """
                    \(error)
                    HYPHA_SEED=\(seed) swift test --filter RoutingSimulationTests
                    """
                )
            }
        }
    }

    /// Seeds that once failed, each for what its comment says.
    @Test(arguments: [
        // A route kept in spite of an infeasible Update although another was better.
        53,
        // A loop across a restart of the destination.
        UInt64(29),
        // Seqno requests that gave up too early.
        762,
        // A former next hop that never heard of the route.
        1097,
        // A seqno request answered on a way that was no longer in use.
        1314,
    ])
    func oldFailuresStayFixed(seed: UInt64) throws {
        let scenario = Scenario(seed: seed)
        _ = try RoutingSimulation.run(scenario)
    }

    @Test func equalSeedsGiveEqualRuns() throws {
        let first = Scenario(seed: 11)
        let second = Scenario(seed: 11)
        let summary = try RoutingSimulation.run(first)
        #expect(try RoutingSimulation.run(second) == summary)
        #expect(summary.packets > 100)
    }
}
