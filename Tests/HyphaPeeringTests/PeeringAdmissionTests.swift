// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaPeering
import Testing

@Suite struct PeeringAdmissionTests {
    private func started(
        _ configuration: PeeringConfiguration = PeeringConfiguration()
    )
        -> PeeringBench
    {
        let bench = PeeringBench(configuration)
        bench.handle(.start)
        return bench
    }

    @Test func oneAddressHoldsSixteenLinksOfAThousand() {
        let bench = started()
        var admitted = 0
        for port in 0..<1000 {
            let remote = PeeringBench.remote(1, port: UInt16(port))
            guard bench.admits(remote) else { continue }
            let outputs = bench.accept(from: remote).outputs
            #expect(outputs == [])
            admitted += 1
        }
        #expect(admitted == Limits.inboundLinksPerAddressMax)
        #expect(bench.counters.inboundRefused == 984)
        #expect(bench.admits(PeeringBench.remote(2)))
    }

    @Test func aLinkThatWasNotAskedForIsClosedAboveTheCeiling() {
        let bench = started()
        for _ in 0..<16 { _ = bench.accept(from: PeeringBench.remote(1)) }
        let (link, outputs) = bench.accept(from: PeeringBench.remote(1))
        #expect(
            outputs == [.close(link, .noRoom), .event(.ceilingReached(.inboundPerAddress))]
        )
        let (again, quiet) = bench.accept(from: PeeringBench.remote(1))
        #expect(quiet == [.close(again, .noRoom)], "told once a minute")
    }

    @Test func afterTenSecondsAnIdleLinkGivesWayToOneOfTheSameAddress() {
        let bench = started()
        var links: [LinkID] = []
        for _ in 0..<16 { links.append(bench.accept(from: PeeringBench.remote(1)).link) }
        _ = bench.identify(links[0], as: 5)
        bench.now = bench.now + .milliseconds(9999)
        #expect(!bench.admits(PeeringBench.remote(1)))
        bench.now = bench.now + .milliseconds(1)
        #expect(bench.admits(PeeringBench.remote(1)))
        let (_, outputs) = bench.accept(from: PeeringBench.remote(1))
        #expect(outputs == [.close(links[1], .gaveWay)])
        #expect(bench.counters.unidentifiedClosed == 1)
    }

    @Test func aSlash64CountsTogetherButLinkLocalAddressesDoNot() {
        func global(_ low: UInt64) -> SocketAddress {
            let address = IPv6Address(high: 0x2001_0db8_0000_0000, low: low)
            return SocketAddress(host: .v6(address, scope: 0), port: 1)
        }
        let bench = started()
        for low in 0..<64 {
            #expect(bench.admits(global(UInt64(low))))
            _ = bench.accept(from: global(UInt64(low)))
        }
        #expect(!bench.admits(global(99)))
        for low in 0..<100 {
            let remote = PeeringBench.linkLocal(UInt64(low))
            #expect(bench.admits(remote))
            _ = bench.accept(from: remote)
        }
        let loopback = SocketAddress(
            host: .v6(IPv6Address(high: 0, low: 1), scope: 0),
            port: 1
        )
        #expect(bench.admits(loopback))
    }

    @Test func whenAllPlacesAreTakenTheOldestUnidentifiedGivesWay() {
        let bench = started()
        var links: [LinkID] = []
        for host in 1...384 {
            links.append(bench.accept(from: PeeringBench.remote(UInt32(host))).link)
        }
        for link in links.dropFirst(2) { _ = bench.identify(link, as: UInt64(link.value)) }
        let late = bench.accept(from: PeeringBench.remote(1000))
        #expect(late.outputs == [.close(links[0], .gaveWay)])
        _ = bench.identify(late.link, as: 5000)
        let later = bench.accept(from: PeeringBench.remote(1001))
        #expect(later.outputs == [.close(links[1], .gaveWay)])
        _ = bench.identify(later.link, as: 5001)
        #expect(!bench.admits(PeeringBench.remote(1002)))
        let (link, outputs) = bench.accept(from: PeeringBench.remote(1002))
        #expect(outputs == [.close(link, .noRoom), .event(.ceilingReached(.links))])
        bench.handle(.linkDown(later.link))
        #expect(bench.admits(PeeringBench.remote(1002)))
    }

    @Test func anUnidentifiedLinkLivesAMinuteWhereThereIsRoom() {
        let bench = started()
        let link = bench.accept(from: PeeringBench.remote(1)).link
        let named = bench.accept(from: PeeringBench.remote(2)).link
        _ = bench.identify(named, as: 5)
        let start = bench.now
        bench.run(until: start + .milliseconds(59_999))
        #expect(bench.log.allSatisfy { $0.output.closedLink == nil })
        bench.run(until: start + .seconds(500))
        let closed = bench.log.filter { $0.output.closedLink != nil }
        #expect(closed.map(\.output) == [.close(link, .unidentified)])
        #expect(closed.map(\.at) == [start + .seconds(60)])
    }

    @Test func whereLinksAreScarceUnidentifiedOnesLiveTenSeconds() {
        let bench = started()
        let start = bench.now
        for host in 1...300 { _ = bench.accept(from: PeeringBench.remote(UInt32(host))) }
        bench.run(until: start + .milliseconds(9999))
        #expect(bench.log.allSatisfy { $0.output.closedLink == nil })
        bench.run(until: start + .seconds(10))
        let closed = bench.log.compactMap(\.output.closedLink)
        #expect(closed.count == 13, "until a quarter of the places is free again")
        #expect(closed == (1...13).map { LinkID($0) })
    }

    @Test func aQuarterOfThePlacesIsKeptForStaticPeers() {
        let endpoints = (1...130).map { PeeringBench.endpoint($0) }
        let bench = PeeringBench(PeeringConfiguration(staticPeers: endpoints))
        let dials = bench.handle(.start).compactMap(\.dialID)
        for host in 1...384 {
            let link = bench.accept(from: PeeringBench.remote(UInt32(1000 + host))).link
            _ = bench.identify(link, as: UInt64(host))
        }
        for dial in dials.prefix(128) { #expect(bench.outputs(connecting: dial) == []) }
        let (link, outputs) = bench.connect(dials[128])
        #expect(outputs.first == .close(link, .noRoom))
        #expect(bench.peers[128].lastFailure == .noRoom)
        #expect(bench.counters.dialsRefused == 1)
        bench.run(until: bench.now + .seconds(1))
        #expect(bench.dialTimes.count == 130, "no dial without a place")
    }

    @Test func aDialledLinkReplacesAnUnidentifiedOneWhenAllIsFull() {
        var configuration = PeeringConfiguration(linksMax: 8)
        configuration.staticPeers = (1...3).map { PeeringBench.endpoint($0) }
        let bench = PeeringBench(configuration)
        let dials = bench.handle(.start).compactMap(\.dialID)
        let idle = bench.accept(from: PeeringBench.remote(100)).link
        for host in 1...5 { _ = bench.accept(from: PeeringBench.remote(UInt32(200 + host))) }
        #expect(bench.outputs(connecting: dials[0]) == [])
        #expect(bench.outputs(connecting: dials[1]) == [])
        #expect(bench.outputs(connecting: dials[2]) == [.close(idle, .gaveWay)])
    }

    @Test func theConfiguredNumberOfLinksStaysWithinTheCeiling() {
        #expect(PeeringConfiguration(linksMax: 100_000).linksMax == Limits.neighboursMax)
        #expect(PeeringConfiguration(linksMax: -1).linksMax == 4)
    }

    @Test func aSecondIdentityOfALinkIsIgnored() {
        let bench = started()
        let link = bench.accept(from: PeeringBench.remote(1)).link
        _ = bench.identify(link, as: 5)
        #expect(bench.identify(link, as: 6) == [])
        #expect(bench.publicKey(of: link) == PeeringBench.routerID(5).publicKey)
    }
}
