// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaRouting
import HyphaWire
import Testing

/// Updates received: base section 5.9, RFC 8966 section 3.5.
struct UpdateTests {
    @Test func theSourceTableIsFedBySendingNotByReceiving() {
        let bench = Bench()
        let b = bench.link()
        let peer = Peer(2)
        bench.update(peer, 100, from: b)
        bench.update(peer, 500, from: b)
        #expect(bench.engine.counters.updatesInfeasible == 0, "nobody was told of 110")
        let c = bench.link()
        bench.request(peer.subnet, from: c)
        #expect(bench.takeUpdates(c).map(\.metric) == [510])
        bench.update(peer, 510, from: b)
        #expect(bench.engine.counters.updatesInfeasible == 1)
    }

    @Test func anInfeasibleUpdateOfTheSelectedRouteChangesNothing() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let peer = Peer(2)
        bench.update(peer, 100, from: b)
        bench.settle()
        bench.update(peer, 300, from: b)
        #expect(bench.take(c) == [])
        #expect(bench.engine.selectedRoutes(now: bench.now).map(\.metric) == [100])
        bench.update(peer, 300, seqno: 1, from: b)
        #expect(bench.takeUpdates(c).map(\.metric) == [310], "feasible with the newer seqno")
    }

    @Test func aRouteKeptInSpiteOfAnInfeasibleUpdateGivesWayToABetterOne() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let peer = Peer(2)
        bench.update(peer, 100, from: b)
        bench.update(peer, 105, from: c)
        bench.update(peer, 300, from: b)
        #expect(bench.nextHop(of: peer.subnet) == c)
        #expect(bench.engine.fallbackRoutes(now: bench.now).map(\.metric) == [300])
    }

    @Test func aRetractionIsAcceptedWithAnyRouterID() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let (peer, other) = (Peer(2), Peer(3))
        bench.update(peer, 100, from: b)
        bench.settle()
        let retraction = Update(
            seqno: Seqno(900),
            metric: .infinite,
            prefix: .ipv6(peer.subnet),
            routerID: other.routerID
        )
        bench.handle(.update(retraction, from: b))
        #expect(bench.takeUpdates(c).map(\.metric) == [.infinite])
        #expect(bench.takeStates(of: peer.subnet) == [.unselected(routerID: peer.routerID)])
    }

    @Test func aRetractionOfAnUnknownRouteIsNothing() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        bench.update(Peer(2), .infinite, from: b)
        #expect(bench.take(c) == [])
        #expect(bench.engine.routeCount == 0)
    }

    @Test func aSecondRetractionDoesNotProlongTheHold() {
        let bench = Bench()
        let b = bench.link()
        let peer = Peer(2)
        bench.update(peer, 100, from: b)
        bench.update(peer, .infinite, from: b)
        bench.pass(.seconds(5))
        bench.update(peer, .infinite, from: b)
        bench.pass(.seconds(1))
        #expect(bench.engine.routeCount == 0)
    }

    @Test func anIntervalOfZeroIsNoRoute() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        bench.update(Peer(2), 100, from: b, interval: 0)
        #expect(bench.engine.routeCount == 0)
        bench.update(Peer(2), 100, from: b)
        bench.settle()
        bench.update(Peer(2), 100, from: b, interval: 0)
        bench.pass(.zero)
        #expect(bench.takeUpdates(c).map(\.metric) == [.infinite], "immediate expiry")
    }

    @Test func anUnselectedRouteExpiresSilently() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let peer = Peer(2)
        bench.update(peer, 100, from: b)
        bench.update(peer, 105, from: c, interval: 100)
        bench.settle()
        bench.pass(.seconds(4))
        #expect(bench.engine.routeCount == 1)
        #expect(bench.take(b) == [])
        #expect(bench.take(c) == [])
    }

    @Test func aRouteLivesNoLongerThanOurOwnUpdatesSay() {
        let bench = Bench()
        let b = bench.link()
        bench.update(Peer(2), 100, from: b, interval: 65_535)
        bench.pass(.seconds(1049))
        #expect(bench.engine.selectedRoutes(now: bench.now).count == 1)
        bench.pass(.seconds(1))
        #expect(bench.engine.selectedRoutes(now: bench.now).isEmpty)
    }

    @Test func anUpdateOfOurOwnSubnetIsRefused() {
        let bench = Bench()
        let b = bench.link()
        let own = Peer(1000, tail: 55)
        bench.update(own, 10, from: b)
        let host = Update(
            seqno: Seqno(0),
            metric: 10,
            prefix: .ipv6(Prefix(own.address, length: 128)),
            routerID: own.routerID
        )
        bench.handle(.update(host, from: b))
        #expect(bench.engine.counters.updatesRefusedOwnSubnet == 2)
        #expect(bench.engine.routeCount == 0)
    }

    @Test func aChangedRouterIDIsAnnounced() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        bench.update(Peer(2, tail: 1), 0, from: b)
        bench.settle()
        bench.update(Peer(2, tail: 2), 0, from: b)
        #expect(bench.takeUpdates(c).map(\.routerID) == [Peer(2, tail: 2).routerID])
    }

    @Test func aDirectRouteOverANewerLinkWinsAfterARestart() {
        let bench = Bench()
        let b = bench.link()
        bench.update(Peer(2, tail: 1), 0, from: b)
        let c = bench.link()
        bench.update(Peer(2, tail: 2), 0, from: c)
        #expect(bench.nextHop(of: Peer(2).subnet) == c)
    }

    @Test func metricsAreCappedBelowInfinity() {
        let bench = Bench()
        let (b, c) = (bench.link(cost: 100), bench.link())
        bench.update(Peer(2), 65_500, from: b)
        #expect(bench.takeUpdates(c).map(\.metric) == [65_534])
    }

    @Test func aMetricThatCreepsUpIsToldInTheEnd() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        bench.update(Peer(2), 100, from: b)
        bench.settle()
        bench.update(Peer(2), 106, seqno: 1, from: b)
        #expect(bench.take(c) == [])
        bench.update(Peer(2), 112, seqno: 2, from: b)
        #expect(bench.takeUpdates(c).map(\.metric) == [122])
    }
}
