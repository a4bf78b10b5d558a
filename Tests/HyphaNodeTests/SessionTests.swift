// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaNode
import HyphaSession
import Testing

/// Sessions between two hosts with a base node in between.
@Suite struct SessionTests {
    private func line() -> (TestNetwork, TestHost, TestHost) {
        let network = TestNetwork()
        network.add()
        let a = network.add(peers: [0], extends: true)
        let b = network.add(peers: [0], extends: true)
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

    @Test func aBaseNodeSaysNothingOfSessions() {
        let (network, _, b) = line()
        let address = IPv6Address(derivedFrom: b.routerID.publicKey)
        let key = b.routerID.publicKey
        let outputs = network.apply(.session(.wanted(address, key: key, isMarked: true)), to: 0)
        #expect(outputs.isEmpty)
    }
}
