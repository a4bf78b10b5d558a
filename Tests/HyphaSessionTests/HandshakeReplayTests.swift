// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaFakes
import HyphaSession
import HyphaWire
import Testing

/// Recorded initiations, and the timestamps that tell them from new ones.
@Suite struct HandshakeReplayTests {
    private func initiations(_ network: HandshakeNetwork) -> [HandshakePacket] {
        network.sent.filter { $0.type == 1 || $0.type == 0x10 }
    }

    /// The timestamp in a message 1 of the fake cryptography.
    private func timestamp(_ packet: HandshakePacket) throws -> TAI64N {
        guard case .frame(let bytes) = packet.content else {
            throw WireError.messageFlags(found: 0)
        }
        return try LinkPayload1.decode(bytes.span.extracting(8 + 64..<8 + 84)).timestamp
    }

    @Test(arguments: SessionCarrier.allCases)
    func replayedInitiationsChangeNothing(_ carrier: SessionCarrier) throws {
        let network = HandshakeNetwork(seed: 1)
        for _ in 0..<3 {
            network.initiate(0, to: 1, over: carrier)
            network.run(for: .seconds(3))
        }
        let recorded = initiations(network)
        let node = network.nodes[1]
        let before = node.engine.occupancy
        let current = try #require(node.current(network.nodes[0], carrier)).localIndex
        let answered = node.engine.counters.answered
        // More than eight others come in between, so that the first bytes are forgotten.
        network.run(for: .seconds(3))
        for packet in recorded.reversed() + recorded { network.deliver(packet) }
        network.run(for: .seconds(3))
        #expect(node.engine.counters.answered == answered)
        #expect(node.engine.counters.repeated == 6)
        #expect(node.engine.occupancy == before)
        #expect(node.current(network.nodes[0], carrier)?.localIndex == current)
        #expect(network.agree(0, 1, over: carrier))
    }

    @Test func replaysFromElsewhereAreToldByTheirTimestamp() {
        let network = HandshakeNetwork(seed: 2)
        network.initiate(0, to: 1)
        network.run(for: .seconds(1))
        let answered = network.nodes[1].engine.counters.answered
        for packet in initiations(network) {
            guard case .frame(let bytes) = packet.content else { continue }
            let elsewhere = HandshakePath.datagram(HandshakeNode.address(90))
            network.give(.frame(bytes, from: elsewhere), to: 1)
        }
        #expect(network.nodes[1].engine.counters.replayed == 1)
        #expect(network.nodes[1].engine.counters.answered == answered)
    }

    @Test func aReplayToANodeThatForgotTheTimestampIsHarmless() throws {
        // Eight timestamps are kept, and nine strangers come after node 0.
        let network = HandshakeNetwork(seed: 3, capacity: HandshakeCapacity(timestamps: 8))
        network.initiate(0, to: 1)
        network.run(for: .seconds(1))
        network.startKeepAlives(every: .seconds(1))
        let node = network.nodes[1]
        for number in UInt64(0)..<9 {
            var stranger = HandshakeStranger(number)
            let path = HandshakePath.datagram(HandshakeNode.address(60 + Int(number)))
            for frame in stranger.frames(to: node.key, index: 1) {
                network.give(.frame(frame, from: path), to: 1)
            }
        }
        #expect(node.engine.occupancy.timestamps == 8)
        let current = try #require(node.current(network.nodes[0], .datagram)).localIndex
        for packet in initiations(network) {
            guard case .frame(let bytes) = packet.content else { continue }
            let elsewhere = HandshakePath.datagram(HandshakeNode.address(90))
            network.give(.frame(bytes, from: elsewhere), to: 1)
        }
        // It is answered, but nobody can use the answer.
        #expect(node.engine.counters.answered == 11)
        #expect(node.current(network.nodes[0], .datagram)?.localIndex == current)
        network.run(for: .seconds(21))
        #expect(node.current(network.nodes[0], .datagram)?.localIndex == current)
        #expect(node.installed.count == 1)
        #expect(network.agree(0, 1))
    }

    @Test func aReplayDoesNotEndAnAttemptOfOurs() {
        // Node 1 forgot everything; a replay of node 0, whose key is smaller, meets its attempt.
        let network = HandshakeNetwork(seed: 4)
        network.initiate(0, to: 1)
        network.run(for: .seconds(1))
        let recorded = initiations(network)
        network.restart(0)
        network.restart(1)
        let attempt = network.initiate(1, to: 0)
        for packet in recorded { network.deliver(packet) }
        #expect(network.nodes[1].engine.counters.answered == 1)
        network.run(for: .seconds(10))
        #expect(network.agree(0, 1))
        #expect(network.nodes[1].established[attempt] != nil)
    }

    @Test func timestampsOnlyGrowWhateverTheClockDoes() throws {
        let network = HandshakeNetwork(seed: 5)
        network.faults.drops = { _ in true }
        var clocks: [UInt64] = [1_800_000_000, 1_000_000_000, 0, 2_000_000_000, 1_700_000_000]
        for _ in 0..<5 {
            let clock = clocks.removeFirst()
            network.wallClock = { TAI64N(unixSeconds: clock, nanoseconds: 5) }
            network.restart(0)
            network.initiate(0, to: 1)
            network.run(for: .seconds(5))
            let again = TAI64N(unixSeconds: clock / 2, nanoseconds: 0)
            network.give(.wallClock(again), to: 0)
            network.run(for: .seconds(5))
        }
        let stamps = try initiations(network).filter { $0.part == 0 }.map { try timestamp($0) }
        #expect(stamps.count >= 20)
        for (earlier, later) in zip(stamps, stamps.dropFirst()) { #expect(earlier < later) }
    }

    @Test func timestampsArePersistedAheadAndSeldom() throws {
        let network = HandshakeNetwork(seed: 6)
        network.faults.drops = { _ in true }
        var reservations: Set<TAI64N> = []
        for _ in 0..<10 {
            network.initiate(0, to: 1)
            network.run(for: .seconds(4))
            let persisted = try #require(network.nodes[0].persisted)
            reservations.insert(persisted)
            let last = try #require(initiations(network).last { $0.part == 0 })
            #expect(try timestamp(last) <= persisted)
        }
        #expect(reservations.count == 1)
        network.run(for: .seconds(30))
        network.initiate(0, to: 1)
        #expect(
            try #require(network.nodes[0].persisted) > reservations.max()
                ?? .init(seconds: 0, nanoseconds: 0)
        )
    }
}
