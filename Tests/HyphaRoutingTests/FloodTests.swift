// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaRouting
import HyphaWire
import Testing

/// One incoming flood never becomes an outgoing one: each ceiling with its counter.
struct FloodTests {
    private func configuration(
        _ change: (inout RoutingConfiguration) -> Void
    ) -> RoutingConfiguration {
        var configuration = RoutingConfiguration()
        change(&configuration)
        return configuration
    }

    // MARK: - Updates

    @Test func newPrefixesOfOneNeighbourCostTokens() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        for number in 0..<2148 { bench.update(Peer(UInt64(5000 + number)), 10, from: b) }
        #expect(bench.engine.routeCount == Limits.newPrefixesBurst)
        #expect(bench.engine.counters.prefixesRefusedRate == 100)
        bench.update(Peer(2), 10, from: c)
        #expect(bench.nextHop(of: Peer(2).subnet) == c, "another neighbour is not affected")
        bench.handle(.search(Peer(3).subnet, cause: nil))
        bench.update(Peer(3), 10, from: b)
        #expect(bench.nextHop(of: Peer(3).subnet) == b, "what was asked for costs nothing")
        bench.pass(.seconds(1))
        for number in 0..<200 { bench.update(Peer(UInt64(9000 + number)), 10, from: b) }
        #expect(bench.engine.routeCount == Limits.newPrefixesBurst + 2 + 128)
    }

    @Test func triggeredUpdatesOfOneNeighbourArePacedAndNoneIsLost() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        for number in 0..<712 { bench.update(Peer(UInt64(5000 + number)), 10, from: b) }
        #expect(bench.takeUpdates(c).count == Limits.triggeredUpdatesBurst)
        #expect(bench.engine.deferredUpdateCount == 200)
        #expect(bench.engine.counters.updatesDeferred == 200)
        bench.update(Peer(2), 10, from: c)
        #expect(bench.takeUpdates(b).count == 1, "another neighbour is not affected")
        bench.pass(.milliseconds(500))
        #expect((99...101).contains(bench.takeUpdates(c).count))
        // What is sent is the state of then.
        bench.update(Peer(5711), .infinite, from: b)
        bench.update(Peer(5710), 20, from: b)
        bench.pass(.milliseconds(600))
        let rest = bench.takeUpdates(c)
        #expect(bench.engine.deferredUpdateCount == 0)
        #expect(rest.contains { $0.prefix == .ipv6(Peer(5710).subnet) && $0.metric == 30 })
        #expect(!rest.contains { $0.prefix == .ipv6(Peer(5711).subnet) }, "nobody was told of it")
        #expect(bench.engine.counters.updatesCoalesced >= 1)
    }

    @Test func answersToSearchesAreNotDelayedByAFlood() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        for number in 0..<712 { bench.update(Peer(UInt64(5000 + number)), 10, from: b) }
        bench.request(Peer(2).subnet, from: c)
        bench.settle()
        bench.update(Peer(2), 10, from: b)
        #expect(bench.takeUpdates(c).map(\.prefix) == [.ipv6(Peer(2).subnet)])
    }

    @Test func aFlappingRouteIsToldFourTimesASecond() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let peer = Peer(2)
        for _ in 0..<1000 {
            bench.update(peer, 10, from: b)
            bench.pass(.milliseconds(7))
            bench.update(peer, .infinite, from: b)
            bench.pass(.milliseconds(4))
        }
        let told = bench.takeUpdates(c)
        #expect((20...56).contains(told.count), "8 at once and 4 a second for 11 s: \(told.count)")
        bench.pass(.seconds(1))
        #expect((told + bench.takeUpdates(c)).last?.metric == .infinite, "the last word counts")
        bench.update(peer, 10, from: b)
        bench.pass(.seconds(1))
        #expect(bench.takeUpdates(c).last?.metric == 20)
    }

    @Test func aLinkThatGoesWithManyRoutesIsPacedAtItsOwnExpense() {
        let bench = Bench()
        let (b, c, d) = (bench.link(), bench.link(), bench.link())
        for number in 0..<1500 { bench.update(Peer(UInt64(5000 + number)), 10, from: b) }
        bench.pass(.seconds(10))
        bench.update(Peer(2), 10, from: c)
        bench.settle()
        bench.handle(.linkDown(b))
        #expect(bench.takeUpdates(d).count == Limits.triggeredUpdatesBurst)
        bench.handle(.linkDown(c))
        #expect(bench.takeUpdates(d).map(\.prefix) == [.ipv6(Peer(2).subnet)])
        bench.pass(.seconds(5))
        #expect(bench.takeUpdates(d).count == 1500 - Limits.triggeredUpdatesBurst, "none is lost")
    }

    @Test func routesStopAtTheCeilingOfTheTable() {
        let bench = Bench(configuration { $0.routesMax = 100 })
        let (b, c) = (bench.link(), bench.link())
        for number in 0..<60 { bench.update(Peer(UInt64(5000 + number)), 10, from: b) }
        #expect(bench.engine.routeCount == 50, "one neighbour has half of it")
        #expect(bench.engine.counters.routesRefusedNeighbourShare == 10)
        for number in 0..<60 { bench.update(Peer(UInt64(6000 + number)), 10, from: c) }
        #expect(bench.engine.routeCount == 75, "a quarter is kept")
        #expect(bench.engine.counters.routesRefusedCeiling == 35)
        let events = bench.takeNews().filter { if case .event = $0 { true } else { false } }
        #expect(
            events == [
                .event(.ceilingReached(.routesOfOneNeighbour)), .event(.ceilingReached(.routes)),
            ],
            "once a minute each"
        )
    }

    @Test func whatWasAskedForTakesTheQuarterAndThenThePlaceOfTheIdle() {
        let bench = Bench(configuration { $0.routesMax = 100 })
        let (b, c) = (bench.link(), bench.link())
        for number in 0..<50 { bench.update(Peer(UInt64(5000 + number)), 10, from: b) }
        for number in 0..<50 { bench.update(Peer(UInt64(6000 + number)), 10, from: c) }
        for number in 0..<30 {
            bench.handle(.search(Peer(UInt64(7000 + number)).subnet, cause: nil))
            bench.update(Peer(UInt64(7000 + number)), 10, from: c)
        }
        #expect(bench.engine.routeCount == 80 + 20, "the share of one neighbour holds for these")
        #expect(bench.engine.counters.prefixesEvicted == 0)
        let d = bench.link()
        for number in 0..<5 {
            bench.handle(.search(Peer(UInt64(8000 + number)).subnet, cause: nil))
            bench.update(Peer(UInt64(8000 + number)), 10, from: d)
        }
        #expect(bench.engine.routeCount == 100)
        #expect(bench.engine.counters.prefixesEvicted == 5)
        #expect(bench.nextHop(of: Peer(5000).subnet) == nil, "the longest idle goes first")
        #expect(bench.nextHop(of: Peer(8004).subnet) == d)
    }

    @Test func theIdleGiveWayAfterThreeMinutes() {
        let bench = Bench(configuration { $0.routesMax = 100 })
        let (b, c) = (bench.link(), bench.link())
        for number in 0..<50 { bench.update(Peer(UInt64(5000 + number)), 10, from: b) }
        for number in 0..<25 { bench.update(Peer(UInt64(6000 + number)), 10, from: c) }
        bench.update(Peer(2), 10, from: c)
        #expect(bench.nextHop(of: Peer(2).subnet) == nil)
        bench.pass(.seconds(180))
        bench.update(Peer(2), 10, from: c)
        #expect(bench.nextHop(of: Peer(2).subnet) == c)
        #expect(bench.engine.routeCount == 75)
    }

    @Test func configuredPeersMayUseTheKeptQuarter() {
        let bench = Bench(configuration { $0.routesMax = 100 })
        let (b, c) = (bench.link(), bench.link(isConfigured: true))
        for number in 0..<50 { bench.update(Peer(UInt64(5000 + number)), 10, from: b) }
        for number in 0..<50 { bench.update(Peer(UInt64(6000 + number)), 10, from: c) }
        #expect(bench.engine.routeCount == 100)
    }

    @Test func sourcesStopAtTheirCeilingAndForgetTheIdleFirst() {
        let bench = Bench(configuration { $0.sourcesMax = 10 })
        let (b, c) = (bench.link(), bench.link())
        for number in 0..<10 { bench.update(Peer(UInt64(5000 + number)), 10, from: b) }
        bench.update(Peer(2), 10, from: b)
        #expect(bench.engine.counters.routesRefusedSources == 1)
        bench.update(Peer(5003), .infinite, from: b)
        bench.pass(.seconds(7))
        #expect(bench.engine.sourceCount == 10, "its feasibility distance is remembered")
        bench.update(Peer(2), 10, from: b)
        #expect(bench.nextHop(of: Peer(2).subnet) == b)
        #expect(bench.engine.counters.sourcesEvicted == 1)
        #expect(bench.engine.sourceCount == 10)
        _ = c
    }

    @Test func sourcesAreForgottenAfterHalfAnHour() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        bench.update(Peer(2), 10, from: b)
        #expect(bench.takeUpdates(c).count == 1)
        bench.update(Peer(2), .infinite, from: b)
        bench.pass(.seconds(10))
        #expect(bench.engine.sourceCount == 1)
        bench.pass(.seconds(1797))
        #expect(bench.engine.sourceCount == 0)
        #expect(bench.engine.routeCount == 0)
    }

    // MARK: - Requests

    @Test func forwardedRouteRequestsArePacedByAsker() {
        let bench = Bench()
        let (b, c, d) = (bench.link(), bench.link(), bench.link())
        for number in 0..<300 { bench.request(Peer(UInt64(5000 + number)).subnet, from: b) }
        #expect(bench.takeRouteRequests(c).count == Limits.forwardedRequestsBurst)
        #expect(bench.engine.counters.routeRequestsRefusedRate == 172)
        bench.request(Peer(2).subnet, from: d)
        #expect(bench.takeRouteRequests(c).count == 1)
    }

    @Test func theQueryTableKeepsAQuarterForOurOwn() {
        let bench = Bench(configuration { $0.queriesMax = 8 })
        let (b, c) = (bench.link(), bench.link())
        for number in 0..<9 { bench.request(Peer(UInt64(5000 + number)).subnet, from: b) }
        #expect(bench.takeRouteRequests(c).count == 6)
        #expect(bench.engine.counters.routeRequestsRefusedCeiling == 3)
        bench.settle()
        for number in 0..<3 {
            bench.handle(.search(Peer(UInt64(6000 + number)).subnet, cause: nil))
        }
        #expect(bench.takeRouteRequests(c).count == 2)
        #expect(bench.engine.counters.searchesRefusedCeiling == 1)
        #expect(bench.takeNews().contains(.searchFailed(Peer(6002).subnet)))
        bench.pass(.seconds(15))
        #expect(bench.engine.queryCount == 0, "a full table is not for ever")
    }

    @Test func searchesArePacedByTheirCause() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        for number in 0..<200 {
            bench.handle(.search(Peer(UInt64(5000 + number)).subnet, cause: b))
        }
        #expect(bench.takeRouteRequests(c).count == Limits.linkSearchesBurst)
        #expect(bench.engine.counters.searchesRefusedRate == 72)
        bench.settle()
        for number in 0..<1100 {
            bench.handle(.search(Peer(UInt64(6000 + number)).subnet, cause: nil))
        }
        #expect(bench.takeRouteRequests(c).count == Limits.hostSearchesBurst)
    }

    @Test func directAnswersArePacedByAsker() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        bench.update(Peer(2), 10, from: b)
        bench.settle()
        for _ in 0..<600 {
            bench.request(Peer(2).subnet, from: c)
            bench.request(Peer(1000).subnet, from: c)
        }
        #expect(bench.takeUpdates(c).count == Limits.answersBurst)
        #expect(bench.engine.counters.answersRefusedRate == 1200 - 512)
    }

    @Test func dumpsComeOneAfterTheOtherAndInSlices() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        for number in 0..<1200 { bench.update(Peer(UInt64(5000 + number)), 10, from: b) }
        bench.pass(.seconds(10))
        bench.settle()
        for _ in 0..<50 { bench.handle(.routeRequest(wildcard, from: c)) }
        #expect(bench.takeUpdates(c).count == Limits.dumpSlice)
        bench.pass(.milliseconds(100))
        #expect(bench.takeUpdates(c).count == 1201 - Limits.dumpSlice)
        bench.pass(.milliseconds(1900))
        #expect(bench.take(c) == [])
        bench.pass(.milliseconds(300))
        #expect(bench.takeUpdates(c).count == 1201, "the 49 others are one")
        bench.pass(.seconds(10))
        #expect(bench.take(c) == [])
        #expect(bench.engine.counters.dumpsStarted == 2)
        #expect(bench.engine.counters.dumpsDeferred == 49)
    }

    private let wildcard = RouteRequest(generation: 0, prefix: .wildcard)

    @Test func forwardedSeqnoRequestsArePacedByAsker() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let peers = (0..<100).map { Peer(UInt64(5000 + $0)) }
        for peer in peers { bench.update(peer, 10, from: b) }
        bench.settle()
        for peer in peers { bench.requestSeqno(5, of: peer, from: c) }
        #expect(bench.takeSeqnoRequests(b).count == Limits.forwardedSeqnoRequestsBurst)
        #expect(bench.engine.counters.seqnoRequestsRefusedRate == 36)
    }

    @Test func theSeqnoRequestMemoryHasACeilingAndOwnOnesGoFirst() {
        let bench = Bench(configuration { $0.seqnoRequestsMax = 4 })
        let (b, c) = (bench.link(), bench.link())
        let peers = (0..<6).map { Peer(UInt64(5000 + $0)) }
        for peer in peers { bench.update(peer, 10, from: b) }
        bench.settle()
        for peer in peers { bench.requestSeqno(5, of: peer, from: c) }
        #expect(bench.engine.seqnoRequestCount == 4)
        #expect(bench.engine.counters.seqnoRequestsRefusedCeiling == 2)
        bench.settle()
        bench.update(peers[5], 500, from: b)
        #expect(bench.takeSeqnoRequests(b).count == 1, "our own")
        #expect(bench.engine.seqnoRequestCount == 4)
        #expect(bench.engine.counters.seqnoRequestsEvicted == 1)
    }

    @Test func infeasibleUpdatesDoNotEchoAsSeqnoRequests() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let peers = (0..<400).map { Peer(UInt64(5000 + $0)) }
        for peer in peers { bench.update(peer, 10, from: b) }
        bench.settle()
        for _ in 0..<5 { for peer in peers { bench.update(peer, 600, from: b) } }
        #expect(bench.takeSeqnoRequests(b).count == Limits.ownSeqnoRequestsBurst)
        #expect(bench.engine.counters.seqnoRequestsHeldBack >= 272)
        _ = c
    }

    @Test func ourSeqnoIsBumpedOnceIn4Seconds() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        for _ in 0..<1000 {
            bench.requestSeqno(bench.engine.ownSeqno.value &+ 1, of: Peer(1000, tail: 1), from: b)
            bench.pass(.milliseconds(20))
        }
        #expect((4...5).contains(bench.engine.counters.ownSeqnoBumps))
        #expect((4...5).contains(bench.takeUpdates(c).count))
    }

    @Test func refreshesHaveACeiling() {
        let bench = Bench(configuration { $0.refreshesMax = 2 })
        let b = bench.link()
        let peers = (0..<3).map { Peer(UInt64(5000 + $0)) }
        for peer in peers { bench.update(peer, 10, from: b, interval: 300) }
        for peer in peers { bench.handle(.refresh(peer.subnet)) }
        #expect(bench.takeRouteRequests(b).count == 2)
        #expect(bench.engine.counters.refreshesRefusedCeiling == 1)
    }

    @Test func manyRoutesThatExpireTogetherLeaveRoomForOtherInputs() {
        let bench = Bench()
        let links = (0..<3).map { _ in bench.link() }
        for (index, link) in links.enumerated() {
            for number in 0..<2000 {
                bench.update(
                    Peer(UInt64(5000 + index * 2000 + number)),
                    10,
                    from: link,
                    interval: 100
                )
            }
        }
        bench.now = bench.now + .seconds(4)
        bench.handle(.timer)
        #expect(bench.engine.selectedRoutes(now: bench.now).count == 6000 - Limits.expiriesPerTimer)
        #expect(bench.engine.nextDeadline().map { $0.instant <= bench.now } == true)
        bench.handle(.timer)
        #expect(bench.engine.selectedRoutes(now: bench.now).isEmpty)
    }

    @Test func limitsFitEachOther() {
        #expect(RoutingConstants.holdMax < RoutingConstants.sourceLifetime)
        #expect(Limits.sourcesMax > Limits.routesMax)
        #expect(Limits.unsolicitedRoutesQuarters < 4)
        #expect(Limits.newPrefixesBurst < Limits.routesMax / Limits.soleRoutesDivisor)
        #expect(RoutingConstants.retractedHold < RoutingConstants.searchTime)
    }
}
