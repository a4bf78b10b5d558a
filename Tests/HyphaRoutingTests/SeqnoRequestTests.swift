// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaRouting
import HyphaWire
import Testing

/// Seqno requests: base section 5.13, RFC 8966 section 3.8.
struct SeqnoRequestTests {
    @Test func aSatisfiedRequestIsAnsweredWithTheMetricThroughTheNextHop() {
        let bench = Bench()
        let (b, c) = (bench.link(cost: 10), bench.link(cost: 500))
        let peer = Peer(2)
        bench.update(peer, 100, seqno: 7, from: b)
        bench.settle()
        bench.requestSeqno(7, of: peer, from: c)
        #expect(bench.takeUpdates(c).map(\.metric) == [110])
        bench.requestSeqno(9, of: Peer(2, tail: 99), from: c)
        #expect(bench.takeUpdates(c).map(\.seqno) == [Seqno(7)], "another router id satisfies too")
        #expect(bench.take(b) == [])
    }

    @Test func anUnsatisfiedRequestGoesToTheNextHopWithOneHopLess() {
        let bench = Bench()
        let (b, c, d) = (bench.link(), bench.link(), bench.link())
        let peer = Peer(2)
        bench.update(peer, 100, from: b)
        bench.update(peer, 105, from: d)
        bench.settle()
        bench.requestSeqno(1, of: peer, hopCount: 9, from: c)
        #expect(bench.takeSeqnoRequests(b).map(\.hopCount) == [8])
        #expect(bench.take(d) == [])
        #expect(bench.take(c) == [])
    }

    @Test func theAnswerGoesToTheAskersOnly() {
        let bench = Bench()
        let (b, c, d) = (bench.link(), bench.link(), bench.link())
        let peer = Peer(2)
        bench.update(peer, 100, from: b)
        bench.requestSeqno(1, of: peer, from: c)
        bench.settle()
        bench.update(peer, 100, seqno: 1, from: b)
        #expect(bench.takeUpdates(c).map(\.seqno) == [Seqno(1)])
        #expect(bench.take(d) == [])
    }

    @Test func aSecondAskerIsRememberedThoughNothingIsPassedOn() {
        let bench = Bench()
        let (b, c, d) = (bench.link(), bench.link(), bench.link())
        let peer = Peer(2)
        bench.update(peer, 100, from: b)
        bench.requestSeqno(1, of: peer, from: c)
        bench.settle()
        bench.requestSeqno(1, of: peer, from: d)
        #expect(bench.take(b) == [])
        bench.update(peer, 100, seqno: 1, from: b)
        #expect(bench.takeUpdates(c).count == 1)
        #expect(bench.takeUpdates(d).count == 1)
    }

    @Test func aRepeatedRequestTakesAnotherWay() {
        let bench = Bench()
        let (b, c, d) = (bench.link(), bench.link(), bench.link())
        let peer = Peer(2)
        bench.update(peer, 100, from: b)
        bench.update(peer, 105, from: d)
        bench.requestSeqno(1, of: peer, from: c)
        bench.settle()
        bench.pass(.milliseconds(700))
        bench.requestSeqno(1, of: peer, from: c)
        #expect(bench.takeSeqnoRequests(d) == [], "too soon")
        bench.pass(.milliseconds(300))
        bench.requestSeqno(1, of: peer, from: c)
        #expect(bench.takeSeqnoRequests(d).count == 1)
        #expect(bench.takeSeqnoRequests(b) == [])
    }

    @Test func requestsWithoutAWayOrWithoutHopsAreDropped() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let peer = Peer(2)
        bench.requestSeqno(1, of: peer, from: c)
        bench.update(peer, 100, from: b)
        bench.settle()
        bench.requestSeqno(1, of: peer, hopCount: 1, from: c)
        bench.requestSeqno(1, of: peer, from: b)
        #expect(bench.take(b) == [])
        #expect(bench.take(c) == [])
        #expect(bench.engine.counters.seqnoRequestsDropped == 3)
    }

    @Test func aLostRouteIsAskedForAgainAndAgain() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let peer = Peer(2)
        bench.update(peer, 100, from: b)
        bench.update(peer, 200, from: c)
        bench.settle()
        bench.handle(.linkDown(b))
        #expect(bench.takeSeqnoRequests(c).count == 1)
        bench.pass(.seconds(40))
        #expect(bench.takeSeqnoRequests(c).count == 5, "after 1, 2, 4, 8 and 16 s")
        bench.update(peer, 200, seqno: 1, from: c)
        bench.settle()
        bench.pass(.seconds(200))
        #expect(bench.takeSeqnoRequests(c) == [])
        #expect(bench.engine.seqnoRequestCount == 0)
    }

    @Test func aMuchBetterInfeasibleRouteIsAskedFor() {
        let bench = Bench()
        let (b, c) = (bench.link(cost: 10), bench.link(cost: 10))
        let peer = Peer(2)
        bench.update(peer, 100, from: b)
        bench.update(peer, 120, from: c)
        bench.settle()
        bench.handle(.linkCost(b, 20))
        #expect(bench.takeSeqnoRequests(c) == [], "it would not be better")
        bench.handle(.linkCost(b, 300))
        #expect(bench.takeSeqnoRequests(c).map(\.seqno) == [Seqno(1)])
        #expect(bench.nextHop(of: peer.subnet) == b, "meanwhile the old one works")
    }

    @Test func aRequestForOurSubnetUnderAnEarlierRouterIDIsAnswered() {
        let bench = Bench()
        let b = bench.link()
        bench.requestSeqno(3, of: Peer(1000, tail: 44), from: b)
        #expect(bench.takeUpdates(b).map(\.routerID) == [bench.identity])
        #expect(bench.engine.ownSeqno == Seqno(0))
    }

    @Test func nothingIsBumpedInTheFirstFourSeconds() {
        let bench = Bench()
        let b = bench.link()
        bench.requestSeqno(1, of: Peer(1000, tail: 1), from: b)
        bench.pass(.milliseconds(3999))
        #expect(bench.engine.ownSeqno == Seqno(0))
        bench.pass(.milliseconds(1))
        #expect(bench.engine.ownSeqno == Seqno(1), "the request is not forgotten")
        #expect(bench.takeUpdates(b).map(\.seqno) == [Seqno(1)])
    }
}
