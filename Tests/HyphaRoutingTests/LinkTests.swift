// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaRouting
import HyphaWire
import Testing

/// Links that come, go and change their cost (base sections 2.4 and 5.14).
struct LinkTests {
    @Test func aNewLinkGetsOurSubnetAndPendingSearchesOnly() {
        let bench = Bench()
        let b = bench.link()
        bench.update(Peer(2), 0, from: b)
        bench.handle(.search(Peer(3).subnet, cause: nil))
        let c = LinkID(77)
        bench.handle(.linkUp(c, cost: 10))
        let own = Update(
            seqno: Seqno(0),
            metric: 0,
            prefix: .ipv6(Peer(1000).subnet),
            routerID: bench.identity
        )
        let search = RouteRequest(generation: 0, prefix: .ipv6(Peer(3).subnet))
        #expect(bench.take(c) == [.update(own), .routeRequest(search)])
    }

    @Test func aHyphaNeighbourIsAskedForADumpOnce() {
        let bench = Bench()
        let b = bench.link()
        let hypha = Peer(2, zone: RouterID.hyphaZone)
        bench.update(hypha, 50, from: b)
        #expect(bench.take(b) == [], "a relayed Update proves nothing")
        bench.update(hypha, 0, from: b)
        let wildcard = RouteRequest(generation: 0, prefix: .wildcard)
        #expect(bench.take(b) == [.routeRequest(wildcard)])
        bench.update(hypha, 0, seqno: 1, from: b)
        #expect(bench.take(b) == [])
    }

    @Test func aBaseNeighbourIsNeverAskedForADump() {
        let bench = Bench()
        let b = bench.link()
        bench.update(Peer(2), 0, from: b)
        bench.update(Peer(3, zone: RouterID.hyphaZone), 0, from: b)
        #expect(bench.take(b) == [])
    }

    @Test func theOwnSubnetIsAnnouncedEvery300SecondsOrALittleEarlier() {
        let bench = Bench()
        let b = bench.link()
        bench.pass(.seconds(279))
        #expect(bench.take(b) == [])
        bench.pass(.seconds(21))
        #expect(bench.takeUpdates(b).map(\.metric) == [0])
        bench.pass(.seconds(3000))
        #expect((10...11).contains(bench.takeUpdates(b).count))
    }

    @Test func aDeadNeighboursRoutesAreHeldForSixSeconds() {
        let bench = Bench()
        let b = bench.link()
        let peer = Peer(2)
        bench.update(peer, 0, from: b)
        bench.settle()
        bench.handle(.linkDown(b))
        #expect(bench.takeStates(of: peer.subnet) == [.unselected(routerID: peer.routerID)])
        bench.pass(.milliseconds(5999))
        #expect(bench.takeStates(of: peer.subnet) == [])
        bench.pass(.milliseconds(1))
        #expect(bench.takeStates(of: peer.subnet) == [nil])
        #expect(bench.engine.routeCount == 0)
    }

    @Test func aNewWinnerAfterALossIsAnnouncedEvenIfNothingElseChanges() {
        let bench = Bench()
        let (b, c, d) = (bench.link(), bench.link(), bench.link())
        let peer = Peer(2)
        bench.update(peer, 100, from: b)
        bench.update(peer, 100, from: c)
        bench.settle()
        bench.handle(.linkDown(b))
        #expect(bench.takeUpdates(d).map(\.metric) == [110])
    }

    @Test func aSmallChangeOfCostIsNotToldAndALargeOneSomeSecondsLater() {
        let bench = Bench()
        let (b, c) = (bench.link(cost: 100), bench.link())
        bench.update(Peer(2), 100, from: b)
        bench.settle()
        bench.handle(.linkCost(b, 149))
        bench.pass(.seconds(6))
        #expect(bench.takeUpdates(c) == [], "25 percent of 200 at most")
        bench.handle(.linkCost(b, 151))
        bench.pass(.seconds(3))
        #expect(bench.takeUpdates(c) == [], "not while a new link settles")
        bench.pass(.seconds(3))
        #expect(bench.takeUpdates(c).map(\.metric) == [251])
    }

    @Test func aChangeOfCostMovesRoutesToABetterLink() {
        let bench = Bench()
        let (b, c) = (bench.link(cost: 10), bench.link(cost: 30))
        let peer = Peer(2)
        bench.update(peer, 100, from: b)
        bench.update(peer, 100, from: c)
        #expect(bench.nextHop(of: peer.subnet) == b)
        bench.handle(.linkCost(b, 40))
        #expect(bench.nextHop(of: peer.subnet) == b, "not better by more than 10")
        bench.handle(.linkCost(b, 41))
        #expect(bench.nextHop(of: peer.subnet) == c)
    }

    @Test func aCostOfZeroCountsAsOne() {
        let bench = Bench()
        let (b, c) = (bench.link(cost: 0), bench.link())
        bench.update(Peer(2), 5, from: b)
        #expect(bench.takeUpdates(c).map(\.metric) == [6])
        bench.update(Peer(2), 5, from: b)
        #expect(bench.takeSeqnoRequests(b) == [], "still feasible to us")
    }

    @Test func aFormerNextHopIsToldOfTheRouteThatReplacedIt() {
        let bench = Bench()
        let (b, c) = (bench.link(cost: 50), bench.link(cost: 10))
        let peer = Peer(2)
        bench.update(peer, 100, from: b)
        bench.settle()
        bench.update(peer, 135, from: c)
        #expect(bench.nextHop(of: peer.subnet) == b)
        bench.update(peer, 129, from: c)
        #expect(bench.nextHop(of: peer.subnet) == c)
        #expect(bench.takeUpdates(b).map(\.metric) == [139])
    }

    @Test func inputsOfUnknownLinksAreCountedOnly() {
        let bench = Bench()
        bench.update(Peer(2), 0, from: LinkID(9))
        bench.handle(.linkDown(LinkID(9)))
        bench.handle(.requestDump(LinkID(9)))
        #expect(bench.engine.counters.inputsFromUnknownLinks == 3)
        #expect(bench.engine.routeCount == 0)
    }

    @Test func neighboursBeyondTheCeilingAreIgnored() {
        var configuration = RoutingConfiguration()
        configuration.neighboursMax = 2
        let bench = Bench(configuration)
        let (_, _, c) = (bench.link(), bench.link(), bench.link())
        bench.update(Peer(2), 0, from: c)
        #expect(bench.engine.neighbourCount == 2)
        #expect(bench.engine.counters.neighboursRefused == 1)
        #expect(bench.engine.routeCount == 0)
        #expect(bench.takeNews().contains(.event(.ceilingReached(.neighbours))))
    }
}
