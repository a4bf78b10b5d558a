// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaSession
import Testing

/// Random networks: whatever is lost, doubled, late or restarted, the ends agree in the end.
@Suite struct HandshakeScheduleTests {
    /// One schedule of two to four nodes; what was wrong at the end, if anything.
    private func run(seed: UInt64) -> String? {
        var random = SplitMix64(seed: seed ^ 0x5eed)
        func chance(_ probability: Double) -> Bool {
            Double.random(in: 0..<1, using: &random) < probability
        }
        let count = Int.random(in: 2...4, using: &random)
        let network = HandshakeNetwork(
            seed: seed,
            nodes: count,
            network: chance(0.3) ? "home" : ""
        )
        let carrier = SessionCarrier.allCases[Int.random(in: 0..<3, using: &random)]
        // Each seed switches some faults off altogether.
        if chance(0.7) { network.faults.loss = Double.random(in: 0..<0.4, using: &random) }
        if chance(0.5) { network.faults.duplication = Double.random(in: 0..<0.5, using: &random) }
        if chance(0.7) {
            let slowest = Int64.random(in: 1...1500, using: &random)
            network.faults.delay = .zero ... .milliseconds(slowest)
        }
        network.startKeepAlives(every: .milliseconds(Int64.random(in: 500...3000, using: &random)))
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            let from = Int.random(in: 0..<count, using: &random)
            let to = (from + Int.random(in: 1..<count, using: &random)) % count
            switch Int.random(in: 0..<10, using: &random) {
            case 0...4:
                network.initiate(
                    from,
                    to: to,
                    over: carrier,
                    asking: carrier != .endToEnd && chance(0.3)
                )
            case 5, 6:
                for (node, peer) in [(from, to), (to, from)] {
                    let session = network.nodes[node].current(network.nodes[peer], carrier)
                    if let session { network.give(.worn(session.localIndex), to: node) }
                }
            case 7: network.restart(from)
            case 8:
                let peer = network.nodes[to].key
                network.give(.close(peer: peer, carrier), to: from)
            default:
                let old = network.sent.randomElement(using: &random)
                if let old { network.launch(old) }
            }
            network.run(for: .milliseconds(Int64.random(in: 0...20_000, using: &random)))
            if let problem = check(network) { return problem }
        }
        return settle(network, carrier, random: &random)
    }

    /// The faults end; every pair must be able to agree within two attempts, and stay so.
    private func settle(
        _ network: HandshakeNetwork,
        _ carrier: SessionCarrier,
        random: inout SplitMix64
    ) -> String? {
        network.faults.loss = 0
        network.run(for: .seconds(25))
        let from = Int.random(in: 0..<network.nodes.count, using: &random)
        let to = (from + 1) % network.nodes.count
        network.initiate(from, to: to, over: carrier)
        network.initiate(to, to: from, over: carrier)
        network.run(for: .seconds(25))
        if !network.agree(from, to, over: carrier) { return "\(from) and \(to) do not agree" }
        network.keepAlive = .seconds(10)
        network.run(for: .seconds(250))
        if !network.agree(from, to, over: carrier) { return "\(from) and \(to) lost each other" }
        if !network.open.isEmpty { return "attempts without an end" }
        return check(network)
    }

    /// What must hold at any time.
    private func check(_ network: HandshakeNetwork) -> String? {
        for node in network.nodes {
            let occupancy = node.engine.occupancy
            guard node.installed.count == occupancy.sessions else {
                return "node \(node.number): the packet path has other sessions than the engine"
            }
            guard occupancy.timers == occupancy.sessions + occupancy.attempts else {
                return "node \(node.number): a deadline is missing or left over"
            }
            guard occupancy.unconfirmed == node.unconfirmed.count else {
                return "node \(node.number): unconfirmed sessions are miscounted"
            }
            for index in node.using.values where node.installed[index] == nil {
                return "node \(node.number) sends under a session that is gone"
            }
            for peer in network.nodes {
                for carrier in SessionCarrier.allCases {
                    let current = node.engine.currentSession(of: peer.key, over: carrier)
                    guard current == node.current(peer, carrier)?.localIndex else {
                        return "node \(node.number) sends under another session than the current"
                    }
                }
            }
        }
        return nil
    }

    @Test(arguments: 0..<8)
    func endsAgreeWhateverHappened(_ part: Int) {
        for seed in UInt64(part * 150)..<UInt64(part * 150 + 150) {
            let problem = run(seed: seed)
            #expect(problem == nil, "HYPHA_SEED=\(seed)")
            if problem != nil { return }
        }
    }

    @Test func equalSeedsGiveEqualSchedules() {
        func trace() -> [String] {
            let network = HandshakeNetwork(seed: 5, nodes: 3)
            network.faults.loss = 0.3
            network.faults.delay = .zero ... .milliseconds(900)
            for from in 0..<3 { network.initiate(from, to: (from + 1) % 3) }
            network.startKeepAlives(every: .seconds(1))
            network.run(for: .seconds(200))
            return network.sent.map { "\($0.from) \($0.to) \($0.content)" }
        }
        #expect(trace() == trace())
    }
}
