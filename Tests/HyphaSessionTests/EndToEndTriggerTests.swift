// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaSession
import Testing

/// What besides packets brings a handshake, and what may not.
@Suite struct EndToEndTriggerTests {
    private func current(_ bench: borrowing EndToEndBench) -> SessionIndex? {
        bench.a.engine.snapshots(now: bench.now).first?.session
    }

    @Test func aChangedBootRandomBringsANewHandshake() {
        var bench = EndToEndBench()
        let first = EndToEndBench.routerID(bench.b.key)
        let second = EndToEndBench.routerID(bench.b.key, boot: 2)
        bench.a.handle(.reachable(bench.b.subnet, first), now: bench.now)
        bench.meet()
        let old = current(bench)
        bench.a.handle(.reachable(bench.b.subnet, first), now: bench.now)
        #expect(bench.a.engine.counters.restarts == 0)
        // The route goes and comes back with another one, as after a restart.
        bench.a.handle(.unreachable(bench.b.subnet), now: bench.now)
        bench.a.handle(.reachable(bench.b.subnet, second), now: bench.now)
        #expect(bench.a.engine.counters.restarts == 1)
        #expect(current(bench) == old, "in use until the new one is confirmed")
        bench.settle()
        #expect(current(bench) != old)
    }

    @Test func forgedBootRandomsBringAtMostOneHandshakeASecond() {
        var bench = EndToEndBench()
        bench.a.handle(
            .reachable(bench.b.subnet, EndToEndBench.routerID(bench.b.key)),
            now: bench.now
        )
        bench.meet()
        let before = bench.a.engine.counters.attempts
        for boot in 2..<1002 as Range<UInt32> {
            let routerID = EndToEndBench.routerID(bench.b.key, boot: boot)
            bench.a.handle(.reachable(bench.b.subnet, routerID), now: bench.now)
            bench.pass(.milliseconds(5), step: .milliseconds(5))
        }
        let count = bench.a.engine.counters.attempts - before
        #expect((4...6).contains(count), "\(count) in 5 s")
    }

    @Test func tenSecondsWithoutAnAnswerBringANewHandshake() {
        var bench = EndToEndBench()
        bench.meet()
        let old = current(bench)
        guard let old else { return }
        let heardAt = bench.now
        for second in 0..<12 {
            bench.pass(.seconds(1), step: .seconds(1))
            let activity = SessionActivity(
                session: old,
                sentAt: bench.now,
                sentDataAt: bench.now,
                heardAt: heardAt,
                heardDataAt: heardAt
            )
            bench.a.handle(.activity(activity), now: bench.now)
            #expect(bench.a.engine.counters.silences == (second < 10 ? 0 : 1), "second \(second)")
        }
        bench.settle()
        #expect(current(bench) != old)
    }

    @Test func anyLifeEndsSilence() {
        var bench = EndToEndBench()
        bench.meet()
        guard let index = current(bench) else { return }
        for second in 0..<60 {
            bench.pass(.seconds(1), step: .seconds(1))
            let heardAt = second % 9 == 8 ? bench.now : nil
            let activity = SessionActivity(
                session: index,
                sentAt: bench.now,
                sentDataAt: bench.now,
                heardAt: heardAt ?? bench.now + .seconds(-Int64(second % 9 + 1)),
                heardDataAt: nil
            )
            bench.a.handle(.activity(activity), now: bench.now)
        }
        #expect(bench.a.engine.counters.silences == 0)
        #expect(bench.a.engine.counters.keepAlives == 0)
    }

    @Test func whatIsHeardIsAnsweredByAKeepAliveIfByNothingElse() {
        var bench = EndToEndBench()
        bench.meet()
        guard let index = current(bench) else { return }
        let heardAt = bench.now
        var activity = SessionActivity(session: index, heardAt: heardAt, heardDataAt: heardAt)
        bench.a.handle(.activity(activity), now: bench.now)
        bench.isCut = true
        bench.pass(.milliseconds(4999))
        #expect(bench.a.engine.counters.keepAlives == 0)
        bench.pass(.milliseconds(1))
        #expect(bench.a.engine.counters.keepAlives == 1)
        bench.pass(.seconds(20))
        #expect(bench.a.engine.counters.keepAlives == 1, "once for what was heard")
        activity.heardDataAt = bench.now
        activity.sentAt = bench.now
        bench.a.handle(.activity(activity), now: bench.now)
        bench.pass(.seconds(20))
        #expect(bench.a.engine.counters.keepAlives == 1, "something else was sent")
    }

    @Test func sessionsInUseAreRekeyedAndIdleOnesAreNot() {
        for isUsed in [true, false] {
            var bench = EndToEndBench()
            bench.meet()
            let old = current(bench)
            for _ in 0..<130 {
                bench.pass(.seconds(1), step: .seconds(1))
                guard isUsed, let index = current(bench) else { continue }
                let activity = SessionActivity(
                    session: index,
                    sentAt: bench.now,
                    sentDataAt: bench.now,
                    heardAt: bench.now,
                    heardDataAt: bench.now
                )
                bench.a.handle(.activity(activity), now: bench.now)
            }
            #expect((current(bench) != old) == isUsed)
            #expect(bench.a.engine.handshakeCounters.rekeys == (isUsed ? 1 : 0))
        }
    }

    @Test func anUnknownIndexFromANodeMetBringsOneHandshakeASecond() {
        var bench = EndToEndBench()
        bench.meet()
        // This node has restarted with nothing but its memory.
        bench.a = EndToEndNode(1, now: bench.now)
        bench.a.handle(
            .remember([MetNode(key: bench.b.key, metAtSeconds: 1, isOwn: true)]),
            now: bench.now
        )
        #expect(bench.aTowardsB == SessionPolicy(sending: .hold, receiving: .handshakesOnly))
        bench.a.handle(.unknownIndex(from: bench.b.address), now: bench.now)
        #expect(bench.a.engine.counters.unknownIndicesIgnored == 1, "no route there")
        let routerID = EndToEndBench.routerID(bench.b.key, isMarked: false)
        bench.a.handle(.reachable(bench.b.subnet, routerID), now: bench.now)
        bench.isCut = true
        bench.a.handle(.unknownIndex(from: bench.b.address), now: bench.now)
        #expect(bench.a.engine.counters.unknownIndices == 1)
        for _ in 0..<5 { bench.a.handle(.unknownIndex(from: bench.b.address), now: bench.now) }
        #expect(bench.a.engine.counters.unknownIndices == 1)
        bench.isCut = false
        bench.pass(.seconds(3))
        #expect(bench.a.engine.snapshots(now: bench.now).map(\.protection) == [.session])
        let attempts = bench.a.engine.counters.attempts
        for _ in 0..<1000 {
            bench.a.handle(.unknownIndex(from: bench.b.address), now: bench.now)
            bench.pass(.milliseconds(5), step: .milliseconds(5))
        }
        let count = bench.a.engine.counters.attempts - attempts
        #expect((4...6).contains(count), "\(count) in 5 s")
    }

    @Test func unknownIndicesOfStrangersAreIgnored() {
        var bench = EndToEndBench()
        let routerID = EndToEndBench.routerID(bench.b.key)
        bench.a.handle(.reachable(bench.b.subnet, routerID), now: bench.now)
        bench.a.handle(.unknownIndex(from: bench.b.address), now: bench.now)
        #expect(bench.a.engine.counters.attempts == 0)
        #expect(bench.a.engine.counters.unknownIndicesIgnored == 1)
        #expect(bench.a.engine.peerCount == 0)
    }

    @Test func unknownIndicesOfManyNodesAreLimitedTogether() {
        var bench = EndToEndBench()
        let count = UInt64(Limits.unaskedAttemptsBurst) + 20
        let keys = (100..<100 + count).map { EndToEndBench.key($0) }
        bench.a.handle(
            .remember(keys.map { MetNode(key: $0, metAtSeconds: 1, isOwn: false) }),
            now: bench.now
        )
        for key in keys {
            let address = IPv6Address(derivedFrom: key)
            let prefix = Prefix(subnetOf: address)
            bench.a.handle(.reachable(prefix, EndToEndBench.routerID(key)), now: bench.now)
            bench.a.handle(.unknownIndex(from: address), now: bench.now)
        }
        #expect(bench.a.engine.counters.unknownIndices == UInt64(Limits.unaskedAttemptsBurst))
        #expect(bench.a.engine.counters.unknownIndicesIgnored == 20)
    }

    @Test func bothWantingAtOnceEndsInOneSession() {
        var bench = EndToEndBench()
        bench.aWantsB()
        bench.b.handle(.wanted(bench.a.address, key: bench.a.key, isMarked: true), now: bench.now)
        bench.pass(.seconds(10))
        let a = bench.a.engine.snapshots(now: bench.now).first
        let b = bench.b.engine.snapshots(now: bench.now).first
        #expect(a?.session != nil && a?.session == b?.remoteIndex && b?.session == a?.remoteIndex)
        #expect(a?.isTrying == false && b?.isTrying == false)
    }
}
