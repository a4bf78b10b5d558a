// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaSession
import HyphaWire
import Testing

/// What two ends of a session learn of the way between them.
///
/// All say that they take 1340 bytes.
@Suite struct EndToEndPathTests {
    /// Lets both use their session for so long.
    private func talk(_ bench: inout EndToEndBench, _ duration: Duration, both: Bool = true) {
        let end = bench.now + duration
        while bench.now < end {
            bench.pass(.seconds(2), step: .seconds(1))
            Self.note(&bench.a, now: bench.now)
            if both { Self.note(&bench.b, now: bench.now) }
        }
        bench.settle()
    }

    private static func note(_ node: inout EndToEndNode, now: Instant) {
        for snapshot in node.engine.snapshots(now: now) {
            guard let session = snapshot.session else { continue }
            var activity = SessionActivity(session: session, sentAt: now, sentDataAt: now)
            (activity.heardAt, activity.heardDataAt) = (now, now)
            node.handle(.activity(activity), now: now)
        }
    }

    private func innerMTU(_ bench: borrowing EndToEndBench) -> Int? {
        bench.a.engine.snapshots(now: bench.now).first?.innerMTU
    }

    private func met(pathMTU: UInt16 = .max) -> EndToEndBench {
        var bench = EndToEndBench()
        let routerID = EndToEndBench.routerID(bench.b.key)
        bench.a.handle(.reachable(bench.b.subnet, routerID, pathMTU: pathMTU), now: bench.now)
        bench.meet()
        return bench
    }

    // MARK: - Sizes

    @Test func trafficBringsAProbeOfTheSizeThatRoutingSays() throws {
        var bench = met(pathMTU: 1320)
        #expect(bench.a.engine.counters.pathProbes == 0)
        #expect(innerMTU(bench) == 1320)
        Self.note(&bench.a, now: bench.now)
        bench.a.advance(to: bench.now)
        let probe = try #require(bench.a.controls.first)
        #expect(probe.content.count == 1320)
        bench.settle()
        #expect(bench.b.engine.counters.pathReports == 1)
        talk(&bench, .seconds(590))
        #expect(bench.a.engine.counters.pathProbes == 1)
        talk(&bench, .seconds(20))
        #expect(bench.a.engine.counters.pathProbes == 2)
        #expect(innerMTU(bench) == 1320)
        #expect(bench.aTowardsB?.sizeLimit == .max)
    }

    @Test func aWayOfTheLeastSizeIsNotProbed() {
        var bench = met(pathMTU: 1280)
        talk(&bench, .seconds(60))
        #expect(bench.a.engine.counters.pathProbes == 0)
        #expect(innerMTU(bench) == 1280)
    }

    @Test func whatGetsLostIsNotSentAnyMoreUntilItArrivesAgain() {
        var bench = met()
        bench.greatest = 1300
        talk(&bench, .seconds(8))
        #expect(innerMTU(bench) == 1340)
        talk(&bench, .seconds(12))
        #expect(innerMTU(bench) == 1280)
        #expect(bench.aTowardsB?.sizeLimit == 1280)
        #expect(bench.a.engine.counters.pathsLimited == 1)
        bench.greatest = .max
        talk(&bench, .seconds(590))
        #expect(innerMTU(bench) == 1280)
        talk(&bench, .seconds(20))
        #expect(innerMTU(bench) == 1340)
        #expect(bench.aTowardsB?.sizeLimit == .max)
    }

    @Test func aSilentNodeSaysNothingOfSizes() {
        var bench = met()
        bench.isCut = true
        talk(&bench, .seconds(60))
        #expect(bench.a.engine.counters.pathProbes >= 10)
        #expect(innerMTU(bench) == 1340)
        #expect(bench.a.engine.counters.pathsLimited == 0)
    }

    @Test func anotherWayIsProbedAnew() {
        var bench = met()
        bench.greatest = 1300
        talk(&bench, .seconds(20))
        #expect(innerMTU(bench) == 1280)
        bench.greatest = .max
        let routerID = EndToEndBench.routerID(bench.b.key)
        bench.a.handle(.reachable(bench.b.subnet, routerID, pathMTU: 1330), now: bench.now)
        #expect(innerMTU(bench) == 1330)
        let before = bench.a.engine.counters.pathProbes
        talk(&bench, .seconds(4))
        #expect(bench.a.engine.counters.pathProbes == before + 1)
        #expect(innerMTU(bench) == 1330)
    }

    @Test func withoutTrafficNothingIsProbed() {
        var bench = met()
        bench.pass(.seconds(300), step: .seconds(1))
        #expect(bench.a.engine.counters.pathProbes == 0)
        bench = met()
        talk(&bench, .seconds(4))
        bench.pass(.seconds(1200), step: .seconds(1))
        #expect(bench.a.engine.counters.pathProbes == 1)
    }

    @Test func whatTheOtherHostTakesCounts() throws {
        var bench = met()
        let index = try #require(bench.a.engine.snapshots(now: bench.now).first?.session)
        for (said, expected) in [(1300, 1300), (0, 1280), (9000, 1340)] {
            let report = PathReport(innerMTU: UInt16(said), token: 0, receivedByteCount: 0)
            let content = SessionControl.pathReport(report).encoded()
            bench.a.handle(.control(index, content), now: bench.now)
            #expect(innerMTU(bench) == expected)
        }
        #expect(bench.a.engine.counters.pathsLimited == 0)
    }

    @Test func aReportThatNobodyAskedForProvesNothing() throws {
        var bench = met()
        bench.greatest = 100
        talk(&bench, .seconds(14))
        let index = try #require(bench.a.engine.snapshots(now: bench.now).first?.session)
        let report = PathReport(innerMTU: 1340, token: 1, receivedByteCount: 1280)
        let content = SessionControl.pathReport(report).encoded()
        bench.a.handle(.control(index, content), now: bench.now)
        #expect(innerMTU(bench) == 1340)
    }

    @Test func whatIsNoControlIsCounted() throws {
        var bench = met()
        let index = try #require(bench.a.engine.snapshots(now: bench.now).first?.session)
        bench.a.handle(.control(index, [99]), now: bench.now)
        bench.a.handle(.control(SessionIndex(0), [99]), now: bench.now)
        #expect(bench.a.engine.counters.controlMalformed == 1)
    }

    // MARK: - Endpoint candidates

    private func endpoint(_ number: UInt32, port: UInt16 = 9652) -> SocketAddress {
        SocketAddress(host: .v4(IPv4Address(bits: 0xc000_0200 + number)), port: port)
    }

    private func known(_ node: borrowing EndToEndNode, now: Instant) -> [SocketAddress] {
        node.engine.snapshots(now: now).first?.candidates ?? []
    }

    @Test func onlyWhoHasPacketsForTheOtherSaysWhereItIs() {
        var bench = met()
        bench.a.handle(.endpoints((1...6).map { endpoint($0) }), now: bench.now)
        bench.b.handle(.endpoints([endpoint(9)]), now: bench.now)
        bench.pass(.seconds(61), step: .seconds(1))
        #expect(known(bench.b, now: bench.now) == (1...4).map { endpoint($0) })
        #expect(known(bench.a, now: bench.now).isEmpty)
        bench.b.handle(.wanted(bench.a.address, key: bench.a.key, isMarked: true), now: bench.now)
        bench.b.handle(.endpoints([endpoint(10)]), now: bench.now)
        bench.pass(.seconds(61), step: .seconds(1))
        #expect(known(bench.a, now: bench.now) == [endpoint(10)])
    }

    @Test func anAnswerSaysWhereItCameFrom() {
        var bench = met()
        bench.b.handle(.endpoints([endpoint(9)]), now: bench.now)
        bench.pass(.seconds(61), step: .seconds(1))
        #expect(known(bench.a, now: bench.now).isEmpty)
        Self.note(&bench.b, now: bench.now)
        bench.pass(.seconds(1), step: .milliseconds(500))
        #expect(known(bench.a, now: bench.now) == [endpoint(9)])
    }

    /// The answer was there before the session could be used.
    @Test func anAnswerThatHadToWaitSaysItToo() {
        var bench = met()
        bench.b.handle(.endpoints([endpoint(9)]), now: bench.now)
        bench.b.handle(.wanted(bench.a.address, key: bench.a.key, isMarked: true), now: bench.now)
        bench.pass(.seconds(1), step: .milliseconds(500))
        Self.note(&bench.b, now: bench.now)
        bench.pass(.seconds(1), step: .milliseconds(500))
        #expect(known(bench.a, now: bench.now) == [endpoint(9)])
    }

    @Test func whatGoesUnderASessionIsSaidOfANodeThatToldWhereItIs() throws {
        var bench = met()
        let index = try #require(bench.b.engine.snapshots(now: bench.now).first?.session)
        var counts = SessionCounts()
        func use(_ bench: inout EndToEndBench, _ sent: UInt64, _ received: UInt64) {
            counts.sentPackets += sent
            counts.receivedPackets += received
            bench.b.handle(.activity(SessionActivity(session: index), counts), now: bench.now)
        }
        use(&bench, 5, 6)
        #expect(bench.b.carried.isEmpty)
        let content = SessionControl.candidates([endpoint(3)]).encoded()
        bench.b.handle(.control(index, content), now: bench.now)
        use(&bench, 7, 8)
        use(&bench, 0, 0)
        use(&bench, 1, 0)
        #expect(bench.b.carried.map(\.packets) == [[7, 8], [1, 0]])
        #expect(bench.b.carried.allSatisfy { $0.candidates == [endpoint(3)] })
        // Over a link to the node nothing more is said.
        bench.b.handle(.linkSession(bench.a.key, isUp: true), now: bench.now)
        use(&bench, 9, 9)
        #expect(bench.b.carried.count == 2)
    }

    @Test func candidatesAreToldOnceAMinute() {
        var bench = met()
        var told: [Instant] = []
        for round in 0..<240 {
            bench.a.handle(.endpoints([endpoint(UInt32(round))]), now: bench.now)
            bench.now = bench.now + .seconds(1)
            bench.a.advance(to: bench.now)
            let isTold = bench.a.controls.contains { $0.content.first == 8 }
            if isTold { told.append(bench.now) }
            bench.settle()
            Self.note(&bench.a, now: bench.now)
        }
        #expect((2...4).contains(told.count))
        for (one, next) in zip(told, told.dropFirst()) {
            #expect(next.elapsed(since: one) >= EndToEndTimes.candidatesTold)
        }
        #expect(bench.b.engine.counters.candidatesRefused == 0)
    }

    @Test func whoSaysMoreThanOnceAMinuteIsNotHeard() throws {
        var bench = met()
        let index = try #require(bench.b.engine.snapshots(now: bench.now).first?.session)
        for number in 1...3 as ClosedRange<UInt32> {
            let content = SessionControl.candidates([endpoint(number)]).encoded()
            bench.b.handle(.control(index, content), now: bench.now)
        }
        #expect(known(bench.b, now: bench.now) == [endpoint(1)])
        #expect(bench.b.engine.counters.candidatesRefused == 2)
    }

    @Test func onlyPublicUnicastEndpointsAreBelieved() {
        func isUsable(_ text: String) -> Bool {
            guard let endpoint = try? Endpoint(parsing: "udp://\(text)") else { return true }
            switch endpoint.host {
            case .v4(let host):
                let address = SocketAddress(host: .v4(host), port: endpoint.port)
                return EndpointCandidates.isUsable(address)
            case .v6(let host, _):
                let address = SocketAddress(host: .v6(host, scope: 0), port: endpoint.port)
                return EndpointCandidates.isUsable(address)
            case .name: return true
            }
        }
        for text in ["192.0.2.1:1", "100.63.255.255:1", "172.32.0.1:1", "[2001:db8::1]:9"] {
            #expect(isUsable(text), "\(text)")
        }
        for text in [
            "192.0.2.1:0", "0.1.2.3:1", "10.0.0.1:1", "100.64.0.1:1", "127.0.0.1:1",
            "169.254.1.1:1", "172.31.0.1:1", "192.168.1.1:1", "224.0.0.1:1", "255.255.255.255:1",
            "[::1]:1", "[::]:1", "[fe80::1]:1", "[fd00::1]:1", "[ff02::1]:1", "[400::1]:1",
            "[::ffff:10.0.0.1]:1",
        ] {
            #expect(!isUsable(text), "\(text)")
        }
    }

    // MARK: - Counts

    @Test func countsAndAgeOutliveARekey() throws {
        var bench = met()
        func count(_ sent: UInt64) -> SessionCounts {
            var counts = SessionCounts()
            (counts.sentPackets, counts.sentBytes, counts.receivedPackets) = (sent, sent * 9, 1)
            (counts.receivedBytes, counts.replayed, counts.forged) = (2, 3, 4)
            return counts
        }
        let first = try #require(bench.a.engine.snapshots(now: bench.now).first)
        let old = try #require(first.session)
        #expect(first.rekeyed == nil)
        for sent in [5, 7] as [UInt64] {
            bench.a.handle(.activity(SessionActivity(session: old), count(sent)), now: bench.now)
        }
        bench.a.handle(.worn(old), now: bench.now)
        bench.pass(.seconds(3))
        let next = try #require(bench.a.engine.snapshots(now: bench.now).first)
        let new = try #require(next.session)
        #expect(new != old)
        bench.a.handle(.activity(SessionActivity(session: new), count(10)), now: bench.now)
        let last = try #require(bench.a.engine.snapshots(now: bench.now).first)
        #expect(last.counts.sentPackets == 17 && last.counts.sentBytes == 153)
        #expect(last.counts.receivedPackets == 2 && last.counts.receivedBytes == 4)
        #expect(last.counts.replayed == 6 && last.counts.forged == 8)
        let age = try #require(last.age)
        let rekeyed = try #require(last.rekeyed)
        #expect(age >= (try #require(first.age)) + .seconds(3))
        #expect(rekeyed <= .seconds(3))
    }
}
