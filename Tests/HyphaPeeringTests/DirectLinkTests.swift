// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaPeering
import HyphaWire
import Testing

/// Links to partners of sessions: who is tried, when, and what such a link gives way to.
@Suite struct DirectLinkTests {
    private func bench(
        peers: [Endpoint] = [],
        linksMax: Int = Limits.neighboursMax,
        isEnabled: Bool = true
    ) -> PeeringBench {
        let bench = PeeringBench(
            PeeringConfiguration(
                staticPeers: peers,
                linksMax: linksMax,
                makesDirectLinks: isEnabled
            )
        )
        bench.handle(.interfaces([PeeringBench.interface(2)]))
        bench.handle(.start)
        return bench
    }

    private static func key(_ number: UInt64) -> PublicKey {
        PeeringBench.routerID(number).publicKey
    }

    private static func candidate(_ number: UInt32, port: UInt16 = 9652) -> SocketAddress {
        SocketAddress(host: .v4(IPv4Address(bits: 0xc000_0200 + number)), port: port)
    }

    /// Packets of a session with a node; the dial and endpoints that this leads to.
    @discardableResult
    private func use(
        _ bench: PeeringBench,
        _ number: UInt64,
        at candidates: [SocketAddress] = [candidate(7)],
        sent: UInt64 = 50,
        received: UInt64 = 50
    ) -> (dial: DialID, endpoints: [SocketAddress])? {
        let use = SessionUse(
            key: Self.key(number),
            candidates: candidates,
            sentPackets: sent,
            receivedPackets: received
        )
        for output in bench.handle(.sessionUsed(use)) {
            if case .probe(let dial, let endpoints, let key) = output {
                #expect(key == Self.key(number))
                return (dial, endpoints)
            }
        }
        return nil
    }

    /// A direct link to a node, made by this end.
    private func linked(_ bench: PeeringBench, _ number: UInt64) throws -> LinkID {
        let dial = try #require(use(bench, number)).dial
        let link = bench.connect(dial, to: Self.candidate(7)).link
        bench.handle(.linkAuthenticated(link, Self.key(number)))
        return link
    }

    /// Lets time pass, a direct link being used as long as told.
    private func pass(
        _ bench: PeeringBench,
        _ duration: Duration,
        used links: [LinkID] = [],
        selected isSelected: Bool = true
    ) -> [PeeringOutput] {
        var outputs: [PeeringOutput] = []
        let end = bench.now + duration
        while bench.now < end {
            bench.now = min(end, bench.now + .seconds(10))
            let all = bench.directLinks
            let uses = all.map { link in
                DirectLinkUse(
                    link: link,
                    usedAt: links.contains(link) ? bench.now : .zero,
                    isSelected: isSelected
                )
            }
            outputs += bench.handle(.directLinksUsed(uses))
            outputs += bench.handle(.timer)
        }
        return outputs
    }

    // MARK: - Who and when

    @Test func onlyMuchTrafficBothWaysIsWorthALink() {
        let bench = bench()
        #expect(use(bench, 1, sent: 8, received: 7) == nil)
        #expect(use(bench, 2, sent: 1000, received: 0) == nil)
        #expect(use(bench, 3, sent: 0, received: 1000) == nil)
        #expect(use(bench, 4, at: []) == nil)
        #expect(bench.peers.isEmpty)
        #expect(use(bench, 5)?.endpoints == [Self.candidate(7)])
        // Slow traffic is little traffic, however long it goes on.
        for _ in 0..<100 {
            bench.now = bench.now + .seconds(11)
            #expect(use(bench, 1, sent: 4, received: 4) == nil)
        }
        #expect(use(bench, 1, sent: 4, received: 4) != nil)
    }

    @Test func nothingIsTriedWhenItIsSwitchedOff() {
        let bench = bench(isEnabled: false)
        #expect(use(bench, 1) == nil)
    }

    @Test func aNodeWithALinkIsNotTried() {
        let bench = bench()
        let (link, _) = bench.accept(from: PeeringBench.remote(1))
        _ = bench.identify(link, as: 1)
        #expect(use(bench, 1) == nil)
        bench.handle(.linkDown(link))
        #expect(use(bench, 1) != nil)
        #expect(use(bench, 1) == nil, "it is being tried")
    }

    @Test func ownAddressesAreNotTried() {
        let bench = bench()
        let own = Self.candidate(9)
        let interface = PeeringBench.interface(3, addresses: [own.host])
        bench.handle(.interfaces([interface]))
        #expect(use(bench, 1, at: [own]) == nil)
        #expect(use(bench, 1, at: [own, Self.candidate(7)])?.endpoints == [Self.candidate(7)])
    }

    @Test func noNodeIsTriedTwiceWithinAMinuteAndTheWaitDoubles() throws {
        let bench = bench()
        var gaps: [Int64] = []
        var last: Instant?
        for _ in 0..<9 {
            var probe = use(bench, 1)
            while probe == nil {
                bench.now = bench.now + .seconds(1)
                probe = use(bench, 1)
            }
            if let last { gaps.append(bench.now.elapsed(since: last).milliseconds / 1000) }
            last = bench.now
            bench.handle(.dialFailed(try #require(probe).dial, .timedOut))
            #expect(bench.peers.isEmpty)
        }
        for (gap, nominal) in zip(gaps, [60, 120, 240, 480, 960, 1920, 3600, 3600]) {
            #expect(Int64(nominal)...Int64(nominal * 5 / 4 + 2) ~= gap, "\(gaps)")
        }
    }

    @Test func otherEndpointsAreTriedAfterAMinuteWhateverTheWait() throws {
        let bench = bench()
        for round in 0..<6 {
            let dial = try #require(use(bench, 1, at: [Self.candidate(UInt32(round))])).dial
            bench.handle(.dialFailed(dial, .timedOut))
            bench.now = bench.now + .seconds(59)
            #expect(use(bench, 1, at: [Self.candidate(UInt32(round) + 1)]) == nil)
            bench.now = bench.now + .seconds(1)
        }
    }

    @Test func atMostFourEndpointsAreTried() {
        let bench = bench()
        let many = (0..<20).map { Self.candidate(UInt32($0)) }
        #expect(use(bench, 1, at: many)?.endpoints == Array(many.prefix(4)))
    }

    // MARK: - Ceilings

    @Test func soManyNodesAreTriedAtATime() throws {
        let bench = bench()
        var dials: [DialID] = []
        for number in 0..<UInt64(Limits.directProbesMax) {
            bench.now = bench.now + .milliseconds(250)
            dials.append(try #require(use(bench, 100 + number)).dial)
        }
        bench.now = bench.now + .seconds(1)
        #expect(use(bench, 1) == nil)
        #expect(bench.counters.directLinksRefused == 1)
        bench.handle(.dialFailed(dials[0], .timedOut))
        #expect(use(bench, 1) == nil, "a refused one waits")
        bench.now = bench.now + .seconds(10)
        #expect(use(bench, 1) != nil)
    }

    @Test func soManyEndpointsAreTriedASecond() {
        let bench = bench()
        let four = (0..<4).map { Self.candidate(UInt32($0)) }
        var count = 0
        // A swarm of keys that all name the same victim.
        for number in 0..<10_000 as Range<UInt64> {
            if let probe = use(bench, 1000 + number, at: four) {
                count += probe.endpoints.count
                bench.handle(.dialFailed(probe.dial, .timedOut))
            }
            bench.now = bench.now + .milliseconds(10)
        }
        let most = Limits.directEndpointsBurst + 100 * Limits.directEndpointsPerSecond
        #expect(most - 4...most ~= count, "\(count)")
        #expect(bench.counters.directEndpoints == UInt64(count))
        #expect(bench.counters.directLinksRefused > 0)
    }

    @Test func soManyPartnersAreRemembered() {
        let bench = bench()
        // Little traffic of many, then much of one that was among the first.
        for number in 0..<UInt64(Limits.directPartnersMax) + 1 {
            #expect(use(bench, 1000 + number, sent: 6, received: 6) == nil)
        }
        #expect(use(bench, 1000, sent: 2, received: 2) == nil, "it gave way to the last one")
        #expect(use(bench, 1100, sent: 2, received: 2) != nil)
        #expect(bench.counters.directLinksRefused == 0)
    }

    @Test func directLinksTakeAQuarterOfThePlacesAtMost() throws {
        let bench = bench(linksMax: 8)
        for number in 1...2 as ClosedRange<UInt64> {
            _ = try linked(bench, number)
        }
        #expect(use(bench, 3) == nil)
        #expect(bench.counters.directLinksRefused == 1)
        let all = self.bench()
        for number in 1...UInt64(Limits.directLinksMax) {
            all.now = all.now + .seconds(1)
            _ = try linked(all, number)
        }
        all.now = all.now + .seconds(1)
        #expect(use(all, 1000) == nil)
        #expect(all.counters.directLinksRefused == 1)
        #expect(all.directLinks.count == Limits.directLinksMax)
    }

    // MARK: - Life

    @Test func aDirectLinkIsShownAsOneAndClosedWhenNothingGoesOverIt() throws {
        let bench = bench()
        let link = try linked(bench, 1)
        let peer = try #require(bench.peers.first)
        #expect(peer.address == .direct(Self.candidate(7)))
        #expect(peer.state == .connected(link) && peer.publicKey == Self.key(1))
        #expect(bench.peer(of: link) == .direct(Self.candidate(7)))
        // While it is used it stays.
        #expect(pass(bench, .seconds(3600), used: [link]).allSatisfy { $0.closedLink == nil })
        #expect(pass(bench, .seconds(290)).allSatisfy { $0.closedLink == nil })
        let closed = pass(bench, .seconds(20))
        #expect(closed.contains(.close(link, .idle)))
        #expect(bench.peers.isEmpty && bench.counters.directLinksIdle == 1)
        // Nothing comes back by itself, and not at once.
        #expect(pass(bench, .seconds(40)).allSatisfy { $0.dialID == nil })
        #expect(use(bench, 1) == nil)
        bench.now = bench.now + .seconds(40)
        #expect(use(bench, 1) != nil)
    }

    @Test func theDeadlineIsThatOfTheIdleLink() throws {
        let bench = PeeringBench(
            PeeringConfiguration(isDiscoveryEnabled: false, makesDirectLinks: true)
        )
        bench.handle(.start)
        let began = bench.now
        _ = try linked(bench, 1)
        var looks = 0
        while let deadline = bench.deadline, bench.directLinks.count == 1 {
            bench.now = deadline.instant
            let link = bench.directLinks[0]
            let use = DirectLinkUse(link: link, usedAt: .zero, isSelected: true)
            bench.handle(.directLinksUsed([use]))
            looks += 1
        }
        #expect(bench.now == began + PeeringTimes.directIdle)
        #expect(looks == 10)
    }

    @Test func aLinkThatIsTheLongerWayIsGivenUp() throws {
        let bench = bench()
        let link = try linked(bench, 1)
        // Once is chance, or the cost was not known yet.
        #expect(pass(bench, .seconds(50), used: [link], selected: false).isEmpty)
        #expect(pass(bench, .seconds(40), used: [link]).allSatisfy { $0.closedLink == nil })
        let outputs = pass(bench, .seconds(70), used: [link], selected: false)
        #expect(outputs.contains(.close(link, .detour)))
        #expect(bench.counters.directLinksLonger == 1)
        #expect(use(bench, 1) == nil)
        #expect(bench.peers.isEmpty)
    }

    @Test func aLinkThatDoesNotLastIsTriedEverMoreRarely() throws {
        let bench = bench()
        var tries = 0
        let end = bench.now + .seconds(24 * 3600)
        while bench.now < end {
            if let dial = use(bench, 1)?.dial {
                tries += 1
                let link = bench.connect(dial).link
                bench.handle(.linkAuthenticated(link, Self.key(1)))
                bench.now = bench.now + .seconds(5)
                bench.handle(.linkDown(link))
                #expect(bench.peers.isEmpty)
            }
            bench.now = bench.now + .seconds(2)
        }
        #expect(20...32 ~= tries, "\(tries)")
    }

    @Test func aTryThatGetsNoAnswerIsGivenUp() throws {
        let bench = bench()
        let dial = try #require(use(bench, 1)).dial
        let outputs = pass(bench, .seconds(40))
        #expect(outputs.contains(.cancelDial(dial)))
        #expect(bench.peers.isEmpty)
        #expect(
            outputs.allSatisfy { output in
                if case .event = output { false } else { true }
            }
        )
    }

    // MARK: - Others go first

    @Test func aStaticPeerTakesADirectLinkOver() throws {
        let bench = bench(peers: [PeeringBench.endpoint(1)])
        let dial = try #require(bench.log.compactMap(\.output.dialID).first)
        let link = try linked(bench, 1)
        bench.handle(.dialJoined(dial, link))
        #expect(bench.peers.map(\.address) == [.endpoint(PeeringBench.endpoint(1))])
        #expect(bench.peer(of: link) == .endpoint(PeeringBench.endpoint(1)))
        #expect(bench.directLinks.isEmpty)
        #expect(pass(bench, .seconds(1000)).allSatisfy { $0.closedLink == nil })
    }

    @Test func aNeighbourOnTheLocalNetworkIsDialledAllTheSame() throws {
        let bench = bench()
        let link = try linked(bench, 1)
        bench.now = bench.now + .seconds(10)
        let dials = bench.beacon(1).compactMap(\.dialID)
        let dial = try #require(dials.first)
        let stream = bench.connect(dial, to: PeeringBench.linkLocal(1)).link
        bench.handle(.linkMerged(stream, into: link))
        #expect(bench.peers.map(\.address) == [.discovered(PeeringBench.linkLocal(1, port: 9651))])
        #expect(bench.directLinks.isEmpty)
    }

    @Test func aDirectLinkMakesRoomForAPeer() throws {
        let bench = bench(linksMax: 4)
        let direct = try linked(bench, 1)
        for number in 2...3 as ClosedRange<UInt64> {
            let (link, _) = bench.accept(from: PeeringBench.remote(UInt32(number)))
            _ = bench.identify(link, as: number)
        }
        bench.now = bench.now + .seconds(10)
        let dial = try #require(bench.beacon(9).compactMap(\.dialID).first)
        let (link, outputs) = bench.connect(dial, to: PeeringBench.linkLocal(9))
        #expect(outputs.contains(.close(direct, .gaveWay)))
        #expect(bench.peer(of: link) != nil)
        #expect(bench.peers.count == 1)
        // A stranger is none.
        let other = self.bench(linksMax: 4)
        _ = try linked(other, 1)
        for number in 2...3 as ClosedRange<UInt64> {
            let (link, _) = other.accept(from: PeeringBench.remote(UInt32(number)))
            _ = other.identify(link, as: number)
        }
        #expect(!other.admits(PeeringBench.remote(50)))
    }

    // MARK: - The other end

    @Test func theEndThatIsCalledFirstStopsLooking() throws {
        let bench = bench()
        let dial = try #require(use(bench, 1)).dial
        let (link, _) = bench.accept(from: Self.candidate(7))
        let outputs = bench.handle(.linkAuthenticated(link, Self.key(1)))
        #expect(outputs.contains(.cancelDial(dial)))
        bench.handle(.foundUs(link, Self.candidate(7)))
        #expect(bench.peers.map(\.address) == [.direct(Self.candidate(7))])
        #expect(bench.isDirect(Self.key(1)))
        // The other end made it, and ends it.
        #expect(bench.directLinks.isEmpty)
        #expect(pass(bench, .seconds(1000)).allSatisfy { $0.closedLink == nil })
        bench.handle(.linkDown(link))
        #expect(bench.peers.isEmpty)
        #expect(use(bench, 1) == nil)
    }

    @Test func theEndThatNeverTriedWaitsTooWhenTheLinkEnds() {
        let bench = bench()
        let (link, _) = bench.accept(from: Self.candidate(7))
        bench.handle(.linkAuthenticated(link, Self.key(1)))
        bench.handle(.foundUs(link, Self.candidate(7)))
        bench.now = bench.now + .seconds(5)
        bench.handle(.linkDown(link))
        #expect(use(bench, 1) == nil)
        bench.now = bench.now + .seconds(76)
        #expect(use(bench, 1) != nil)
    }

    @Test func aCallerThatWasToldNothingIsAnOrdinaryOne() {
        let bench = bench()
        let (link, _) = bench.accept(from: Self.candidate(7))
        bench.handle(.linkAuthenticated(link, Self.key(1)))
        #expect(bench.peers.isEmpty && bench.peer(of: link) == nil)
    }

    @Test func directLinksOfOtherEndsCountToo() {
        let bench = bench(linksMax: 8)
        for number in 1...3 as ClosedRange<UInt64> {
            let (link, _) = bench.accept(from: PeeringBench.remote(UInt32(number)))
            bench.handle(.linkAuthenticated(link, Self.key(number)))
            bench.handle(.foundUs(link, PeeringBench.remote(UInt32(number))))
        }
        #expect(bench.peers.count == 2)
        #expect(use(bench, 4) == nil)
    }
}
