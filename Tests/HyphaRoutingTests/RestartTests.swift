// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaRouting
import HyphaWire
import Testing

/// Two sources of one prefix: what feasibility does not cover.
struct RestartTests {
    private let old = Peer(2, tail: 1)
    private let new = Peer(2, tail: 2)

    @Test func aRestartOnTheSameWayIsFollowedAtOnce() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        bench.update(old, 100, from: b)
        bench.settle()
        bench.update(new, 100, from: b)
        #expect(bench.nextHop(of: old.subnet) == b)
        #expect(bench.takeUpdates(c).map(\.routerID) == [new.routerID])
    }

    @Test func aLongerWayToTheNewSourceWaitsUntilTheRetractionHasArrived() {
        let bench = Bench()
        let (b, c, d) = (bench.link(), bench.link(), bench.link())
        bench.update(old, 100, from: b)
        bench.update(new, 110, from: c)
        bench.settle()
        bench.handle(.linkDown(b))
        #expect(bench.nextHop(of: old.subnet) == nil, "110 may be a way through ourselves")
        #expect(bench.takeUpdates(d).map(\.metric) == [.infinite])
        bench.pass(.milliseconds(5999))
        #expect(bench.nextHop(of: old.subnet) == nil)
        bench.pass(.milliseconds(1))
        #expect(bench.nextHop(of: old.subnet) == c)
        #expect(bench.takeUpdates(d).map(\.metric) == [120])
    }

    @Test func aShorterWayToTheNewSourceIsTakenAtOnce() {
        let bench = Bench()
        let (b, c, d) = (bench.link(), bench.link(), bench.link())
        bench.update(old, 100, from: b)
        bench.update(new, 109, from: c)
        bench.settle()
        bench.handle(.linkDown(b))
        #expect(bench.nextHop(of: old.subnet) == c)
        #expect(bench.takeUpdates(d).map(\.routerID) == [new.routerID])
    }

    @Test func theNextHopToTheNewSourceForgetsWhatItKnewFromUs() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        bench.update(old, 100, from: b)
        bench.update(new, 50, from: c)
        #expect(bench.nextHop(of: old.subnet) == c)
        #expect(bench.takeUpdates(c).map(\.metric) == [110, .infinite])
    }

    @Test func whoToldNobodyNeedNotWait() {
        let bench = Bench()
        let b = bench.link()
        bench.update(old, 100, from: b)
        bench.update(new, 400, from: b)
        #expect(bench.engine.selectedRoutes(now: bench.now).map(\.metric) == [400])
    }
}
