// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaRouting
import HyphaWire
import Testing

/// The cases of `Tests/Conformance/cases_routing.py`, in virtual time; names as there.
struct ConformanceRoutingTests {
    @Test func readvertise() {
        let bench = Bench()
        let (b, c) = (bench.link(cost: 1010), bench.link(cost: 1015))
        let (peerB, peerD) = (Peer(2), Peer(4))
        bench.update(peerB, 0, from: b)
        let expected = Update(
            intervalCentiseconds: 30_000,
            seqno: Seqno(0),
            metric: 1010,
            prefix: .ipv6(peerB.subnet),
            routerID: peerB.routerID
        )
        #expect(bench.take(c) == [.update(expected)])
        #expect(bench.take(b) == [])
        bench.update(peerD, 500, seqno: 7, from: c)
        let relayed = bench.takeUpdates(b)
        #expect(relayed.map(\.metric) == [1515])
        #expect(relayed.map(\.seqno) == [Seqno(7)])
    }

    @Test func readvertiseThreshold() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let peer = Peer(2)
        bench.update(peer, 500, from: b)
        #expect(bench.takeUpdates(c).count == 1)
        bench.update(peer, 490, from: b)
        bench.pass(.milliseconds(800))
        #expect(bench.takeUpdates(c) == [])
        bench.update(peer, 479, from: b)
        #expect(bench.takeUpdates(c).map(\.metric) == [489])
    }

    @Test func routeExpiry() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let peer = Peer(2)
        bench.update(peer, 10, from: b, interval: 500)
        bench.settle()
        bench.handle(.refresh(peer.subnet))
        #expect(bench.take(b) == [], "17.5 s are more than 15 s")
        bench.pass(.seconds(4))
        bench.handle(.refresh(peer.subnet))
        #expect(
            bench.takeRouteRequests(b)
                == [RouteRequest(generation: 0, prefix: .ipv6(peer.subnet))]
        )
        bench.pass(.milliseconds(13_499))
        #expect(bench.takeUpdates(c) == [])
        bench.pass(.milliseconds(1))
        #expect(bench.takeUpdates(c).map(\.metric) == [.infinite])
    }

    @Test func retraction() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let peer = Peer(2)
        bench.update(peer, 0, seqno: 3, from: b)
        bench.settle()
        bench.update(peer, .infinite, seqno: 3, from: b)
        let expected = Update(
            seqno: Seqno(0),
            metric: .infinite,
            prefix: .ipv6(peer.subnet),
            routerID: bench.identity
        )
        #expect(bench.take(c) == [.update(expected)])
        #expect(bench.nextHop(of: peer.subnet) == nil)
    }

    @Test func retractionOnDisconnect() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let peer = Peer(2)
        bench.update(peer, 0, from: b)
        bench.settle()
        bench.handle(.linkDown(b))
        #expect(bench.takeUpdates(c).map(\.metric) == [.infinite])
        #expect(bench.take(b) == [])
    }

    @Test func failover() {
        let bench = Bench()
        let (b, c, d) = (bench.link(), bench.link(), bench.link())
        let peer = Peer(6)
        bench.update(peer, 100, from: b)
        bench.update(peer, 105, from: c)
        #expect(bench.nextHop(of: peer.subnet) == b)
        bench.settle()
        bench.handle(.linkDown(b))
        #expect(bench.nextHop(of: peer.subnet) == c)
        let updates = bench.takeUpdates(d)
        #expect(updates.map(\.metric) == [115])
        #expect(updates.map(\.routerID) == [peer.routerID])
    }

    /// As in the black-box case: the second way has a metric that is not feasible at first.
    @Test func failoverToAnInfeasibleRouteAsksForASeqno() {
        let bench = Bench()
        let (b, c, d) = (bench.link(), bench.link(), bench.link())
        let peer = Peer(6)
        bench.update(peer, 100, from: b)
        bench.update(peer, 200, from: c)
        bench.settle()
        bench.handle(.linkDown(b))
        #expect(bench.takeUpdates(d).map(\.metric) == [.infinite])
        #expect(bench.takeSeqnoRequests(c).map(\.seqno) == [Seqno(1)])
        bench.update(peer, 200, seqno: 1, from: c)
        #expect(bench.nextHop(of: peer.subnet) == c)
        #expect(bench.takeUpdates(d).map(\.metric) == [210])
    }

    @Test func switchHysteresis() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let peer = Peer(6)
        bench.update(peer, 300, from: b)
        bench.update(peer, 290, from: c)
        #expect(bench.nextHop(of: peer.subnet) == b)
        bench.update(peer, 289, from: c)
        #expect(bench.nextHop(of: peer.subnet) == c)
        bench.update(peer, 0, from: b)
        #expect(bench.nextHop(of: peer.subnet) == b)
    }

    @Test func infeasibleUpdate() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let peer = Peer(2)
        bench.update(peer, 100, from: b)
        #expect(bench.takeUpdates(c).map(\.metric) == [110])
        bench.update(peer, 110, from: b)
        let expected = SeqnoRequest(
            seqno: Seqno(1),
            hopCount: 64,
            routerID: peer.routerID,
            prefix: .ipv6(peer.subnet)
        )
        #expect(bench.take(b) == [.seqnoRequest(expected)])
        #expect(bench.take(c) == [])
        bench.update(peer, 109, from: b)
        #expect(bench.take(b) == [])
    }

    @Test func seqnoBump() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        bench.pass(.milliseconds(4600))
        let own = Peer(1000, tail: 1)
        bench.requestSeqno(9, of: own, from: b)
        for link in [b, c] {
            let updates = bench.takeUpdates(link)
            #expect(updates.map(\.seqno) == [Seqno(1)])
            #expect(updates.map(\.metric) == [0])
        }
        bench.requestSeqno(2, of: own, from: b)
        bench.pass(.milliseconds(2500))
        #expect(bench.takeUpdates(b) == [], "a second bump within 4 s")
        bench.pass(.milliseconds(1500))
        #expect(bench.takeUpdates(b).map(\.seqno) == [Seqno(2)], "made up for when 4 s are over")
        bench.settle()
        bench.requestSeqno(2, of: own, from: b)
        #expect(bench.takeUpdates(b).map(\.seqno) == [Seqno(2)], "satisfied: to the asker")
        #expect(bench.take(c) == [], "and to nobody else")
    }

    @Test func ownershipFilter() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let (d, e) = (Peer(4), Peer(5))
        func offer(_ prefix: WirePrefix, _ routerID: RouterID) {
            let update = Update(seqno: Seqno(0), metric: 10, prefix: prefix, routerID: routerID)
            bench.handle(.update(update, from: b))
        }
        offer(.ipv6(d.subnet), e.routerID)
        offer(
            .ipv6(Prefix(IPv6Address(high: 0x2001_0db8_0000_0001, low: 0), length: 64)),
            d.routerID
        )
        offer(
            .ipv6(Prefix(IPv6Address(high: 0x0200_0000_0000_0001, low: 0), length: 64)),
            d.routerID
        )
        offer(.ipv6(Prefix(d.address, length: 48)), d.routerID)
        offer(.ipv6(Prefix(d.address, length: 63)), d.routerID)
        offer(.ipv4(IPv4Address(bits: 0x0a00_0000), length: 24), d.routerID)
        offer(.wildcard, d.routerID)
        #expect(bench.take(c) == [])
        #expect(bench.engine.routeCount == 0)
        #expect(bench.engine.counters.updatesRefusedOwnership == 1)
        #expect(bench.engine.counters.updatesRefusedPrefix == 6)
        offer(.ipv6(Prefix(d.address, length: 128)), d.routerID)
        #expect(bench.takeUpdates(c).map(\.prefix) == [.ipv6(Prefix(d.address, length: 128))])
    }
}
