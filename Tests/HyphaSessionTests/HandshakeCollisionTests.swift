// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaFakes
import HyphaSession
import Testing

/// Both ends initiate.
@Suite struct HandshakeCollisionTests {
    @Test(arguments: SessionCarrier.allCases)
    func theSmallerKeysInitiationWins(_ carrier: SessionCarrier) {
        let network = HandshakeNetwork(seed: 1)
        let smaller = network.initiate(0, to: 1, over: carrier)
        let larger = network.initiate(1, to: 0, over: carrier)
        network.run(for: .milliseconds(900))
        #expect(network.agree(0, 1, over: carrier))
        #expect(network.nodes[0].established[smaller] != nil)
        #expect(network.nodes[1].failures[larger] == .superseded)
        #expect(network.nodes[1].current(network.nodes[0], carrier)?.isInitiator == false)
        #expect(network.nodes[0].meter.responds == 0)
        let told = HandshakeEvent.simultaneous(network.nodes[0].key, carrier, peerWins: true)
        #expect(network.nodes[1].events == [told])
        network.run(for: .seconds(30))
        #expect(network.nodes[0].engine.occupancy.attempts == 0)
        #expect(network.nodes[1].engine.occupancy.attempts == 0)
    }

    @Test func theLargerKeyIsAnsweredWhenTheSmallerIsNotHeard() {
        let network = HandshakeNetwork(seed: 2)
        // Nothing that begins at node 0 arrives: it must not insist on its precedence.
        network.faults.drops = { $0.from == 0 && $0.type == 1 }
        network.initiate(0, to: 1)
        network.initiate(1, to: 0)
        network.run(for: .seconds(3))
        #expect(network.agree(0, 1))
        #expect(network.nodes[0].engine.counters.yielded == 1)
    }

    @Test func aFailedWinnerIsMadeUpForByTheOther() {
        let network = HandshakeNetwork(seed: 3)
        // Node 1 answers node 0 and stands back, but its answers are lost.
        network.faults.drops = { $0.from == 1 && $0.type == 2 }
        network.initiate(0, to: 1)
        network.initiate(1, to: 0)
        network.run(for: .seconds(15))
        #expect(network.agree(0, 1))
        #expect(network.nodes[1].current(network.nodes[0], .datagram)?.isInitiator == true)
    }

    @Test(arguments: [0, 1])
    func bothMayWantToRekeyAtOnce(_ seed: UInt64) throws {
        let network = HandshakeNetwork(seed: seed)
        network.initiate(0, to: 1)
        network.run(for: .seconds(10))
        network.startKeepAlives(every: .milliseconds(100))
        let before = try #require(network.nodes[0].current(network.nodes[1], .datagram))
        network.give(.worn(before.localIndex), to: 0)
        network.give(.worn(before.remoteIndex), to: 1)
        network.run(for: .seconds(5))
        #expect(network.agree(0, 1))
        let after = try #require(network.nodes[0].current(network.nodes[1], .datagram))
        #expect(after.localIndex != before.localIndex)
        #expect(after.isInitiator && after.isRekey)
        #expect(network.nodes[0].engine.counters.completed == 2)
        #expect(network.nodes[1].engine.counters.completed == 0)
        // The old keys still receive what is under way.
        #expect(network.nodes[0].installed[before.localIndex] != nil)
        #expect(network.nodes[1].installed[before.remoteIndex] != nil)
    }

    @Test func whenBothSucceedTheSmallerKeysSessionIsCurrent() throws {
        // Every packet is held and delivered by hand.
        let network = HandshakeNetwork(seed: 4)
        network.faults.drops = { _ in true }
        func deliverLast(_ count: Int, type: UInt8, from: Int) {
            let packets = network.sent.filter { $0.type == type && $0.from == from }
            for packet in packets.suffix(count) { network.deliver(packet) }
        }
        network.initiate(0, to: 1)
        network.run(for: .milliseconds(500))
        network.initiate(1, to: 0)
        deliverLast(2, type: 1, from: 1)
        #expect(network.nodes[0].engine.counters.yielded == 1)
        network.run(for: .milliseconds(1400))
        // Both have sent a second message 1. Node 0 answers: its precedence is spent.
        deliverLast(2, type: 1, from: 1)
        deliverLast(1, type: 2, from: 0)
        #expect(network.nodes[1].engine.counters.completed == 1)
        deliverLast(2, type: 1, from: 0)
        deliverLast(1, type: 2, from: 1)
        #expect(network.nodes[0].engine.counters.completed == 1)
        // Now both sessions are confirmed.
        deliverLast(1, type: 4, from: 1)
        deliverLast(1, type: 4, from: 0)
        #expect(network.nodes[0].engine.counters.confirmed == 1)
        #expect(network.nodes[1].engine.counters.confirmed == 1)
        #expect(network.agree(0, 1))
        #expect(network.nodes[0].current(network.nodes[1], .datagram)?.isInitiator == true)
        #expect(network.nodes[0].installed.count == 2 && network.nodes[1].installed.count == 2)
    }

    @Test func crossedSessionsEndWithTheSmallerKeysAtBothEnds() {
        // Slow, uneven paths let both handshakes succeed; whatever the order, the ends agree.
        for seed in UInt64(0)..<300 {
            let network = HandshakeNetwork(seed: seed)
            network.faults.delay = .milliseconds(1) ... .milliseconds(1600)
            network.initiate(0, to: 1)
            network.run(for: .milliseconds(Int64(seed % 1500)))
            network.initiate(1, to: 0)
            network.startKeepAlives(every: .milliseconds(200))
            network.run(for: .seconds(40))
            #expect(network.agree(0, 1), "HYPHA_SEED=\(seed)")
        }
    }
}
