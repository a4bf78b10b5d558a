// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaPeering
import HyphaWire
import Testing

@Suite struct PeeringDiscoveryTests {
    private let small: UInt64 = 0x10
    private let large: UInt64 = 0xffff

    /// A started engine on interface 2 whose own beacon went out `age` ago.
    private func started(
        _ configuration: PeeringConfiguration = PeeringConfiguration(),
        age: Duration = .seconds(10),
        seed: UInt64 = 1
    ) -> PeeringBench {
        let bench = PeeringBench(configuration, seed: seed)
        bench.handle(.interfaces([PeeringBench.interface(2)]))
        bench.handle(.start)
        bench.now = bench.now + age
        return bench
    }

    // MARK: - Sending

    @Test func beaconsGoOutAtTheStartAndThenEveryMinute() {
        let bench = PeeringBench()
        let list = [
            PeeringBench.interface(7), PeeringBench.interface(2),
            PeeringBench.interface(3, isUsable: false), PeeringBench.interface(4, isUp: false),
        ]
        #expect(
            bench.handle(.interfaces(list)) == [.setDiscoveryMembership(interfaceIndexes: [2, 7])]
        )
        let beacon = DiscoveryBeacon(port: 9651, routerID: PeeringBench.identity)
        #expect(
            bench.handle(.start) == [
                .sendBeacon(interfaceIndex: 2, beacon), .sendBeacon(interfaceIndex: 7, beacon),
            ]
        )
        bench.run(until: bench.now + .seconds(6000))
        let times = bench.log.filter { $0.output.beaconInterface == 7 }.map(\.at)
        for (earlier, later) in zip(times, times.dropFirst()) {
            #expect(later.elapsed(since: earlier) >= .seconds(54))
            #expect(later.elapsed(since: earlier) <= .seconds(60))
        }
        #expect(times.count > 100)
    }

    @Test func aNewInterfaceGetsABeaconAtOnceAndAFlappingOneNotForEver() {
        let bench = started()
        let both = [PeeringBench.interface(2), PeeringBench.interface(5)]
        let outputs = bench.handle(.interfaces(both))
        #expect(outputs.first == .setDiscoveryMembership(interfaceIndexes: [2, 5]))
        #expect(outputs.compactMap(\.beaconInterface) == [5])
        #expect(bench.handle(.interfaces(both)) == [])
        for _ in 0..<1000 {
            bench.handle(.interfaces([PeeringBench.interface(2)]))
            bench.handle(.interfaces(both))
        }
        let sent = bench.log.count { $0.output.beaconInterface == 5 }
        #expect(sent == Limits.extraBeaconsBurst)
        bench.run(until: bench.now + .milliseconds(1001))
        #expect(bench.log.count { $0.output.beaconInterface == 5 } == sent + 1)
    }

    @Test func onlyAllowedInterfacesAreUsed() {
        let bench = PeeringBench(PeeringConfiguration(discoveryInterfaces: ["lan0"]))
        let list = [PeeringBench.interface(2), PeeringBench.interface(3, name: "lan0")]
        #expect(
            bench.handle(.interfaces(list)) == [.setDiscoveryMembership(interfaceIndexes: [3])]
        )
        let outputs = bench.handle(.start)
        #expect(outputs.compactMap(\.beaconInterface) == [3])
        #expect(!bench.dials(afterBeaconOf: large, from: PeeringBench.linkLocal(1, scope: 2)))
        #expect(bench.dials(afterBeaconOf: large, from: PeeringBench.linkLocal(1, scope: 3)))
    }

    @Test func withoutDiscoveryNothingIsSentNorAnswered() {
        let bench = started(PeeringConfiguration(isDiscoveryEnabled: false))
        _ = bench.beacon(large)
        bench.run(until: bench.now + .seconds(300))
        #expect(bench.log.isEmpty)
        #expect(bench.counters.beaconsIgnored == 1)
    }

    @Test func aNodeThatDoesNotListenHearsButDoesNotAnnounce() {
        let bench = started(PeeringConfiguration(listenPort: 0))
        bench.run(until: bench.now + .seconds(200))
        #expect(bench.log.allSatisfy { $0.output.beaconInterface == nil })
        #expect(bench.dials(afterBeaconOf: large))
    }

    @Test func interfacesHaveACeiling() {
        let bench = PeeringBench()
        let list = (1...100).reversed().map { PeeringBench.interface(UInt32($0)) }
        let wanted = (1...64).map { UInt32($0) }
        #expect(
            bench.handle(.interfaces(list))
                == [.setDiscoveryMembership(interfaceIndexes: wanted)]
        )
    }

    // MARK: - Hearing

    @Test func aBeaconLeadsToADialOfItsSourceAndPort() {
        let bench = started()
        let address = PeeringBench.linkLocal(small, port: 9651)
        let key = PeeringBench.routerID(small).publicKey
        #expect(
            bench.beacon(small) == [
                .event(.discovered(address, key)), .dialAddress(DialID(1), address),
            ]
        )
        #expect(bench.beacon(small) == [], "it is known")
        #expect(bench.peers.map(\.address) == [.discovered(address)])
        #expect(bench.peers[0].publicKey == key)
    }

    @Test func beaconsThatBreakARuleAreIgnored() {
        let bench = started()
        let global = SocketAddress(
            host: .v6(IPv6Address(high: 0xfd00_0000_0000_0000, low: 1), scope: 2),
            port: 9650
        )
        let outside = SocketAddress(
            host: .v6(IPv6Address(high: 0xfe80_0000_0000_0001, low: 1), scope: 2),
            port: 9650
        )
        #expect(bench.beacon(large, from: global) == [])
        #expect(bench.beacon(large, from: outside) == [], "fe80::/64, not /10")
        #expect(bench.beacon(large, from: PeeringBench.remote(1)) == [])
        #expect(bench.beacon(large, from: PeeringBench.linkLocal(1, scope: 0)) == [])
        #expect(bench.beacon(large, from: PeeringBench.linkLocal(1, scope: 9)) == [])
        let source = PeeringBench.linkLocal(1)
        for beacon in [
            DiscoveryBeacon(port: 9651, routerID: PeeringBench.identity),
            DiscoveryBeacon(port: 9651, routerID: PeeringBench.routerID(0x8000, tail: 7)),
            DiscoveryBeacon(port: 0, routerID: PeeringBench.routerID(large)),
        ] {
            #expect(bench.handle(.beacon(beacon, from: source)) == [])
        }
        #expect(bench.counters.beaconsIgnored == 8)
    }

    @Test func ofTwoThatHearEachOtherAtOnceTheSmallerKeyDials() {
        let bench = started(age: .seconds(1))
        #expect(bench.dials(afterBeaconOf: large), "ours is the smaller key")

        let later = started(age: .seconds(1))
        let heard = later.now
        #expect(!later.dials(afterBeaconOf: small))
        later.run(until: heard + .milliseconds(1999))
        #expect(later.dialTimes.isEmpty)
        later.run(until: heard + .seconds(2))
        #expect(later.dialTimes.count == 1, "no link came, so we dial")
    }

    @Test func aNetworkChangeDoesNotEndTheCourtesyOfTheLargerKey() {
        let bench = started(age: .seconds(1))
        _ = bench.beacon(small)
        bench.handle(.interfaces([PeeringBench.interface(2), PeeringBench.interface(3)]))
        #expect(bench.dialTimes.isEmpty)
    }

    @Test func theLargerKeyDoesNotDialOnceTheSmallerOneHas() {
        let bench = started(age: .seconds(1))
        _ = bench.beacon(small)
        let link = bench.accept(from: PeeringBench.linkLocal(small, port: 4444)).link
        _ = bench.identify(link, as: small)
        bench.run(until: bench.now + .seconds(5))
        #expect(bench.dialTimes.isEmpty)
        #expect(bench.peers.isEmpty)
    }

    @Test func aNewcomerIsDialledAtOnceWhoeverHasTheLargerKey() {
        let bench = started(age: .seconds(5))
        #expect(bench.dials(afterBeaconOf: small))
    }

    @Test func aNodeWithALiveLinkIsNotDialledAgain() {
        let bench = started()
        let link = bench.accept(from: PeeringBench.remote(1)).link
        _ = bench.identify(link, as: large)
        #expect(bench.beacon(large) == [])
        bench.handle(.linkDown(link))
        #expect(bench.dials(afterBeaconOf: large))
    }

    @Test func threeFailuresInARowForgetADiscoveredPeerUntilItsNextBeacon() {
        let bench = started()
        let start = bench.now
        bench.fail(bench.beacon(small), .refused)
        bench.run(until: start + .seconds(12), dialsFail: .refused)
        #expect(bench.dialTimes.count == 3)
        #expect(bench.peers.isEmpty)
        let address = PeeringBench.linkLocal(small, port: 9651)
        #expect(bench.log.last?.output == .event(.forgotten(address)))
        #expect(bench.dials(afterBeaconOf: small))
    }

    @Test func aLostDiscoveredLinkIsRedialledAndItsFailuresCountAnew() {
        let bench = started()
        bench.fail(bench.beacon(small), .refused)
        bench.run(until: bench.now + .seconds(3))
        let link = bench.connect(bench.log.last?.output.dialID).link
        _ = bench.identify(link, as: small)
        bench.now = bench.now + .seconds(30)
        bench.handle(.linkDown(link))
        let before = bench.dialTimes.count
        bench.run(until: bench.now + .seconds(20), dialsFail: .refused)
        #expect(bench.dialTimes.count == before + 3)
    }

    @Test func aBeaconOfAFailedPeerHastensItsDial() {
        let bench = started()
        bench.fail(bench.beacon(small), .refused)
        #expect(bench.dials(afterBeaconOf: small))
    }

    @Test func discoveredPeersGoWithTheirInterface() {
        let bench = started()
        _ = bench.beacon(small)
        let link = bench.connect(bench.log.last?.output.dialID).link
        _ = bench.beacon(large)
        let address = PeeringBench.linkLocal(large, port: 9651)
        let outputs = bench.handle(.interfaces([]))
        #expect(outputs.contains(.cancelDial(DialID(2))))
        #expect(outputs.contains(.event(.forgotten(address))))
        #expect(bench.peers.count == 1, "a link that stands may live on")
        bench.handle(.linkDown(link))
        #expect(bench.peers.isEmpty)
    }

    @Test func aDiscoveredPeerCanBeRemovedByItsURL() throws {
        let bench = started()
        _ = bench.beacon(small)
        let endpoint = try Endpoint(parsing: "tcp://[fe80::10%2]:9651")
        #expect(bench.hasPeer(endpoint))
        #expect(bench.handle(.removePeer(endpoint)) == [.cancelDial(DialID(1))])
        #expect(bench.peers.isEmpty)
    }

    // MARK: - Ceilings

    @Test func tenThousandBeaconsAreBounded() {
        let bench = started()
        for number in 1...10_000 { _ = bench.beacon(UInt64(number)) }
        #expect(bench.dialTimes.count == Limits.discoveriesBurst)
        #expect(bench.peers.count == Limits.discoveriesBurst)
        let counters = bench.counters
        #expect(counters.beaconsHeard == 10_000)
        #expect(counters.beaconsDropped == 10_000 - UInt64(Limits.beaconsBurst))
        #expect(
            counters.discoveriesRefused == UInt64(Limits.beaconsBurst - Limits.discoveriesBurst)
        )
        let ceilings = bench.log.count {
            if case .event(.ceilingReached) = $0.output { true } else { false }
        }
        #expect(ceilings == 2, "one for each ceiling")
    }

    @Test func aFloodOnOneInterfaceLeavesTheOtherInOrder() {
        let bench = started()
        bench.handle(.interfaces([PeeringBench.interface(2), PeeringBench.interface(3)]))
        for number in 1...1000 { _ = bench.beacon(UInt64(number)) }
        let outputs = bench.beacon(large, from: PeeringBench.linkLocal(large, scope: 3))
        #expect(outputs.contains { $0.dialID != nil })
    }

    @Test func discoveredPeersHaveACeiling() {
        let bench = started()
        for number in 1...2000 {
            let outputs = bench.beacon(UInt64(number))
            if let dial = outputs.compactMap(\.dialID).first { _ = bench.connect(dial) }
            bench.now = bench.now + .milliseconds(250)
        }
        #expect(bench.peers.count == Limits.discoveredPeersMax)
        #expect(bench.counters.discoveriesRefused >= 2000 - 256)
    }
}
