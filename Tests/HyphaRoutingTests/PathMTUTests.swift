// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaRouting
import HyphaWire
import Testing

/// The greatest inner packet that a path takes whole: `Docs/protocol/hypha.md` section 5.
@Suite struct PathMTUTests {
    private let peer = Peer(2)

    private func learn(
        _ bench: Bench,
        _ pathMTU: UInt16?,
        metric: Metric = 30,
        seqno: UInt16 = 0,
        from link: LinkID
    ) {
        var update = peer.update(metric, seqno: seqno)
        update.pathMTU = pathMTU
        bench.handle(.update(update, from: link))
    }

    private func published(_ bench: Bench) -> [UInt16?] {
        bench.takeStates(of: peer.subnet).map { state in
            if case .selected(_, _, _, _, let pathMTU) = state { pathMTU } else { nil }
        }
    }

    private func told(_ bench: Bench, _ link: LinkID) -> [UInt16?] {
        bench.takeUpdates(link).filter { $0.prefix == .ipv6(peer.subnet) }.map(\.pathMTU)
    }

    @Test func theOwnSubnetHasNoLimitOfItsOwn() {
        let bench = Bench()
        bench.handle(.linkUp(LinkID(1), cost: 10, isExtended: true))
        bench.handle(.linkUp(LinkID(2), cost: 10))
        #expect(bench.takeUpdates(LinkID(1)).map(\.pathMTU) == [65_535])
        #expect(bench.takeUpdates(LinkID(2)).map(\.pathMTU) == [nil])
    }

    @Test func whatABaseNeighbourTellsTakes1340() {
        let bench = Bench()
        let (b, c, d) = (bench.link(), bench.link(pathMTU: 1400), bench.link())
        for said: UInt16? in [nil, 1280, 9000] {
            learn(bench, said, from: b)
            #expect(published(bench) == [1340])
        }
        #expect(told(bench, c) == [1340])
        #expect(told(bench, d) == [nil], "no sub-TLV for a base neighbour")
        bench.handle(.linkPathMTU(b, 1280))
        #expect(published(bench) == [], "a link to a base neighbour has no say")
    }

    @Test func theLeastOfPathAndLinkCounts() {
        for (said, link, expected) in [
            (1400, 1372, 1372), (1300, 1372, 1300), (65_535, 65_000, 65_000), (1000, 1372, 1280),
            (nil, 1400, 1340), (1400, 100, 1280),
        ] as [(UInt16?, UInt16, UInt16)] {
            let bench = Bench()
            let (b, c) = (bench.link(pathMTU: link), bench.link(pathMTU: 1452))
            learn(bench, said, from: b)
            #expect(published(bench) == [expected])
            #expect(told(bench, c) == [expected])
        }
    }

    @Test func aLinkThatSaysNothingTakes1280() {
        let bench = Bench()
        bench.handle(.linkUp(LinkID(1), cost: 10, isExtended: true))
        learn(bench, 1400, from: LinkID(1))
        #expect(published(bench) == [1280])
    }

    @Test func aSmallerPathIsToldAtOnceAndALargerOneWithTheNextUpdate() {
        let bench = Bench()
        let (b, c) = (bench.link(pathMTU: 1452), bench.link(pathMTU: 1452))
        learn(bench, 1400, from: b)
        #expect(told(bench, c) == [1400])
        bench.settle()
        learn(bench, 1352, from: b)
        #expect(published(bench) == [1352])
        #expect(told(bench, c) == [1352])
        learn(bench, 1416, from: b)
        #expect(published(bench) == [1416])
        #expect(told(bench, c) == [])
        bench.request(peer.subnet, from: c)
        #expect(told(bench, c) == [1416])
        // Less than what that one was told, though not less than what all were told.
        learn(bench, 1360, from: b)
        #expect(told(bench, c) == [1360])
    }

    @Test func aSmallerLinkIsToldForItsSelectedRoutesOnly() {
        let bench = Bench()
        let (b, c) = (bench.link(pathMTU: 1452), bench.link(pathMTU: 1452))
        let d = bench.link()
        learn(bench, 1400, from: b)
        learn(bench, 1400, metric: 300, from: d)
        bench.settle()
        bench.handle(.linkPathMTU(b, 1401))
        #expect(published(bench) == [], "the path is narrower than the link")
        bench.handle(.linkPathMTU(b, 1300))
        #expect(published(bench) == [1300])
        #expect(told(bench, c) == [1300])
        #expect(told(bench, d) == [nil], "the announcement is one for all")
        #expect(bench.takeUpdates(b) == [])
        bench.handle(.linkPathMTU(b, 1400))
        #expect(published(bench) == [1400])
        #expect(told(bench, c) == [])
        bench.handle(.linkPathMTU(LinkID(99), 1400))
        bench.handle(.linkPathMTU(c, 1300))
        #expect(published(bench) == [])
    }

    @Test func amongBaseNeighboursNothingIsAnnouncedForIt() {
        let bench = Bench()
        let (b, c) = (bench.link(pathMTU: 1452), bench.link())
        learn(bench, 1400, from: b)
        bench.settle()
        learn(bench, 1300, from: b)
        #expect(published(bench) == [1300])
        #expect(bench.take(c) == [])
    }

    @Test func anotherNextHopWithASmallerPathIsToldAtOnce() {
        let bench = Bench()
        let (b, c, d) = (
            bench.link(pathMTU: 1452), bench.link(pathMTU: 1300), bench.link(pathMTU: 1452)
        )
        learn(bench, 1400, metric: 30, from: b)
        learn(bench, 1400, metric: 25, from: c)
        bench.settle()
        // The same total metric within ten, so only the path MTU is news.
        bench.handle(.linkDown(b))
        #expect(published(bench).last == 1300)
        #expect(told(bench, d).last == 1300)
    }

    @Test func anInfeasibleUpdateOfTheSelectedRouteStillCounts() {
        let bench = Bench()
        let (b, c) = (bench.link(pathMTU: 1452), bench.link(pathMTU: 1452))
        learn(bench, 1400, metric: 30, from: b)
        bench.settle()
        learn(bench, 1290, metric: 90, from: b)
        #expect(bench.engine.counters.updatesInfeasible == 1)
        #expect(published(bench).last == 1290)
        #expect(told(bench, c) == [1290])
        #expect(bench.engine.selectedRoutes(now: bench.now).map(\.pathMTU) == [1290])
    }

    @Test func aFlappingPathIsPacedLikeAFlappingRoute() {
        let bench = Bench()
        let (b, c) = (bench.link(pathMTU: 1452), bench.link(pathMTU: 1452))
        learn(bench, 1452, from: b)
        bench.settle()
        for step in 0..<150 as Range<UInt16> { learn(bench, 1450 - step, from: b) }
        #expect(told(bench, c).count <= Limits.prefixUpdatesBurst)
        #expect(bench.engine.counters.updatesDeferred >= 1)
        bench.pass(.seconds(60))
        #expect(told(bench, c).last == 1301)
    }
}
