// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaSession
import Testing

/// The life of keys.
@Suite struct HandshakeRekeyTests {
    private func connected(
        seed: UInt64,
        over carrier: SessionCarrier = .datagram
    ) throws -> (HandshakeNetwork, EstablishedSession) {
        let network = HandshakeNetwork(seed: seed)
        network.initiate(0, to: 1, over: carrier)
        network.run(for: .milliseconds(100))
        network.startKeepAlives(every: .milliseconds(500))
        let session = try #require(network.nodes[0].current(network.nodes[1], carrier))
        return (network, session)
    }

    @Test(arguments: SessionCarrier.allCases)
    func theInitiatorRekeysAfter120Seconds(_ carrier: SessionCarrier) throws {
        let (network, first) = try connected(seed: 1, over: carrier)
        network.run(for: .milliseconds(119_500))
        #expect(network.nodes[0].current(network.nodes[1], carrier)?.localIndex == first.localIndex)
        network.run(for: .seconds(1))
        #expect(network.agree(0, 1, over: carrier))
        let second = try #require(network.nodes[0].current(network.nodes[1], carrier))
        #expect(second.localIndex != first.localIndex)
        #expect(second.isRekey && second.attempt == nil && second.isInitiator)
        #expect(network.nodes[1].current(network.nodes[0], carrier)?.isRekey == true)
        // The old keys live until they are 180 s old.
        network.run(for: .seconds(59))
        #expect(network.nodes[0].installed[first.localIndex] != nil)
        network.run(for: .seconds(1))
        #expect(network.nodes[0].installed[first.localIndex] == nil)
        #expect(network.nodes[1].installed[first.remoteIndex] == nil)
        #expect(network.agree(0, 1, over: carrier))
    }

    @Test func theResponderRekeysAt150SecondsOnly() throws {
        let (network, first) = try connected(seed: 2)
        network.faults.drops = { $0.from == 0 && $0.type == 1 }
        network.run(for: .milliseconds(149_500))
        #expect(network.nodes[1].engine.counters.rekeys == 0)
        #expect(network.nodes[0].engine.counters.rekeys >= 1)
        network.run(for: .seconds(8))
        #expect(network.agree(0, 1))
        let second = try #require(network.nodes[1].current(network.nodes[0], .datagram))
        #expect(second.isInitiator && second.localIndex != first.remoteIndex)
    }

    @Test func keysAreGoneAfter180Seconds() throws {
        let (network, first) = try connected(seed: 3)
        network.faults.drops = { $0.type == 1 }
        network.run(for: .milliseconds(179_800))
        #expect(network.nodes[0].installed[first.localIndex] != nil)
        network.run(for: .milliseconds(300))
        #expect(network.nodes[0].installed.isEmpty && network.nodes[1].installed.isEmpty)
        #expect(network.nodes[0].engine.counters.expired == 1)
        // No session, nothing to rekey: the driver has to begin again.
        #expect(network.nodes[0].engine.occupancy.attempts == 0)
        #expect(network.nodes[0].engine.occupancy.sessions == 0)
        #expect(network.nodes[0].engine.nextDeadline() == nil)
    }

    @Test func aFailedRekeyIsRepeatedWhileTheKeysLive() throws {
        let (network, first) = try connected(seed: 4)
        var blocked = true
        network.faults.drops = { blocked && $0.type == 1 }
        network.run(for: .seconds(143))
        #expect(
            network.nodes[0].current(network.nodes[1], .datagram)?.localIndex == first.localIndex
        )
        blocked = false
        network.run(for: .seconds(5))
        #expect(network.agree(0, 1))
        #expect(
            network.nodes[0].current(network.nodes[1], .datagram)?.localIndex != first.localIndex
        )
    }

    @Test func wornKeysAreReplacedAtOnceByEitherEnd() throws {
        for end in [0, 1] {
            let (network, first) = try connected(seed: 5)
            let index = end == 0 ? first.localIndex : first.remoteIndex
            network.give(.worn(index), to: end)
            network.give(.worn(index), to: end)
            network.run(for: .seconds(1))
            #expect(network.agree(0, 1))
            #expect(network.nodes[end].engine.counters.rekeys == 1)
            let second = try #require(network.nodes[0].current(network.nodes[1], .datagram))
            #expect(second.isInitiator == (end == 0))
            // A session that is not current any more has nothing to rekey.
            network.give(.worn(index), to: end)
            #expect(network.nodes[end].engine.counters.rekeys == 1)
        }
    }

    @Test func idleSessionsAreLeftToExpire() throws {
        let (network, first) = try connected(seed: 6, over: .endToEnd)
        network.give(.traffic(first.localIndex, isIdle: true), to: 0)
        network.give(.traffic(first.remoteIndex, isIdle: true), to: 1)
        network.run(for: .seconds(160))
        #expect(network.nodes[0].engine.counters.rekeys == 0)
        #expect(network.nodes[1].engine.counters.rekeys == 0)
        network.give(.traffic(first.localIndex, isIdle: false), to: 0)
        network.run(for: .seconds(1))
        #expect(network.nodes[0].engine.counters.rekeys == 1)
        #expect(network.agree(0, 1, over: .endToEnd))
    }

    @Test func anotherAttemptMakesARekeyUnderWayNeedless() throws {
        let (network, first) = try connected(seed: 11)
        network.faults.drops = { $0.type == 1 }
        network.give(.worn(first.localIndex), to: 0)
        network.faults.drops = { _ in false }
        let attempt = network.initiate(0, to: 1)
        network.run(for: .milliseconds(500))
        #expect(network.nodes[0].established[attempt] != nil)
        #expect(network.nodes[0].engine.occupancy.attempts == 0)
        network.run(for: .seconds(10))
        #expect(network.nodes[0].engine.counters.completed == 2)
    }

    @Test func aRekeyFollowsAPeerThatMoved() throws {
        let (network, first) = try connected(seed: 7)
        let path = HandshakePath.datagram(HandshakeNode.address(5))
        network.give(.moved(first.localIndex, to: path), to: 0)
        network.give(.moved(first.localIndex, to: .stream(LinkID(1))), to: 0)
        network.give(.worn(first.localIndex), to: 0)
        #expect(network.nodes[0].engine.occupancy.attempts == 1)
        #expect(network.nodes[0].engine.counters.initiationsSent == 2)
        network.run(for: .seconds(1))
        #expect(network.nodes[0].engine.counters.completed == 1)
    }

    @Test func aFailingSessionIsGivenUp() throws {
        let (network, first) = try connected(seed: 8)
        network.give(.failing(first.localIndex), to: 0)
        #expect(network.nodes[0].installed.isEmpty && network.nodes[0].using.isEmpty)
        #expect(network.nodes[0].engine.counters.failing == 1)
        network.give(.failing(first.localIndex), to: 0)
        #expect(network.nodes[0].removed == [first.localIndex])
    }

    @Test func closingForgetsAllSessionsOfAPeerOverACarrier() throws {
        let (network, first) = try connected(seed: 9)
        network.initiate(0, to: 1, over: .stream)
        network.give(.worn(first.localIndex), to: 0)
        network.run(for: .seconds(1))
        network.give(
            .worn(try #require(network.nodes[0].current(network.nodes[1], .datagram)).localIndex),
            to: 0
        )
        #expect(network.nodes[0].engine.occupancy.attempts == 1)
        network.give(.close(peer: network.nodes[1].key, .datagram), to: 0)
        #expect(network.nodes[0].engine.occupancy.attempts == 0)
        #expect(network.nodes[0].current(network.nodes[1], .datagram) == nil)
        #expect(network.nodes[0].installed.count == 1)
        #expect(network.agree(0, 1, over: .stream))
        network.give(.close(peer: network.nodes[1].key, .datagram), to: 0)
        let stream = try #require(network.nodes[0].current(network.nodes[1], .stream))
        network.give(.forget(stream.localIndex), to: 0)
        #expect(network.nodes[0].installed.isEmpty)
        #expect(network.nodes[0].engine.nextDeadline() == nil)
    }

    /// As when a stream beside the one in use is given up: the peer sends under the first keys until
    /// it has received under the third.
    @Test func keysInUseOutliveTheNewerOnesThatWereForgotten() throws {
        let (network, first) = try connected(seed: 11)
        network.initiate(0, to: 1)
        network.run(for: .seconds(1))
        let second = try #require(network.nodes[0].current(network.nodes[1], .datagram))
        #expect(second.localIndex != first.localIndex)
        network.give(.forget(second.localIndex), to: 0)
        network.initiate(0, to: 1)
        network.run(for: .seconds(1))
        let third = try #require(network.nodes[0].current(network.nodes[1], .datagram))
        #expect(third.localIndex != second.localIndex)
        #expect(network.nodes[0].installed[first.localIndex] != nil)
        #expect(network.agree(0, 1))
    }

    @Test func aRestartedPeerGetsANewSession() throws {
        for end in [0, 1] {
            let (network, first) = try connected(seed: 10)
            network.run(for: .seconds(20))
            network.restart(end)
            network.initiate(end, to: 1 - end)
            network.run(for: .seconds(1))
            #expect(network.agree(0, 1))
            let session = try #require(
                network.nodes[1 - end].current(network.nodes[end], .datagram)
            )
            #expect(session.isRekey && !session.isInitiator)
            #expect(network.nodes[end].current(network.nodes[1 - end], .datagram)?.isRekey == false)
            let old = end == 0 ? first.remoteIndex : first.localIndex
            #expect(network.nodes[1 - end].installed[old] != nil)
        }
    }
}
