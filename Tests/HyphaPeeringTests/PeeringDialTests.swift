// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaPeering
import HyphaWire
import Testing

@Suite struct PeeringDialTests {
    private let endpoint = PeeringBench.endpoint(1)
    private var one: PeeringConfiguration { PeeringConfiguration(staticPeers: [endpoint]) }

    @Test func nothingHappensBeforeTheStart() {
        let bench = PeeringBench(one)
        #expect(bench.deadline == nil)
        #expect(bench.handle(.timer) == [])
        let outputs = bench.handle(.interfaces([PeeringBench.interface(2)]))
        #expect(outputs == [.setDiscoveryMembership(interfaceIndexes: [2])])
        #expect(bench.beacon(1) == [])
    }

    @Test func everyStaticPeerIsDialledAtOnceAndOnlyOnce() {
        let endpoints = (1...5).map { PeeringBench.endpoint($0) }
        let bench = PeeringBench(PeeringConfiguration(staticPeers: endpoints + endpoints))
        let outputs = bench.handle(.start)
        #expect(outputs == endpoints.enumerated().map { .dial(DialID(UInt64($0 + 1)), $1) })
        #expect(bench.handle(.start) == [])
        bench.run(until: bench.now + .seconds(14))
        #expect(bench.dialTimes.count == 5)
    }

    @Test(arguments: 1...20)
    func redialsComeTwiceASecondForAMinuteThenSlowDownToFiveSeconds(seed: UInt64) {
        let bench = PeeringBench(one, seed: seed)
        let start = bench.now
        bench.fail(bench.handle(.start), .refused)
        bench.run(until: start + .seconds(600), dialsFail: .refused)
        let times = bench.dialTimes
        let gaps = zip(times, times.dropFirst()).map { ($0, $1.elapsed(since: $0)) }
        for (at, gap) in gaps {
            if at < start + .seconds(60) {
                #expect(gap >= .milliseconds(400))
                #expect(gap <= .milliseconds(600))
            }
            #expect(gap <= .seconds(5))
            if at > start + .seconds(80) { #expect(gap >= .milliseconds(3333)) }
        }
        #expect(times.last.map { $0 > start + .seconds(594) } == true, "it never gives up")
    }

    @Test func aPeerHasOneDialInFlightAndTheGuardEndsAHangingOne() {
        let bench = PeeringBench(one)
        let start = bench.now
        bench.handle(.start)
        bench.run(until: start + .milliseconds(30_700))
        #expect(bench.log.map(\.output).contains(.cancelDial(DialID(1))))
        let canceled = bench.log.first { $0.output == .cancelDial(DialID(1)) }
        #expect(canceled?.at == start + .seconds(30))
        #expect(bench.dialTimes.count == 2)
        #expect(bench.peers[0].lastFailure == .noAnswer)
        #expect(bench.handle(.dialFailed(DialID(1), .refused)) == [], "it was cancelled")
        #expect(bench.peers[0].failures == 1)
    }

    @Test func aLinkForACancelledDialIsClosed() {
        let bench = PeeringBench(one)
        bench.handle(.start)
        bench.run(until: bench.now + .seconds(30))
        let (link, outputs) = bench.connect(DialID(1))
        #expect(outputs == [.close(link, .unwanted)])
    }

    @Test func aLostLinkIsRedialledEagerlyHoweverLongTheWaitsWere() {
        let bench = PeeringBench(one)
        bench.fail(bench.handle(.start), .timedOut)
        bench.run(until: bench.now + .seconds(300), dialsFail: .timedOut)
        bench.run(until: bench.now + .seconds(5))
        let (link, outputs) = bench.connect(bench.log.last?.output.dialID)
        #expect(outputs == [])
        #expect(bench.peers[0].state == .connected(link))
        #expect(bench.peers[0].lastFailure == .dial(.timedOut))
        bench.now = bench.now + .seconds(11)
        bench.handle(.linkDown(link))
        let lost = bench.now
        #expect(bench.peers[0].failures == 0)
        #expect(bench.peers[0].lastFailure == .linkLost)
        let dials = bench.dialTimes.count
        bench.run(until: lost + .seconds(10), dialsFail: .refused)
        let gaps = bench.dialTimes.dropFirst(dials)
        #expect(gaps.first.map { $0 <= lost + .milliseconds(600) } == true)
        #expect(gaps.count >= 16)
    }

    @Test func aHostThatAcceptsAndClosesIsNotRedialledEagerlyForEver() {
        let bench = PeeringBench(one)
        let start = bench.now
        bench.handle(.start)
        while bench.now < start + .seconds(300) {
            let link = bench.connect(bench.log.last?.output.dialID).link
            bench.handle(.linkDown(link))
            guard let deadline = bench.deadline else { break }
            bench.now = deadline.instant
            bench.handle(.timer)
        }
        let late = bench.dialTimes.filter { $0 > start + .seconds(100) }
        #expect(late.count < 200 / 3)
        #expect(late.count > 200 / 6)
    }

    @Test func anInboundLinkOfTheSameNodeDoesNotStopTheDials() {
        let bench = PeeringBench(one)
        bench.fail(bench.handle(.start), .refused)
        let link = bench.accept(from: PeeringBench.remote(1)).link
        _ = bench.identify(link, as: 7)
        let before = bench.dialTimes.count
        bench.run(until: bench.now + .seconds(2), dialsFail: .refused)
        #expect(bench.dialTimes.count > before)
    }

    @Test func diallingOurselvesClosesTheLinkAndBacksOff() {
        let bench = PeeringBench(one)
        let start = bench.now
        let dial = bench.handle(.start).first?.dialID
        let link = bench.connect(dial).link
        let outputs = bench.handle(.linkIdentified(link, PeeringBench.identity))
        #expect(outputs == [.close(link, .ourselves), .event(.ourselves(.endpoint(endpoint)))])
        #expect(bench.peers[0].lastFailure == .ourselves)
        bench.handle(.linkDown(link))
        bench.run(until: start + .seconds(47))
        #expect(bench.dialTimes.count == 1)
        bench.run(until: start + .seconds(73))
        #expect(bench.dialTimes.count == 2)
        let inbound = bench.accept(from: PeeringBench.remote(9)).link
        #expect(
            bench.handle(.linkIdentified(inbound, PeeringBench.identity))
                == [.close(inbound, .ourselves)]
        )
    }

    @Test func aHandshakeWithOurselvesBacksOffAsWell() {
        let bench = PeeringBench(one)
        let start = bench.now
        guard let dial = bench.handle(.start).first?.dialID else {
            Issue.record("no dial")
            return
        }
        #expect(
            bench.handle(.dialFailed(dial, .ourselves)) == [.event(.ourselves(.endpoint(endpoint)))]
        )
        #expect(bench.peers[0].lastFailure == .ourselves)
        bench.run(until: start + .seconds(47))
        #expect(bench.dialTimes.count == 1)
        bench.run(until: start + .seconds(73))
        #expect(bench.dialTimes.count == 2)
    }

    @Test func anotherNodeWithOurKeyIsReportedOnceAMinute() {
        let bench = PeeringBench(one)
        bench.handle(.start)
        let clone = PeeringBench.routerID(0x8000, tail: 99)
        let first = bench.accept(from: PeeringBench.remote(1)).link
        #expect(bench.handle(.linkIdentified(first, clone)) == [.event(.ownKeyElsewhere(first))])
        let second = bench.accept(from: PeeringBench.remote(2)).link
        #expect(bench.handle(.linkIdentified(second, clone)) == [])
        bench.now = bench.now + .seconds(61)
        let third = bench.accept(from: PeeringBench.remote(3)).link
        let outputs = bench.handle(.linkIdentified(third, clone))
        #expect(outputs.contains(.event(.ownKeyElsewhere(third))))
    }

    @Test func aFailureIsReportedOnceUntilALinkStands() {
        let bench = PeeringBench(one)
        let unreachable = PeeringOutput.event(
            .unreachable(.endpoint(endpoint), .dial(.refused))
        )
        bench.fail(bench.handle(.start), .refused)
        bench.run(until: bench.now + .seconds(30), dialsFail: .refused)
        #expect(bench.log.count { $0.output == unreachable } == 1)
        bench.run(until: bench.now + .seconds(1))
        let link = bench.connect(bench.log.last?.output.dialID).link
        bench.handle(.linkDown(link))
        bench.run(until: bench.now + .seconds(30), dialsFail: .refused)
        #expect(bench.log.count { $0.output == unreachable } == 2)
        let reports = bench.log.count {
            if case .event(.unreachable) = $0.output { true } else { false }
        }
        #expect(reports == 2, "the loss of a link is told elsewhere")
    }

    @Test func peersComeAndGoAtRunTime() {
        let bench = PeeringBench()
        bench.handle(.start)
        #expect(bench.addition(of: endpoint) == .possible)
        #expect(bench.handle(.addPeer(endpoint)) == [.dial(DialID(1), endpoint)])
        #expect(bench.addition(of: endpoint) == .known)
        #expect(bench.handle(.addPeer(endpoint)) == [])
        #expect(bench.hasPeer(endpoint))
        #expect(bench.handle(.removePeer(endpoint)) == [.cancelDial(DialID(1))])
        #expect(!bench.hasPeer(endpoint))
        #expect(bench.handle(.removePeer(endpoint)) == [])

        bench.handle(.addPeer(endpoint))
        let link = bench.connect(DialID(2)).link
        #expect(bench.peer(of: link) == .endpoint(endpoint))
        #expect(bench.handle(.removePeer(endpoint)) == [.close(link, .peerRemoved)])
        bench.handle(.linkDown(link))
        #expect(bench.deadline?.reason != "dial")
        #expect(bench.peers.isEmpty)
    }

    @Test func staticPeersHaveACeiling() {
        let endpoints = (1...300).map { PeeringBench.endpoint($0) }
        let bench = PeeringBench(PeeringConfiguration(staticPeers: endpoints))
        #expect(bench.peers.count == Limits.staticPeersMax)
        #expect(bench.counters.staticPeersRefused == 44)
        let further = PeeringBench.endpoint(1000)
        #expect(bench.addition(of: further) == .full)
        bench.handle(.removePeer(endpoints[0]))
        #expect(bench.addition(of: further) == .possible)
        bench.handle(.addPeer(further))
        bench.now = bench.now + .seconds(100)
        let outputs = bench.handle(.addPeer(endpoints[0]))
        #expect(outputs == [.event(.ceilingReached(.staticPeers))])
        #expect(bench.handle(.addPeer(endpoints[0])) == [], "told once a minute")
    }

    @Test func aNetworkChangeCutsWaitsShortAtALimitedRate() {
        let bench = PeeringBench(one)
        bench.fail(bench.handle(.start), .unreachable)
        bench.run(until: bench.now + .seconds(300), dialsFail: .unreachable)
        var host: UInt32 = 0
        func change() -> PeeringInput {
            host += 1
            let address = SocketAddress.Host.v4(IPv4Address(bits: host))
            return .interfaces([PeeringBench.interface(2, addresses: [address])])
        }
        let before = bench.dialTimes.count
        for _ in 0..<100 {
            bench.fail(bench.handle(change()), .unreachable)
        }
        #expect(bench.dialTimes.count == before + Limits.redialCutsBurst)
        bench.run(until: bench.now + .seconds(10), dialsFail: .unreachable)
        #expect(bench.dialTimes.count >= before + 16, "the eager minute begins anew")
    }

    @Test func aLossOfAnInterfaceCutsNothingShort() {
        let bench = PeeringBench(one)
        let up = PeeringBench.interface(2)
        bench.handle(.interfaces([up]))
        bench.fail(bench.handle(.start), .unreachable)
        bench.run(until: bench.now + .seconds(300), dialsFail: .unreachable)
        let before = bench.dialTimes.count
        bench.handle(.interfaces([PeeringBench.interface(2, isUp: false)]))
        #expect(bench.dialTimes.count == before)
        bench.handle(.interfaces([up]))
        #expect(bench.dialTimes.count == before + 1)
    }

    @Test func equalSeedsGiveEqualRuns() {
        func run(_ seed: UInt64) -> [Instant] {
            let endpoints = (1...20).map { PeeringBench.endpoint($0) }
            let bench = PeeringBench(PeeringConfiguration(staticPeers: endpoints), seed: seed)
            bench.fail(bench.handle(.start), .refused)
            bench.run(until: bench.now + .seconds(100), dialsFail: .refused)
            return bench.dialTimes
        }
        #expect(run(5) == run(5))
        #expect(run(5) != run(6))
    }
}
