// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaPeering
import HyphaWire
import Testing

/// What sealed links mean for peers: proven keys, several peers that are one node, carriers that
/// join a link.
@Suite struct PeeringSealedTests {
    private let key = PeeringBench.routerID(7).publicKey

    /// Peers 1 and 2 being dialled.
    private func two() -> (PeeringBench, [DialID]) {
        let bench = PeeringBench(
            PeeringConfiguration(staticPeers: (1...2).map { PeeringBench.endpoint($0) })
        )
        return (bench, bench.handle(.start).compactMap(\.dialID))
    }

    @Test func aProvenKeyIsAsGoodAsAnUpdate() {
        let bench = PeeringBench()
        bench.handle(.start)
        let (link, _) = bench.accept(from: PeeringBench.remote(1))
        let (silent, _) = bench.accept(from: PeeringBench.remote(2))
        #expect(bench.handle(.linkAuthenticated(link, key)) == [])
        #expect(bench.publicKey(of: link) == key)
        bench.run(until: bench.now + .seconds(600))
        let closed = bench.log.compactMap(\.output.closedLink)
        #expect(closed == [silent], "the other one never said who it is")
    }

    @Test func aProvenKeyIsKnownOfThePeerThatLedThere() {
        let (bench, dials) = two()
        let (link, _) = bench.connect(dials[0])
        bench.handle(.linkAuthenticated(link, key))
        #expect(bench.peers.map(\.publicKey) == [key, nil])
        #expect(bench.handle(.linkAuthenticated(LinkID(99), key)) == [], "unknown links")
    }

    @Test func aDialThatJoinsALinkSatisfiesItsPeer() {
        let (bench, dials) = two()
        let (link, _) = bench.connect(dials[0])
        bench.handle(.linkAuthenticated(link, key))
        #expect(bench.handle(.dialJoined(dials[1], link)) == [])
        #expect(bench.peers.map(\.state) == [.connected(link), .connected(link)])
        #expect(bench.peers.map(\.publicKey) == [key, key])
        let count = bench.dialTimes.count
        bench.run(until: bench.now + .seconds(120))
        #expect(bench.dialTimes.count == count)
    }

    @Test func aDialThatJoinsALinkThatIsGoneHasFailed() {
        let (bench, dials) = two()
        bench.handle(.dialJoined(dials[0], LinkID(99)))
        #expect(bench.peers[0].lastFailure == .linkLost)
        #expect(bench.peers[0].failures == 1)
        #expect(bench.handle(.dialJoined(DialID(99), LinkID(99))) == [], "unknown dials")
    }

    @Test func aStreamThatJoinsALinkTakesItsPeerAlong() {
        let (bench, dials) = two()
        let (link, _) = bench.connect(dials[0])
        let (stream, _) = bench.connect(dials[1])
        #expect(bench.handle(.linkMerged(stream, into: link)) == [])
        #expect(bench.peers.map(\.state) == [.connected(link), .connected(link)])
        #expect(bench.peer(of: stream) == nil)
        #expect(bench.handle(.linkDown(stream)) == [], "it is no link any more")
        #expect(bench.peers.map(\.state) == [.connected(link), .connected(link)])
    }

    @Test func allPeersOfOneLinkAreDialledAgainAfterItsLoss() {
        let (bench, dials) = two()
        let (link, _) = bench.connect(dials[0])
        bench.handle(.dialJoined(dials[1], link))
        bench.run(until: bench.now + .seconds(60))
        let count = bench.dialTimes.count
        bench.handle(.linkDown(link))
        #expect(bench.peers.map(\.lastFailure) == [.linkLost, .linkLost])
        bench.run(until: bench.now + .seconds(1))
        #expect(bench.dialTimes.count == count + 2)
    }

    @Test func removingOneOfTwoPeersOfALinkLeavesTheOther() {
        let (bench, dials) = two()
        let (link, _) = bench.connect(dials[0])
        bench.handle(.dialJoined(dials[1], link))
        #expect(bench.handle(.removePeer(PeeringBench.endpoint(1))) == [])
        #expect(bench.peers.map(\.state) == [.connected(link)])
        #expect(bench.peer(of: link) == .endpoint(PeeringBench.endpoint(2)))
        let outputs = bench.handle(.removePeer(PeeringBench.endpoint(2)))
        #expect(outputs.compactMap(\.closedLink) == [link])
    }

    @Test func anInboundLinkIsThePeersOnceADialHasLedToIt() {
        let (bench, dials) = two()
        let (link, _) = bench.accept(from: PeeringBench.remote(1))
        bench.handle(.linkAuthenticated(link, key))
        #expect(bench.peer(of: link) == nil)
        bench.handle(.dialJoined(dials[1], link))
        #expect(bench.peer(of: link) == .endpoint(PeeringBench.endpoint(2)))
    }

    @Test func aStandByIsAdmittedAsAnInboundLinkAndBelongsToNoPeer() {
        let (bench, _) = two()
        let link = LinkID(77)
        let remote = PeeringBench.remote(3)
        let description = LinkDescription(origin: .standby, remote: remote, local: remote)
        #expect(bench.handle(.linkUp(link, description)) == [])
        #expect(bench.peer(of: link) == nil)
    }
}
