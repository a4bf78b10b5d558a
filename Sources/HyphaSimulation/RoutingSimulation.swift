// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaWire

/// Simulations of the routing engine alone; concrete, so that the compiler specialises them here.
package enum RoutingSimulation {
    /// Runs a scenario to its end.
    ///
    /// - Parameters:
    ///   - scenario: What to run.
    ///   - trace: Called with time, sender, receiver and content of every packet.
    /// - Returns: What it took.
    /// - Throws: The first property that did not hold.
    package static func run(
        _ scenario: Scenario,
        trace: ((Instant, Int, Int, ControlTLV) -> Void)? = nil
    ) throws(SimulationFailure) -> RunSummary {
        var run = ScenarioRun<RoutingRouter>(scenario, trace: trace)
        return try run.run()
    }
}
