// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaFakes
import HyphaForwarding
import HyphaLink
import HyphaNode
import HyphaPeering
import HyphaSession
import HyphaWire
import Testing

/// Two hosts with a base node in between that could reach each other without it.
@Suite struct DirectLinkTests {
    private final class Line {
        let network = TestNetwork()
        let a: TestHost
        let b: TestHost
        private var counts: [SessionIndex: UInt64] = [:]

        init(linksDirectly: [Bool] = [true, true], network name: String = "") {
            network.add(extends: !name.isEmpty, network: name)
            let network = network
            let hosts = linksDirectly.map { isOn in
                network.add(peers: [0], extends: true, network: name, linksDirectly: isOn)
            }
            (a, b) = (hosts[0], hosts[1])
            for host in hosts { network.apply(.interfaces([host.interface]), to: host.number) }
            network.run(for: .seconds(2))
            network.apply(.search(b.subnet, cause: nil), to: 1)
            network.apply(.search(a.subnet, cause: nil), to: 2)
            network.run(for: .seconds(1))
            // Only one of the two begins; the other one answers.
            let key = b.routerID.publicKey
            let address = IPv6Address(derivedFrom: key)
            network.apply(.session(.wanted(address, key: key, isMarked: true)), to: 1)
            network.run(for: .seconds(1))
        }

        var hosts: [TestHost] { [a, b] }

        /// Lets so many packets go each way in each second, in sessions or over the direct link.
        func talk(_ duration: Duration, packets: UInt64 = 10) {
            let end = network.now + duration
            while network.now < end {
                for host in hosts {
                    let other = host.number == 1 ? b : a
                    if let link = direct(host) {
                        for _ in 0..<packets {
                            host.path.send(
                                link,
                                nil,
                                .direct,
                                content: [UInt8](repeating: 1, count: 104),
                                now: network.now
                            )
                        }
                        network.apply(.timer, to: host.number)
                    } else {
                        report(host, other, packets: packets)
                    }
                }
                network.run(for: .seconds(1))
            }
        }

        private func report(_ host: TestHost, _ other: TestHost, packets: UInt64) {
            guard case .session(let index) = host.policies[other.subnet]?.sending else { return }
            counts[index, default: 0] += packets
            let count = counts[index] ?? 0
            let now = network.now
            var activity = SessionActivity(session: index, sentAt: now, sentDataAt: now)
            (activity.heardAt, activity.heardDataAt) = (now, now)
            let said = SessionReport(
                activity: activity,
                sentPackets: count,
                sentBytes: count * 100,
                receivedPackets: count,
                receivedBytes: count * 100,
                replayed: 0,
                forged: 0
            )
            network.apply(.session(.activity([said])), to: host.number)
        }

        /// The link to the other end.
        func direct(_ host: TestHost) -> LinkID? {
            let key = (host.number == 1 ? b : a).routerID.publicKey
            return host.links.first { $0.sealed?.key == key }?.link
        }

        func isDirect(_ host: TestHost) -> Bool {
            let other = host.number == 1 ? b : a
            return direct(host) != nil && host.policies[other.subnet]?.sending == .direct
        }

        /// Key requests sent to a host.
        func requests(to host: TestHost) -> Int {
            network.datagrams.count { $0.to == host.udpAddress && $0.byteCount == 64 }
        }

        func isDirectPeer(_ peer: PeerSnapshot) -> Bool {
            if case .direct = peer.address { true } else { false }
        }
    }

    @Test(arguments: ["", "home"])
    func trafficBringsADirectLinkThatRoutingTakes(_ name: String) throws {
        let line = Line(network: name)
        line.network.run(for: .seconds(60))
        #expect(line.hosts.allSatisfy { !line.isDirect($0) }, "nothing was exchanged")
        #expect(line.requests(to: line.b) == 0 && line.requests(to: line.a) == 0)
        line.talk(.seconds(6))
        for host in line.hosts {
            #expect(line.isDirect(host))
            #expect(host.peers.filter(line.isDirectPeer).count == 1, "at both ends")
        }
        #expect(line.a.counters.peering.directLinks == 1)
        line.talk(.seconds(30))
        #expect(try #require(line.a.route(to: line.b)).isDirect)
        #expect(try #require(line.b.route(to: line.a)).isDirect)
        // One of the two made it; the static peer of each is where it was.
        let owners = line.hosts.count { host in
            host.events.contains { event in
                if case .peerUp(_, remote: let remote, _) = event {
                    line.hosts.contains { $0.udpAddress == remote }
                } else {
                    false
                }
            }
        }
        #expect(owners == 2)
        #expect(line.hosts.allSatisfy { $0.links.count == 2 })
    }

    @Test func withoutTheSwitchAtEitherEndThereIsNone() {
        for switches in [[false, false], [true, false], [false, true]] {
            let line = Line(linksDirectly: switches)
            line.talk(.seconds(120))
            #expect(line.hosts.allSatisfy { line.direct($0) == nil }, "\(switches)")
            #expect(line.requests(to: line.a) + line.requests(to: line.b) == 0)
        }
    }

    @Test func aBlockedPathIsTriedRarelyAndBreaksNothing() {
        let line = Line()
        line.network.isUDPBlocked = true
        line.talk(.seconds(3600))
        for host in line.hosts {
            let other = host.number == 1 ? line.b : line.a
            // After 1, 3, 7, 15 and 31 minutes at most, three requests each.
            #expect(9...21 ~= line.requests(to: other), "\(line.requests(to: other))")
            #expect(host.peers.filter(line.isDirectPeer).isEmpty)
            if case .session = host.policies[other.subnet]?.sending {
            } else {
                Issue.record("the session is gone")
            }
        }
        // Nothing but key requests went there.
        #expect(line.network.datagrams.allSatisfy { $0.byteCount == 64 })
    }

    @Test func aPathThatIsBlockedLaterIsLeftAtOnceAndTakenAgainLater() throws {
        let line = Line()
        line.talk(.seconds(60))
        #expect(line.hosts.allSatisfy(line.isDirect))
        line.network.isUDPBlocked = true
        line.talk(.seconds(3))
        for host in line.hosts {
            let other = host.number == 1 ? line.b : line.a
            #expect(line.direct(host) == nil)
            #expect(host.policies[other.subnet]?.sending != .direct)
            #expect(host.route(to: other).map { !$0.isDirect } ?? false)
            #expect(host.peers.filter(line.isDirectPeer).isEmpty)
            // Nobody dials TCP in its place.
            #expect(
                !host.log.contains { entry in
                    if case .dialStandby = entry.output { true } else { false }
                }
            )
        }
        line.network.isUDPBlocked = false
        line.talk(.seconds(40))
        #expect(line.hosts.allSatisfy { line.direct($0) == nil }, "not at once")
        line.talk(.seconds(200))
        #expect(line.hosts.allSatisfy(line.isDirect))
    }

    @Test func aLongerWayIsGivenUpAndNotTriedAtOnce() throws {
        let line = Line()
        line.network.datagramLatency = .milliseconds(100)
        line.talk(.seconds(10))
        #expect(line.hosts.allSatisfy(line.isDirect))
        line.talk(.seconds(90))
        #expect(line.hosts.allSatisfy { line.direct($0) == nil })
        #expect(line.hosts.map(\.counters.peering.directLinksLonger).reduce(0, +) == 1)
        #expect(try #require(line.a.route(to: line.b)).isDirect == false)
    }

    @Test func aLinkWithoutDataIsClosedByTheEndThatMadeIt() {
        let line = Line()
        line.talk(.seconds(30))
        #expect(line.hosts.allSatisfy(line.isDirect))
        // A few packets are enough to keep it.
        for _ in 0..<20 {
            line.network.run(for: .seconds(59))
            line.talk(.seconds(1), packets: 2)
        }
        #expect(line.hosts.allSatisfy(line.isDirect))
        line.network.run(for: .seconds(280))
        #expect(line.hosts.allSatisfy(line.isDirect))
        line.network.run(for: .seconds(90))
        #expect(line.hosts.allSatisfy { line.direct($0) == nil && $0.links.count == 1 })
        #expect(line.hosts.map(\.counters.peering.directLinksIdle).reduce(0, +) == 1)
        let requests = line.requests(to: line.a) + line.requests(to: line.b)
        line.network.run(for: .seconds(3600))
        #expect(line.hosts.allSatisfy { line.direct($0) == nil })
        #expect(line.requests(to: line.a) + line.requests(to: line.b) == requests)
    }

    @Test func aNodeThatRestartsIsFoundAgain() {
        let line = Line()
        line.talk(.seconds(30))
        #expect(line.hosts.allSatisfy(line.isDirect))
        let before = line.direct(line.a)
        // The addresses of the host go away and come back, with everything that hangs on them.
        line.network.isUDPBlocked = true
        line.talk(.seconds(10))
        line.network.isUDPBlocked = false
        line.talk(.seconds(300))
        #expect(line.hosts.allSatisfy(line.isDirect))
        #expect(line.direct(line.a) != before)
    }
}
