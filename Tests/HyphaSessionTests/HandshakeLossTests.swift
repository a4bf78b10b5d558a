// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaFakes
import HyphaSession
import Testing

/// Packets that are lost, doubled or late.
@Suite struct HandshakeLossTests {
    @Test(arguments: [SessionCarrier.datagram, .stream], [UInt8(1), 2])
    func aLostMessageIsMadeUpForByANewMessage1(_ carrier: SessionCarrier, type lost: UInt8) {
        let network = HandshakeNetwork(seed: 2)
        var left = carrier == .datagram && lost == 1 ? 2 : 1
        network.faults.drops = { packet in
            guard packet.type == lost, left > 0 else { return false }
            left -= 1
            return true
        }
        network.initiate(0, to: 1, over: carrier)
        network.run(for: .seconds(1))
        #expect(!network.agree(0, 1, over: carrier))
        network.run(for: .seconds(1))
        #expect(network.agree(0, 1, over: carrier))
        #expect(network.nodes[0].engine.counters.initiationsSent == 2)
        // The answer to the first message 1 gave way to the second's.
        #expect(network.nodes[1].installed.count == 1)
    }

    /// Packets to a node that was never met wait for a second, and then the base key is used.
    @Test(arguments: [UInt8(0x10), 0x11], 1...20)
    func oneLossEndToEndIsMadeUpForWhilePacketsWait(type: UInt8, seed: UInt64) {
        let network = HandshakeNetwork(seed: seed)
        network.faults.delay = .milliseconds(10) ... .milliseconds(200)
        var left = 1
        network.faults.drops = { packet in
            guard packet.type == type, left > 0 else { return false }
            left -= 1
            return true
        }
        network.initiate(0, to: 1, over: .endToEnd)
        network.run(for: .milliseconds(399))
        #expect(network.nodes[0].installed.isEmpty)
        network.run(for: .milliseconds(501))
        #expect(network.nodes[0].established.count == 1, "seed \(seed)")
        network.run(for: .milliseconds(200))
        #expect(network.agree(0, 1, over: .endToEnd), "seed \(seed)")
        let (a, b) = (network.nodes[0].engine.counters, network.nodes[1].engine.counters)
        #expect(a.initiationsSent == 1 && a.initiationsRepeated == 1)
        // The mathematics is done once, and the rate of initiations sees one of them.
        #expect(b.initiationsOpened == 1 && b.answered == 1 && b.rateLimited == 0)
        #expect(b.answersRepeated == (type == 0x11 ? 1 : 0))
        #expect(network.nodes[1].installed.count == 1)
    }

    /// The repetition must not take the place of what is still under way.
    @Test(arguments: [200, 300, 400, 490] as [Int64])
    func aSlowWayEndToEndLosesNothingByTheRepetition(milliseconds: Int64) {
        let network = HandshakeNetwork(seed: 9)
        network.faults.delay = .milliseconds(milliseconds) ... .milliseconds(milliseconds)
        network.initiate(0, to: 1, over: .endToEnd)
        network.run(for: .milliseconds(2 * milliseconds))
        #expect(network.nodes[0].established.count == 1)
        network.run(for: .seconds(5))
        #expect(network.agree(0, 1, over: .endToEnd))
        #expect(network.nodes[0].engine.counters.initiationsSent == 1)
        #expect(network.nodes[0].engine.counters.completed == 1)
        #expect(network.nodes[1].engine.counters.initiationsOpened == 1)
    }

    @Test func anAnswerIsRepeatedOnceAndNotAfterItsSessionIsConfirmed() throws {
        let network = HandshakeNetwork(seed: 10)
        network.faults.drops = { $0.type == 0x11 }
        network.initiate(0, to: 1, over: .endToEnd)
        network.run(for: .milliseconds(100))
        let first = try #require(network.sent.first)
        for _ in 0..<5 { network.deliver(first) }
        #expect(network.count(type: 0x11) == 2)
        #expect(network.nodes[1].engine.counters.repeated == 5)
        let other = HandshakeNetwork(seed: 11)
        other.initiate(0, to: 1, over: .endToEnd)
        other.run(for: .milliseconds(100))
        #expect(other.agree(0, 1, over: .endToEnd))
        for _ in 0..<5 { other.deliver(try #require(other.sent.first)) }
        #expect(other.count(type: 0x11) == 1)
        #expect(other.nodes[1].engine.counters.answersRepeated == 0)
    }

    @Test(arguments: [UInt8(0), 1])
    func aLostPartIsMadeUpForByANewMessage1(_ part: UInt8) {
        let network = HandshakeNetwork(seed: 3)
        var left = 1
        network.faults.drops = { packet in
            guard packet.type == 1, packet.part == part, left > 0 else { return false }
            left -= 1
            return true
        }
        network.initiate(0, to: 1)
        network.run(for: .milliseconds(900))
        #expect(network.nodes[1].meter.receives == 0)
        #expect(network.nodes[1].engine.occupancy.halfInitiations == 1)
        network.run(for: .seconds(1))
        #expect(network.agree(0, 1))
        network.run(for: .seconds(2))
        #expect(network.nodes[1].engine.occupancy.halfInitiations == 0)
        #expect(network.nodes[1].engine.counters.halvesExpired == 1)
    }

    @Test func partsMayComeInEitherOrder() {
        let network = HandshakeNetwork(seed: 4)
        var stranger = HandshakeStranger(1)
        let frames = stranger.frames(to: network.nodes[1].key, index: 9)
        for frame in frames.reversed() {
            network.give(.frame(frame, from: .datagram(network.nodes[0].address)), to: 1)
        }
        #expect(network.nodes[1].engine.counters.answered == 1)
    }

    @Test func partsOfDifferentMessagesAreNotPutTogether() {
        let network = HandshakeNetwork(seed: 5)
        var stranger = HandshakeStranger(1)
        let first = stranger.frames(to: network.nodes[1].key, index: 9)
        let second = stranger.frames(to: network.nodes[1].key, index: 10)
        let here = HandshakePath.datagram(network.nodes[0].address)
        network.give(.frame(first[0], from: here), to: 1)
        network.give(.frame(second[1], from: here), to: 1)
        network.give(.frame(first[1], from: .datagram(HandshakeNode.address(7))), to: 1)
        #expect(network.nodes[1].meter.receives == 0)
        #expect(network.nodes[1].engine.occupancy.halfInitiations == 3)
        network.give(.frame(first[1], from: here), to: 1)
        #expect(network.nodes[1].engine.counters.answered == 1)
    }

    @Test func aSilentPeerIsTriedFiveTimesIn20Seconds() {
        let network = HandshakeNetwork(seed: 6)
        var sentAt: [Instant] = []
        var messages: Set<[UInt8]> = []
        network.faults.drops = { [unowned network] packet in
            if packet.part == 0 { sentAt.append(network.now) }
            if case .frame(let bytes) = packet.content { messages.insert(bytes) }
            return true
        }
        let start = network.now
        let attempt = network.initiate(0, to: 1)
        network.run(for: .milliseconds(19_999))
        #expect(network.nodes[0].failures.isEmpty)
        network.run(for: .milliseconds(1))
        #expect(network.nodes[0].failures[attempt] == .timedOut)
        #expect(network.nodes[0].engine.occupancy.attempts == 0)
        #expect(network.nodes[0].engine.nextDeadline() == nil)
        #expect(sentAt.count == 5)
        // Nothing is ever sent twice.
        #expect(messages.count == 10)
        for (i, gap) in [1, 2, 4, 8].enumerated() where i + 1 < sentAt.count {
            let waited = sentAt[i + 1].elapsed(since: sentAt[i])
            #expect(waited >= .seconds(gap) && waited <= .milliseconds(gap * 1000 + 333))
        }
        #expect(sentAt.first == start)
    }

    @Test func duplicatesChangeNothing() {
        let network = HandshakeNetwork(seed: 7)
        network.faults.duplication = 1
        network.initiate(0, to: 1)
        network.run(for: .seconds(5))
        #expect(network.agree(0, 1))
        #expect(network.nodes[1].meter.receives == 1)
        #expect(network.nodes[0].engine.counters.unexpected == 1)
        #expect(network.nodes[0].installed.count == 1 && network.nodes[1].installed.count == 1)
        // The whole message again is known by its first bytes.
        for packet in network.sent where packet.type == 1 { network.deliver(packet) }
        #expect(network.nodes[1].engine.counters.repeated == 1)
        #expect(network.nodes[1].meter.receives == 1)
    }

    @Test func aForgedMessage2DoesNotEndAnAttempt() throws {
        let network = HandshakeNetwork(seed: 8)
        network.faults.drops = { $0.type == 2 }
        network.initiate(0, to: 1)
        network.run(for: .milliseconds(500))
        let packet = try #require(network.sent.first { $0.type == 2 })
        guard case .frame(let genuine) = packet.content else { return }
        var forged = genuine
        forged[20] ^= 1
        HandshakeStranger(1).authenticate(&forged, for: network.nodes[0].key)
        let limit = Limits.responsesPerInitiationMax
        for _ in 0..<limit - 1 { network.give(.frame(forged, from: packet.path), to: 0) }
        #expect(network.nodes[0].meter.completes == limit - 1)
        network.give(.frame(genuine, from: packet.path), to: 0)
        network.faults.drops = { _ in false }
        network.run(for: .milliseconds(100))
        #expect(network.agree(0, 1))
        #expect(network.nodes[0].engine.counters.forgedResponses == UInt64(limit - 1))
    }

    @Test func onlyTheLatestMessage1MayBeAnswered() throws {
        let network = HandshakeNetwork(seed: 11)
        network.faults.drops = { $0.type == 2 }
        network.initiate(0, to: 1)
        network.run(for: .milliseconds(2000))
        let answers = network.sent.filter { $0.type == 2 }
        try #require(answers.count == 2)
        network.deliver(answers[0])
        #expect(network.nodes[0].meter.completes == 0)
        #expect(network.nodes[0].engine.counters.unexpected == 1)
        network.deliver(answers[1])
        network.run(for: .milliseconds(100))
        #expect(network.agree(0, 1))
    }

    @Test func aForgerCannotMakeUsCalculateForEver() throws {
        let network = HandshakeNetwork(seed: 9)
        network.faults.drops = { $0.type == 2 }
        network.initiate(0, to: 1)
        network.run(for: .milliseconds(500))
        let packet = try #require(network.sent.first { $0.type == 2 })
        guard case .frame(var forged) = packet.content else { return }
        forged[20] ^= 1
        HandshakeStranger(1).authenticate(&forged, for: network.nodes[0].key)
        for _ in 0..<1000 { network.give(.frame(forged, from: packet.path), to: 0) }
        #expect(network.nodes[0].meter.completes == Limits.responsesPerInitiationMax)
        // The next message 1 is another matter.
        network.faults.drops = { _ in false }
        network.run(for: .seconds(2))
        #expect(network.agree(0, 1))
    }

    @Test func aSessionThatNobodyUsesIsForgottenAfter20Seconds() {
        let network = HandshakeNetwork(seed: 10)
        network.faults.drops = { $0.type == 4 }
        network.initiate(0, to: 1)
        network.run(for: .milliseconds(19_900))
        #expect(network.nodes[1].unconfirmed.count == 1)
        #expect(network.nodes[1].using.isEmpty)
        network.run(for: .milliseconds(200))
        #expect(network.nodes[1].installed.isEmpty)
        #expect(network.nodes[1].engine.counters.unconfirmedExpired == 1)
        #expect(network.nodes[1].engine.occupancy.unconfirmed == 0)
    }
}
