// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaForwarding
import HyphaNode
import HyphaPeering
import HyphaSession
import HyphaWire
import Testing

/// Sessions between two hosts with a base node in between.
@Suite struct SessionTests {
    private func line(linksDirectly: Bool = false) -> (TestNetwork, TestHost, TestHost) {
        let network = TestNetwork()
        network.add()
        let a = network.add(peers: [0], extends: true, linksDirectly: linksDirectly)
        let b = network.add(peers: [0], extends: true, linksDirectly: linksDirectly)
        network.run(for: .seconds(2))
        network.apply(.search(b.subnet, cause: nil), to: 1)
        network.apply(.search(a.subnet, cause: nil), to: 2)
        network.run(for: .seconds(1))
        return (network, a, b)
    }

    private func want(_ network: TestNetwork, _ other: TestHost) {
        let key = other.routerID.publicKey
        let address = IPv6Address(derivedFrom: key)
        network.apply(.session(.wanted(address, key: key, isMarked: true)), to: 1)
    }

    private func isInSession(_ host: TestHost, with other: TestHost) -> Bool {
        if case .session = host.policies[other.subnet]?.sending { true } else { false }
    }

    @Test func packetsForAMarkedNodeBringASession() {
        let (network, a, b) = line()
        want(network, b)
        network.run(for: .seconds(1))
        #expect(isInSession(a, with: b))
        #expect(isInSession(b, with: a))
        #expect(a.events.contains(.session(.met(b.routerID.publicKey))))
        network.run(for: .seconds(6))
        #expect(a.policies[b.subnet]?.receiving == .handshakesOnly)
    }

    /// The node between retracts the route to a host.
    private func retract(_ network: TestNetwork, _ host: TestHost, at other: TestHost) {
        guard let link = other.links.first?.link else { return }
        let update = Update(
            seqno: Seqno(0),
            metric: .infinite,
            prefix: .ipv6(host.subnet),
            routerID: host.routerID
        )
        network.apply(.control(link, .update(update)), to: other.number)
    }

    /// Who is asked may know nothing of whoever asks, least of all the way back.
    @Test func anAnswerWithoutARouteWaitsForIt() {
        let (network, a, b) = line()
        retract(network, a, at: b)
        #expect(b.route(to: a) == nil)
        let before = b.log.count
        want(network, b)
        network.run(for: .milliseconds(300))
        #expect(b.counters.answersHeld == 1)
        #expect(b.counters.answersReleased == 1)
        #expect(isInSession(a, with: b))
        #expect(isInSession(b, with: a))
        // Nothing had to be said again.
        #expect(a.counters.sessionHandshake.initiationsSent == 1)
        #expect(a.counters.sessionHandshake.initiationsRepeated == 0)
        let commands = b.log[before...].map(\.output)
        let routed = commands.firstIndex {
            if case .forwarding(a.subnet, .selected) = $0 { true } else { false }
        }
        let answered = commands.firstIndex {
            if case .session(.sendMessage(0x11, _, _)) = $0 { true } else { false }
        }
        #expect(routed.flatMap { route in answered.map { route < $0 } } == true)
    }

    @Test func anAnswerForWhichNoRouteIsFoundIsForgotten() {
        let (network, a, b) = line()
        // Message 1 comes all the same, as one that was under way.
        network.hosts[0].isListening = false
        network.cut(0, 2)
        network.run(for: .seconds(1))
        retract(network, a, at: b)
        want(network, b)
        network.run(for: .seconds(25))
        #expect(b.counters.answersHeld > 1)
        #expect(b.counters.answersReleased == 0)
        // The last one is looked at when there is something to do about another.
        #expect(b.counters.answersDropped >= b.counters.answersHeld - 1)
        #expect(a.sessions.isEmpty)
    }

    @Test func whatWasMetIsKeptAndHeldAfterARestart() {
        let (network, a, b) = line()
        want(network, b)
        network.run(for: .seconds(1))
        let kept = a.log.compactMap { entry in
            if case .remember(.remember(let node)) = entry.output { node } else { nil }
        }
        #expect(kept.map(\.key) == [b.routerID.publicKey])
        let fresh = TestNetwork()
        let host = fresh.add(extends: true)
        fresh.apply(.remember(kept), to: 0)
        let policy = SessionPolicy(sending: .hold, receiving: .handshakesOnly)
        #expect(host.policies[b.subnet] == policy)
    }

    @Test func aForgottenNodeMayBeSpokenToAsBefore() {
        let (network, a, b) = line()
        want(network, b)
        network.run(for: .seconds(1))
        network.apply(.forget(IPv6Address(derivedFrom: b.routerID.publicKey)), to: 1)
        #expect(a.policies[b.subnet] == nil)
        #expect(a.sessions.isEmpty)
    }

    @Test func addressesOfTheHostAreToldToWhomItTalksTo() {
        let (network, _, b) = line(linksDirectly: true)
        let hosts: [SocketAddress.Host] = [
            .v4(IPv4Address(bits: 0xc0a8_0001)), .v4(IPv4Address(bits: 0xc000_0207)),
            .v6(IPv6Address(high: 0x2001_0db8 << 32, low: 7), scope: 0),
        ]
        let interface = NetworkInterfaceDescription(
            index: 3,
            name: "eth1",
            isUsableForDiscovery: false,
            isUp: true,
            addresses: hosts
        )
        network.apply(.interfaces([interface]), to: 1)
        want(network, b)
        network.run(for: .seconds(2))
        let known = b.sessionSnapshots(now: network.now).first?.candidates
        let expected = hosts.dropFirst().map { SocketAddress(host: $0, port: TestHost.udpPort) }
        #expect(known == expected)
    }

    @Test func theSizeOfPacketsIsThatOfTheRoute() throws {
        let (network, a, b) = line()
        want(network, b)
        network.run(for: .seconds(1))
        #expect(a.route(to: b)?.pathMTU == 1340)
        let snapshot = try #require(a.sessionSnapshots(now: network.now).first)
        #expect(snapshot.protection == .session && snapshot.innerMTU == 1340)
    }

    /// What the packet path was told about sending to another host since an instant.
    private func policies(
        _ host: TestHost,
        towards other: TestHost,
        since: Instant
    ) -> [SessionPolicy.Sending] {
        host.log.compactMap { entry in
            guard entry.at > since, case .session(.policy(other.subnet, let policy)) = entry.output
            else { return nil }
            return policy?.sending
        }
    }

    /// The node between takes the marker away, then the handshakes too: a downgrade from the middle.
    @Test func aMetNodeIsNotSentBaseBodiesWhateverTheNodeBetweenDoes() throws {
        let (network, a, b) = line()
        want(network, b)
        network.run(for: .seconds(1))
        #expect(isInSession(a, with: b))
        let met = network.now
        network.eraser = 0
        network.losesHandshakes = true
        network.cut(0, 1)
        // Long enough for its sessions to end.
        network.run(for: .seconds(400))
        #expect(try #require(a.route(to: b)).offersSessions == false)
        #expect(a.sessions.isEmpty)
        let policy = SessionPolicy(sending: .hold, receiving: .handshakesOnly)
        #expect(a.policies[b.subnet] == policy)
        for _ in 0..<60 {
            let address = IPv6Address(derivedFrom: b.routerID.publicKey)
            let key = b.routerID.publicKey
            network.apply(.session(.wanted(address, key: key, isMarked: false)), to: 1)
            network.run(for: .seconds(1))
        }
        #expect(a.events.contains(.session(.held(b.routerID.publicKey))))
        #expect(!policies(a, towards: b, since: met).contains(.base))
        network.losesHandshakes = false
        network.run(for: .seconds(60))
        want(network, b)
        network.run(for: .seconds(2))
        #expect(isInSession(a, with: b))
    }

    @Test func aMarkerThatWasNeverSeenIsMissed() {
        let network = TestNetwork()
        network.add()
        network.eraser = 0
        let a = network.add(peers: [0], extends: true)
        let b = network.add(peers: [0], extends: true)
        network.run(for: .seconds(2))
        network.apply(.search(b.subnet, cause: nil), to: 1)
        network.run(for: .seconds(1))
        #expect(a.route(to: b)?.offersSessions == false)
        // Base bodies meanwhile, and a handshake is tried all the same.
        let address = IPv6Address(derivedFrom: b.routerID.publicKey)
        let key = b.routerID.publicKey
        let outputs = network.apply(
            .session(.wanted(address, key: key, isMarked: false)),
            to: 1
        )
        #expect(
            outputs.contains { output in
                if case .session(.policy(_, let policy)) = output {
                    policy?.sending == .base
                } else {
                    false
                }
            }
        )
        network.run(for: .seconds(1))
        #expect(isInSession(a, with: b))
    }

    @Test func aBaseNodeSaysNothingOfSessions() {
        let (network, _, b) = line()
        let address = IPv6Address(derivedFrom: b.routerID.publicKey)
        let key = b.routerID.publicKey
        let outputs = network.apply(.session(.wanted(address, key: key, isMarked: true)), to: 0)
        #expect(outputs.isEmpty)
    }
}
