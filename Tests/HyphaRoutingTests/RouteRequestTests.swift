// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaRouting
import HyphaWire
import Testing

/// Route requests and searches: base section 5.12.
struct RouteRequestTests {
    @Test func oddRequestsAreSurvivedAndNotPassedOn() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let peer = Peer(2)
        let odd: [WirePrefix] = [
            .ipv4(IPv4Address(bits: 0x0a00_0000), length: 24),
            .ipv6(Prefix(peer.address, length: 48)),
            .ipv6(Prefix(peer.address, length: 0)),
            .ipv6(Prefix(peer.address, length: 128)),
            .ipv6(Prefix(IPv6Address(high: 0x2001_0db8_0000_0000, low: 0), length: 64)),
        ]
        for prefix in odd {
            let request = RouteRequest(generation: 0, prefix: prefix)
            bench.handle(.routeRequest(request, from: b))
        }
        #expect(bench.take(b) == [])
        #expect(bench.take(c) == [])
        #expect(bench.engine.counters.routeRequestsRefusedPrefix == 5)
        #expect(bench.engine.queryCount == 0)
    }

    @Test func aRequestForALongerPrefixIsAnsweredWithWhatCoversIt() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let peer = Peer(2)
        bench.update(peer, 0, from: b)
        bench.settle()
        bench.request(Prefix(peer.address, length: 128), from: c)
        #expect(bench.takeUpdates(c).map(\.prefix) == [.ipv6(peer.subnet)])
    }

    @Test(arguments: [(13, 14), (14, 15)]) func generationsCountUpTo15(from: UInt8, to: UInt8) {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        bench.request(Peer(2).subnet, generation: from, from: b)
        #expect(bench.takeRouteRequests(c).map(\.generation) == [to])
    }

    @Test(arguments: [15, 16, 200, 255]) func exhaustedRequestsAreNotPassedOn(generation: UInt8) {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        bench.request(Peer(2).subnet, generation: generation, from: b)
        #expect(bench.take(c) == [])
        #expect(bench.engine.counters.routeRequestsExhausted == 1)
        #expect(bench.engine.queryCount == 0)
    }

    @Test func aSearchAsksEverybodyOnceAndFailsAfter15Seconds() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let prefix = Peer(2).subnet
        bench.handle(.search(prefix, cause: nil))
        bench.handle(.search(prefix, cause: b))
        for link in [b, c] {
            #expect(
                bench.takeRouteRequests(link)
                    == [RouteRequest(generation: 0, prefix: .ipv6(prefix))]
            )
        }
        #expect(bench.engine.queriedPrefixes(now: bench.now).map(\.prefix) == [prefix])
        bench.pass(.milliseconds(14_999))
        #expect(bench.takeNews() == [])
        bench.pass(.milliseconds(1))
        #expect(bench.takeNews() == [.searchFailed(prefix)])
        #expect(bench.engine.queryCount == 0)
    }

    @Test func aSearchForAHostIsForItsSubnet() {
        let bench = Bench()
        let b = bench.link()
        bench.handle(.search(Prefix(Peer(2).address, length: 128), cause: nil))
        #expect(bench.takeRouteRequests(b).map(\.prefix) == [.ipv6(Peer(2).subnet)])
    }

    @Test func aSearchForWhatCannotBeFailsAtOnce() {
        let bench = Bench()
        _ = bench.link()
        let outside = Prefix(IPv6Address(high: 0x2001_0db8_0000_0000, low: 0), length: 64)
        bench.handle(.search(outside, cause: nil))
        bench.handle(.search(Peer(1000).subnet, cause: nil))
        #expect(bench.takeNews() == [.searchFailed(outside), .searchFailed(Peer(1000).subnet)])
    }

    @Test func aSearchForAKnownRouteRepeatsTheRoute() {
        let bench = Bench()
        let b = bench.link()
        let peer = Peer(2)
        bench.update(peer, 0, from: b)
        bench.settle()
        bench.handle(.search(peer.subnet, cause: nil))
        let expected = RouteState.selected(
            link: b,
            routerID: peer.routerID,
            isDirect: true,
            refreshAt: bench.now + .seconds(1035),
            pathMTU: 1340
        )
        #expect(bench.takeNews() == [.route(peer.subnet, expected)])
        #expect(bench.take(b) == [])
    }

    @Test func anAnsweredSearchDoesNotFail() {
        let bench = Bench()
        let b = bench.link()
        bench.handle(.search(Peer(2).subnet, cause: nil))
        bench.pass(.seconds(1))
        bench.update(Peer(2), 30, from: b)
        bench.settle()
        bench.pass(.seconds(20))
        #expect(bench.takeNews() == [])
        #expect(bench.engine.queryCount == 0)
    }

    @Test func aRouteLostRightAfterItWasFoundIsSearchedAgain() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let prefix = Peer(2).subnet
        bench.handle(.search(prefix, cause: nil))
        bench.update(Peer(2), 30, from: b)
        bench.update(Peer(2), .infinite, from: b)
        bench.settle()
        bench.handle(.search(prefix, cause: nil))
        #expect(bench.takeRouteRequests(c) == [], "not at once")
        bench.pass(.seconds(1))
        #expect(bench.takeRouteRequests(c).count == 1)
    }

    @Test func aSearchJoinsARequestThatIsPassedOn() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        bench.request(Peer(2).subnet, from: b)
        bench.settle()
        bench.handle(.search(Peer(2).subnet, cause: nil))
        #expect(bench.take(c) == [])
        bench.pass(.seconds(15))
        #expect(bench.takeNews() == [.searchFailed(Peer(2).subnet)])
    }

    @Test func refreshAsksTheNextHopFirstAndEverybodyLater() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let peer = Peer(2)
        bench.update(peer, 30, from: b)
        bench.pass(.seconds(1036))
        bench.settle()
        bench.handle(.refresh(peer.subnet))
        bench.handle(.refresh(peer.subnet))
        #expect(bench.takeRouteRequests(b).count == 1)
        #expect(bench.take(c) == [])
        bench.pass(.seconds(4))
        #expect(bench.takeRouteRequests(b).count == 1)
        #expect(bench.takeRouteRequests(c).count == 1)
        bench.update(peer, 30, from: b)
        let states = bench.takeStates(of: peer.subnet)
        guard case .selected(_, _, _, let refreshAt, _) = states.last.flatMap({ $0 }) else {
            Issue.record("not selected")
            return
        }
        #expect(refreshAt == bench.now + .seconds(1035))
    }

    @Test func aRefreshThatIsNotDueOnlyRepeatsTheRoute() {
        let bench = Bench()
        let b = bench.link()
        bench.update(Peer(2), 30, from: b)
        bench.settle()
        bench.handle(.refresh(Peer(2).subnet))
        #expect(bench.take(b) == [])
        #expect(bench.takeStates(of: Peer(2).subnet).count == 1)
    }

    @Test func aRequestForALostRouteIsPassedOnAndItsSeqnoAskedFor() {
        let bench = Bench()
        let (b, c, d) = (bench.link(), bench.link(), bench.link())
        let peer = Peer(2)
        bench.update(peer, 30, from: b)
        bench.update(peer, 90, from: c)
        bench.update(peer, .infinite, from: b)
        // Between two attempts of our own.
        bench.pass(.seconds(24))
        bench.settle()
        bench.request(peer.subnet, from: d)
        let sent = bench.take(c)
        #expect(
            sent.contains(.routeRequest(RouteRequest(generation: 1, prefix: .ipv6(peer.subnet))))
        )
        let seqnoRequest = SeqnoRequest(
            seqno: Seqno(1),
            routerID: peer.routerID,
            prefix: .ipv6(peer.subnet)
        )
        #expect(sent.contains(.seqnoRequest(seqnoRequest)))
    }
}
