// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaRouting
import HyphaWire
import Testing

/// The cases of `Tests/Conformance/cases_requests.py`, in virtual time; names as there.
struct ConformanceRequestTests {
    @Test func routeRequestOwn() {
        let bench = Bench()
        let (b, c) = (bench.link(), bench.link())
        let own = Peer(1000)
        for prefix in [
            own.subnet, Prefix(own.address, length: 128), Prefix(own.address, length: 80),
        ] {
            bench.request(prefix, from: b)
            let updates = bench.takeUpdates(b)
            #expect(updates.map(\.prefix) == [.ipv6(own.subnet)])
            #expect(updates.map(\.metric) == [0])
            #expect(bench.take(c) == [])
        }
    }

    @Test func routeRequestKnown() {
        let bench = Bench()
        let (b, c, d) = (bench.link(), bench.link(), bench.link())
        let peer = Peer(2)
        bench.update(peer, 0, from: b)
        bench.settle()
        bench.request(peer.subnet, from: c)
        #expect(bench.takeUpdates(c).map(\.metric) == [10])
        bench.request(peer.subnet, from: b)
        #expect(bench.take(b) == [])
        #expect(bench.take(d) == [])
    }

    @Test func routeRequestForward() {
        let bench = Bench()
        let (b, c, d) = (bench.link(), bench.link(), bench.link())
        let peer = Peer(6)
        bench.request(peer.subnet, from: b)
        let passedOn = RouteRequest(generation: 1, prefix: .ipv6(peer.subnet))
        #expect(bench.take(c) == [.routeRequest(passedOn)])
        #expect(bench.take(d) == [.routeRequest(passedOn)])
        bench.request(peer.subnet, from: b)
        bench.pass(.milliseconds(700))
        #expect(bench.take(c) == [])
        #expect(bench.take(b) == [])
        bench.update(peer, 50, from: c)
        #expect(bench.takeUpdates(b).map(\.metric) == [60])
    }

    @Test func wildcardRequest() {
        let bench = Bench()
        let (b, c, d) = (bench.link(), bench.link(), bench.link())
        for (number, link) in [(2, b), (3, c), (4, d)] as [(UInt64, LinkID)] {
            bench.update(Peer(number), 0, from: link)
        }
        bench.settle()
        bench.handle(.routeRequest(RouteRequest(generation: 0, prefix: .wildcard), from: d))
        let prefixes = bench.takeUpdates(d).map(\.prefix)
        let expected = [Peer(2).subnet, Peer(3).subnet, Peer(1000).subnet]
        #expect(prefixes == expected.map { .ipv6($0) }, "own subnet last")
    }
}
