// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaSession
import Testing

private let hold = SessionPolicy(sending: .hold, receiving: .anything)
private let base = SessionPolicy(sending: .base, receiving: .anything)
private let metAndHeld = SessionPolicy(sending: .hold, receiving: .handshakesOnly)

/// What is done with packets, by what is known of a node.
@Suite struct EndToEndPolicyTests {
    @Test func aMarkedNodeIsMetAndThenNothingElseIsTaken() throws {
        var bench = EndToEndBench()
        bench.aWantsB()
        #expect(bench.aTowardsB == hold)
        bench.settle()
        let index = try #require(bench.a.installed.keys.first)
        #expect(bench.aTowardsB == SessionPolicy(sending: .session(index), receiving: .anything))
        let answered = try #require(bench.b.installed.keys.first)
        let expected = SessionPolicy(sending: .session(answered), receiving: .anything)
        #expect(bench.bTowardsA == expected)
        #expect(bench.a.events.contains { $0 == .met(bench.b.key) })

        bench.pass(.milliseconds(4999))
        #expect(bench.aTowardsB?.receiving == .anything, "grace")
        bench.pass(.milliseconds(2))
        #expect(bench.aTowardsB?.receiving == .handshakesOnly)
        #expect(bench.bTowardsA?.receiving == .handshakesOnly)
    }

    @Test func aMarkedNodeThatDoesNotAnswerIsHeldForASecond() {
        var bench = EndToEndBench()
        bench.isCut = true
        bench.aWantsB()
        #expect(bench.aTowardsB == hold)
        bench.pass(.milliseconds(999), step: .milliseconds(333))
        #expect(bench.aTowardsB == hold)
        #expect(!bench.a.events.contains(.unprotected(bench.b.key)))
        bench.pass(.milliseconds(2))
        #expect(bench.aTowardsB == base)
        #expect(bench.a.events.filter { $0 == .unprotected(bench.b.key) }.count == 1)
        #expect(bench.a.engine.snapshots(now: bench.now).map(\.protection) == [.unprotected])
        // The attempt goes on, and another one after it does not hold packets again.
        bench.pass(.seconds(35))
        bench.aWantsB()
        #expect(bench.a.engine.counters.attempts == 2)
        #expect(bench.aTowardsB == base)
        bench.isCut = false
        bench.pass(.seconds(10))
        #expect(bench.a.engine.snapshots(now: bench.now).map(\.protection) == [.session])
    }

    @Test func wantOfRoomIsNoReasonForTheBaseKeyAtOnce() {
        var bench = EndToEndBench()
        bench.isCut = true
        for number in 0..<UInt64(Limits.attemptsMax) / 4 * 3 {
            let key = EndToEndBench.key(1000 + number)
            let address = IPv6Address(derivedFrom: key)
            bench.a.handle(.wanted(address, key: key, isMarked: true), now: bench.now)
        }
        bench.aWantsB()
        #expect(bench.a.engine.handshakeCounters.attemptsRefused == 1)
        #expect(bench.aTowardsB == hold)
        bench.pass(.milliseconds(999), step: .milliseconds(333))
        bench.aWantsB()
        #expect(bench.aTowardsB == hold)
        bench.pass(.milliseconds(2))
        bench.aWantsB()
        #expect(bench.aTowardsB == base)
        #expect(bench.a.engine.counters.attemptsFailed == 0)
    }

    @Test func anUnmarkedNodeIsTriedWithGrowingGaps() {
        var bench = EndToEndBench()
        bench.isCut = true
        var triedAt: [Int64] = []
        for second in 0..<900 {
            let before = bench.a.engine.counters.attempts
            bench.aWantsB(isMarked: false)
            #expect(bench.aTowardsB == base)
            if bench.a.engine.counters.attempts > before { triedAt.append(Int64(second)) }
            bench.pass(.seconds(1), step: .seconds(1))
        }
        let gaps = zip(triedAt.dropFirst(), triedAt).map { $0 - $1 }
        #expect(gaps.count == 3, "\(triedAt)")
        for (gap, least) in zip(gaps, [60, 120, 240] as [Int64]) {
            #expect(gap >= least && gap <= least * 5 / 4 + 5, "\(triedAt)")
        }
        #expect(bench.a.events.isEmpty, "nothing to tell of a base node")
        bench.isCut = false
        bench.pass(.seconds(200))
        bench.aWantsB(isMarked: false)
        bench.settle()
        #expect(bench.a.engine.snapshots(now: bench.now).map(\.protection) == [.session])
    }

    @Test func aNodeMetBeforeIsNeverSentToInTheClear() {
        var bench = EndToEndBench()
        bench.meet()
        bench.isCut = true
        // Sessions age out; the marker is cleared on the way.
        bench.pass(.seconds(400), step: .seconds(1))
        #expect(bench.aTowardsB == metAndHeld)
        #expect(bench.a.engine.sessionCount == 0)
        for _ in 0..<100 {
            bench.aWantsB(isMarked: false)
            #expect(bench.aTowardsB == metAndHeld)
            bench.pass(.seconds(1))
        }
        #expect(bench.a.events.contains(.held(bench.b.key)))
        #expect(bench.a.engine.counters.attempts > 3)
        #expect(bench.a.engine.counters.unprotected == 0)
        bench.isCut = false
        bench.pass(.seconds(60))
        bench.aWantsB(isMarked: false)
        bench.pass(.seconds(10))
        #expect(bench.a.engine.snapshots(now: bench.now).map(\.protection) == [.session])
    }

    @Test func requiredSessionsRefuseBaseBodies() {
        var bench = EndToEndBench(requiresSessions: true)
        bench.isCut = true
        bench.aWantsB(isMarked: false)
        #expect(bench.aTowardsB == metAndHeld)
        bench.pass(.seconds(21))
        #expect(bench.aTowardsB == SessionPolicy(sending: .refuse, receiving: .handshakesOnly))
        bench.isCut = false
        bench.pass(.seconds(2))
        bench.aWantsB(isMarked: false)
        bench.settle()
        #expect(bench.aTowardsB?.receiving == .handshakesOnly, "no grace either")
        #expect(bench.a.engine.snapshots(now: bench.now).map(\.protection) == [.session])
        let configuration = EndToEndConfiguration(
            handshake: HandshakeConfiguration(
                capabilities: [],
                carrierMTU: 0,
                innerMTU: 1340,
                udpPort: 0,
                tcpPort: 0
            ),
            requiresSessions: true
        )
        #expect(configuration.defaultPolicy(isMarked: false) == metAndHeld)
    }

    @Test func aSealedLinkIsTheSession() {
        var bench = EndToEndBench()
        bench.a.handle(.linkSession(bench.b.key, isUp: true), now: bench.now)
        #expect(bench.aTowardsB == SessionPolicy(sending: .direct, receiving: .anything))
        #expect(bench.a.engine.metCount == 1)
        bench.pass(.seconds(6))
        #expect(bench.aTowardsB == SessionPolicy(sending: .direct, receiving: .handshakesOnly))
        bench.aWantsB()
        #expect(bench.a.engine.counters.attempts == 0)
        bench.a.handle(.linkSession(bench.b.key, isUp: false), now: bench.now)
        #expect(bench.aTowardsB == metAndHeld)
        bench.aWantsB()
        bench.settle()
        #expect(bench.a.engine.snapshots(now: bench.now).map(\.protection) == [.session])
    }

    @Test func whatNobodyUsesIsForgotten() {
        var bench = EndToEndBench()
        bench.isCut = true
        bench.aWantsB(isMarked: false)
        bench.pass(.seconds(200), step: .seconds(1))
        #expect(bench.aTowardsB == nil)
        #expect(bench.a.engine.peerCount == 0)
        #expect(bench.a.engine.nextDeadline() == nil)
    }

    @Test func aMetNodeKeepsItsPolicyWhenItsRecordGoes() {
        var bench = EndToEndBench()
        bench.meet()
        bench.pass(.seconds(400), step: .seconds(1))
        #expect(bench.a.engine.peerCount == 0)
        #expect(bench.b.engine.peerCount == 0)
        #expect(bench.aTowardsB == metAndHeld)
        #expect(bench.bTowardsA == metAndHeld)
        #expect(bench.a.installed.isEmpty && bench.b.installed.isEmpty)
    }

    @Test func aForgottenNodeMayUseBaseBodiesAgain() {
        var bench = EndToEndBench()
        bench.meet()
        bench.a.handle(.forget(bench.b.address), now: bench.now)
        #expect(bench.a.engine.metCount == 0)
        #expect(bench.a.installed.isEmpty)
        #expect(bench.a.engine.sessionCount == 0)
        // Nothing has failed so far.
        #expect(!bench.a.events.contains(.unprotected(bench.b.key)))
        #expect(bench.aTowardsB == nil)
        bench.isCut = true
        bench.aWantsB()
        bench.pass(.seconds(2))
        #expect(bench.aTowardsB == base)
        let content = try? MetFile.decode(bench.a.file.span)
        #expect(content?.nodes == [])
        #expect(content?.recordCount == 2)
    }
}
