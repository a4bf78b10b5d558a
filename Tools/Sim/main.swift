// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaSimulation
import HyphaWire

/// What was asked for on the command line.
struct Request {
    var seedCount: UInt64 = 200
    var first: UInt64 = 1
    var nodeCount: Int?
    var isTracing = false

    init?(_ arguments: some Sequence<String>) {
        var rest = Array(arguments)[...]
        while let option = rest.popFirst() {
            if option == "--trace" {
                isTracing = true
                continue
            }
            guard let text = rest.popFirst(), let value = UInt64(text) else { return nil }
            switch option {
            case "--seeds": seedCount = value
            case "--seed":
                first = value
                seedCount = 1
            case "--first": first = value
            case "--nodes" where (2...1000).contains(value): nodeCount = Int(value)
            default: return nil
            }
        }
    }
}

guard let request = Request(CommandLine.arguments.dropFirst()) else {
    print("usage: hypha-sim [--seeds N] [--first SEED | --seed SEED] [--nodes N] [--trace]")
    print("Runs N random networks (default 200) from --first on, or the one of --seed.")
    print("--trace prints every packet.")
    exit(2)
}

let trace: ((Instant, Int, Int, ControlTLV) -> Void)? =
    request.isTracing
    ? { at, from, to, tlv in print("\(Double(at.nanoseconds) / 1e9) \(from) -> \(to) \(tlv)") }
    : nil
var summaries: [RunSummary] = []
for seed in request.first..<request.first + request.seedCount {
    let scenario = Scenario(seed: seed, nodeCount: request.nodeCount)
    do {
        summaries.append(try RoutingSimulation.run(scenario, trace: trace))
    } catch {
        let nodes = request.nodeCount.map { " --nodes \($0)" } ?? ""
        print("seed \(seed) failed: \(error)")
        print("topology: \(scenario.topology), options \(scenario.options.rawValue)")
        for (at, fault) in scenario.faults {
            print("  \(Double(at.nanoseconds) / 1e9) s: \(fault)")
        }
        print("replay: hypha-sim --seed \(seed)\(nodes) --trace")
        exit(1)
    }
}

// Where packets are lost for good a route may be missing until a stale one dies of age; that would
// say nothing about the rest.
let times = summaries.filter { !$0.options.contains(.lossForGood) }
    .map(\.convergence.milliseconds).sorted()
let packets = summaries.reduce(0) { $0 + $1.packets }
let events = summaries.reduce(0) { $0 + $1.events }
print("\(summaries.count) networks, \(events) events, \(packets) packets, no property broken")
if !times.isEmpty {
    func share(_ percent: Int) -> Int64 { times[min(times.count - 1, times.count * percent / 100)] }
    print(
        "convergence ms: median \(share(50)), 90 % \(share(90)), 99 % \(share(99)), max \(share(100))"
    )
}
