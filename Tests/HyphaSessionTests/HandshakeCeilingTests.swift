// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaFakes
import HyphaSession
import HyphaWire
import Testing

/// Tables that are full, and what is kept for whom.
@Suite struct HandshakeCeilingTests {
    /// A stranger's whole handshake over a stream of its own, up to our answer.
    private func knock(
        _ network: HandshakeNetwork,
        _ number: UInt64,
        confirming: Bool = false
    ) -> SessionIndex? {
        var stranger = HandshakeStranger(number)
        let node = network.nodes[1]
        let frames = stranger.frames(to: node.key, index: UInt32(number), over: .stream)
        let path = HandshakePath.stream(LinkID(UInt32(50_000 + number)))
        let before = Set(node.installed.keys)
        network.give(.frame(frames[0], from: path), to: 1)
        let index = node.installed.keys.first { !before.contains($0) }
        if confirming, let index { network.give(.confirmed(index), to: 1) }
        network.run(for: .milliseconds(10))
        return index
    }

    private func favour(_ network: HandshakeNetwork, _ keys: [PublicKey]) {
        var configuration = HandshakeNode.configuration()
        configuration.configuredPeers = Set(keys)
        network.give(.configure(configuration), to: 1)
    }

    @Test func theOldestUnconfirmedStrangerGivesWay() throws {
        let network = HandshakeNetwork(seed: 1, capacity: HandshakeCapacity(unconfirmed: 8))
        let node = network.nodes[1]
        let favoured = HandshakeStranger(100).key
        favour(network, [favoured])
        let friend = try #require(knock(network, 100))
        let indices = try (0..<7).map { try #require(knock(network, $0)) }
        #expect(node.engine.occupancy.unconfirmed == 7)
        #expect(node.removed == [indices[0]])
        #expect(node.installed[friend] != nil)
        #expect(node.engine.counters.unconfirmedEvicted == 1)
        #expect(node.events == [.ceiling(.unconfirmed)])
        // One that was confirmed counts no more.
        network.give(.confirmed(indices[1]), to: 1)
        _ = knock(network, 20)
        #expect(node.removed == [indices[0]])
    }

    @Test func unconfirmedPeersOfOursHaveAQuarterOfTheirOwn() throws {
        let network = HandshakeNetwork(seed: 2, capacity: HandshakeCapacity(unconfirmed: 8))
        favour(network, (100..<103).map { HandshakeStranger($0).key })
        let friends = try (UInt64(100)..<103).map { try #require(knock(network, $0)) }
        #expect(network.nodes[1].removed == [friends[0]])
    }

    @Test func aQuarterOfTheSessionsIsKeptForOurPeers() throws {
        let network = HandshakeNetwork(seed: 3, capacity: HandshakeCapacity(sessions: 16))
        let node = network.nodes[1]
        let favoured = HandshakeStranger(100).key
        favour(network, [favoured])
        for number in UInt64(0)..<12 {
            let index = knock(network, number, confirming: true)
            #expect(index != nil)
        }
        #expect(knock(network, 12) == nil)
        #expect(node.engine.counters.sessionsRefused == 1)
        #expect(node.events == [.ceiling(.sessions)])
        let friend = knock(network, 100)
        #expect(friend != nil)
        network.initiate(1, to: 0)
        network.run(for: .seconds(1))
        #expect(network.agree(0, 1))
        #expect(node.engine.occupancy.sessions == 14)
        #expect(node.engine.occupancy.strangerSessions == 12)
        // It is not for ever: nobody rekeys here, and after 180 s there is room.
        network.run(for: .seconds(180))
        #expect(knock(network, 13) != nil)
    }

    @Test func unconfirmedSessionsGiveWayToWhatIsNew() throws {
        let network = HandshakeNetwork(seed: 4, capacity: HandshakeCapacity(sessions: 16))
        let node = network.nodes[1]
        for number in UInt64(0)..<11 { _ = knock(network, number, confirming: true) }
        let loose = try #require(knock(network, 11))
        #expect(knock(network, 12) != nil)
        #expect(node.removed == [loose])
        #expect(node.engine.occupancy.strangerSessions == 12)
    }

    @Test func aStrangersRekeyTakesThePlaceOfItsOwnOldSession() throws {
        let network = HandshakeNetwork(seed: 5, capacity: HandshakeCapacity(sessions: 16))
        let node = network.nodes[1]
        var stranger = HandshakeStranger(500)
        func knockAgain() throws -> SessionIndex {
            let frames = stranger.frames(to: node.key, index: 1, over: .stream)
            let before = Set(node.installed.keys)
            network.give(.frame(frames[0], from: .stream(LinkID(7))), to: 1)
            let index = try #require(node.installed.keys.first { !before.contains($0) })
            network.give(.confirmed(index), to: 1)
            network.run(for: .milliseconds(100))
            return index
        }
        let first = try knockAgain()
        _ = try knockAgain()
        for number in UInt64(0)..<10 { _ = knock(network, number, confirming: true) }
        #expect(node.removed.isEmpty)
        _ = try knockAgain()
        #expect(node.removed == [first])
        #expect(node.engine.occupancy.strangerSessions == 12)
    }

    @Test func aQuarterOfTheAttemptsIsKeptForLinksAndOurPeers() {
        let network = HandshakeNetwork(seed: 6, capacity: HandshakeCapacity(attempts: 16))
        let node = network.nodes[1]
        let favoured = HandshakeNetwork.key(3000)
        favour(network, [favoured])
        func attempt(_ number: UInt64, _ path: HandshakePath) -> HandshakeFailure? {
            let key = HandshakeNetwork.key(Int(number))
            network.give(.initiate(AttemptID(number), path, key: key), to: 1)
            return node.failures[AttemptID(number)]
        }
        for number in UInt64(1000)..<1012 {
            let path = HandshakePath.endToEnd(HandshakeNode.overlay(Int(number)))
            #expect(attempt(number, path) == nil)
        }
        #expect(attempt(1012, .endToEnd(HandshakeNode.overlay(1012))) == .ceiling)
        #expect(node.events == [.ceiling(.attempts)])
        #expect(attempt(3000, .endToEnd(HandshakeNode.overlay(3000))) == nil)
        for number in UInt64(2000)..<2003 {
            let path = HandshakePath.datagram(HandshakeNode.address(Int(number)))
            #expect(attempt(number, path) == nil)
        }
        #expect(attempt(2003, .datagram(HandshakeNode.address(2003))) == .ceiling)
        #expect(node.engine.occupancy.attempts == 16)
        #expect(node.engine.counters.attemptsRefused == 2)
        network.run(for: .seconds(21))
        #expect(node.engine.occupancy.attempts == 0)
        #expect(attempt(1013, .endToEnd(HandshakeNode.overlay(1013))) == nil)
    }

    @Test func ceilingsAreReportedOnceAMinute() {
        let network = HandshakeNetwork(seed: 7, capacity: HandshakeCapacity(attempts: 8))
        let node = network.nodes[1]
        var number: UInt64 = 100
        for _ in 0..<3 {
            for _ in 0..<50 {
                number += 1
                let path = HandshakePath.datagram(HandshakeNode.address(Int(number)))
                let key = HandshakeNetwork.key(Int(number))
                network.give(.initiate(AttemptID(number), path, key: key), to: 1)
            }
            network.run(for: .seconds(30))
        }
        #expect(node.events == [.ceiling(.attempts), .ceiling(.attempts)])
    }

    @Test func takenIndicesAreNotDrawn() {
        // A generator that repeats itself draws the same index, unless it is taken.
        func index(taken: [SessionIndex], freed: [SessionIndex] = []) -> SessionIndex? {
            let network = HandshakeNetwork(seed: 8)
            for index in taken { network.give(.taken(index), to: 0) }
            for index in freed { network.give(.free(index), to: 0) }
            network.initiate(0, to: 1)
            network.run(for: .seconds(1))
            return network.nodes[0].current(network.nodes[1], .datagram)?.localIndex
        }
        guard let first = index(taken: []) else { return }
        let next = SessionIndex(first.value &+ 1)
        #expect(index(taken: [first]) == next)
        #expect(index(taken: [first, next]) == SessionIndex(first.value &+ 2))
        #expect(index(taken: [first, next], freed: [first]) == first)
    }

    @Test func takenIndicesHaveACeiling() {
        let network = HandshakeNetwork(seed: 9)
        for value in 0...UInt32(Limits.takenIndicesMax) {
            network.give(.taken(SessionIndex(value)), to: 0)
        }
        #expect(network.nodes[0].engine.counters.takenRefused == 1)
    }

    @Test func unknownNamesAreIgnored() {
        let network = HandshakeNetwork(seed: 10)
        let unknown = SessionIndex(7)
        let inputs: [HandshakeInput] = [
            .abandon(AttemptID(7)), .confirmed(unknown), .worn(unknown), .failing(unknown),
            .forget(unknown), .free(unknown), .moved(unknown, to: .stream(LinkID(1))),
            .traffic(unknown, isIdle: false), .timer,
            .close(peer: HandshakeNetwork.key(5), .stream),
        ]
        for input in inputs { network.give(input, to: 0) }
        #expect(network.sent.isEmpty)
        #expect(network.nodes[0].removed.isEmpty)
        #expect(network.nodes[0].engine.nextDeadline() == nil)
    }

    @Test func anAbandonedAttemptIsSilent() {
        let network = HandshakeNetwork(seed: 11)
        let attempts = [network.initiate(0, to: 1), network.initiate(0, to: 1, asking: true)]
        network.give(.initiate(attempts[0], network.path(0, 1, .stream), key: nil), to: 0)
        #expect(network.nodes[0].engine.occupancy.attempts == 2)
        for attempt in attempts { network.give(.abandon(attempt), to: 0) }
        #expect(network.nodes[0].engine.nextDeadline() == nil)
        network.run(for: .seconds(30))
        #expect(network.nodes[0].installed.isEmpty)
        #expect(network.nodes[0].failures.isEmpty)
        #expect(network.nodes[0].engine.counters.unexpected == 2)
    }
}
