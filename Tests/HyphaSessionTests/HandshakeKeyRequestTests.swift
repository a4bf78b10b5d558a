// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaFakes
import HyphaSession
import HyphaWire
import Testing

/// Whose key? Key requests, and what is made of the answers.
@Suite struct HandshakeKeyRequestTests {
    private func reply(_ nonce: UInt64, _ key: PublicKey, mac: [UInt8]? = nil) -> [UInt8] {
        KeyReply(nonce: nonce, publicKey: key, mac: mac).encoded()
    }

    private func nonce(_ packet: HandshakePacket) -> UInt64 {
        guard case .frame(let bytes) = packet.content,
            case .keyRequest(let request) = try? HandshakeFrame.decode(bytes.span)
        else { return 0 }
        return request.nonce
    }

    @Test(arguments: ["", "home"], [SessionCarrier.datagram, .stream])
    func theKeyIsAskedForFirst(_ name: String, carrier: SessionCarrier) throws {
        let network = HandshakeNetwork(seed: 1, network: name)
        let attempt = network.initiate(0, to: 1, over: carrier, asking: true)
        network.run(for: .seconds(1))
        #expect(network.agree(0, 1, over: carrier))
        #expect(network.nodes[0].established[attempt]?.peer == network.nodes[1].key)
        #expect(network.nodes[0].engine.occupancy.attempts == 0)
        let sizes = network.sent.filter { $0.type > 4 }.map { packet in
            if case .frame(let bytes) = packet.content { bytes.count } else { 0 }
        }
        #expect(sizes == [64, name.isEmpty ? 44 : 60])
    }

    @Test func threeRequestsAreSentAndThenTheAttemptFails() {
        let network = HandshakeNetwork(seed: 2)
        network.faults.drops = { _ in true }
        let attempt = network.initiate(0, to: 1, asking: true)
        network.run(for: .milliseconds(2900))
        #expect(network.nodes[0].failures.isEmpty)
        network.run(for: .milliseconds(1200))
        #expect(network.nodes[0].failures[attempt] == .noKeyReply)
        #expect(network.count(type: 5) == 3)
        #expect(network.nodes[0].engine.nextDeadline() == nil)
    }

    @Test func oneLostRequestOrReplyIsMadeUpFor() {
        for type in [UInt8(5), 6] {
            let network = HandshakeNetwork(seed: 3)
            var left = 1
            network.faults.drops = { packet in
                guard packet.type == type, left > 0 else { return false }
                left -= 1
                return true
            }
            network.initiate(0, to: 1, asking: true)
            network.run(for: .seconds(2))
            #expect(network.agree(0, 1))
        }
    }

    @Test func endToEndPathsNeedAKey() {
        let network = HandshakeNetwork(seed: 4)
        let attempt = network.initiate(0, to: 1, over: .endToEnd, asking: true)
        #expect(network.nodes[0].failures[attempt] == .unusableKey)
    }

    @Test func anUnusableKeyEndsTheAttempt() {
        let network = HandshakeNetwork(seed: 5)
        let path = network.path(0, 1, .datagram)
        let key = FakeCryptography.smallOrderKey
        network.give(.initiate(AttemptID(900), path, key: key), to: 0)
        #expect(network.nodes[0].failures[AttemptID(900)] == .unusableKey)
        #expect(network.nodes[0].engine.occupancy.attempts == 0)
        #expect(network.nodes[0].engine.nextDeadline() == nil)
    }

    @Test func ourOwnKeyEndsTheAttempt() {
        let network = HandshakeNetwork(seed: 6)
        let known = network.initiate(0, to: 0)
        #expect(network.nodes[0].failures[known] == .ourselves)
        let asked = network.initiate(0, to: 0, asking: true)
        network.run(for: .seconds(1))
        #expect(network.nodes[0].failures[asked] == .ourselves)
    }

    @Test func anInitiationOfOurOwnIsNotAnswered() {
        let network = HandshakeNetwork(seed: 7)
        let own = network.nodes[1].key
        var mirror = FakeCryptography(key: own, seed: 1)
        let payload = LinkPayload1(
            timestamp: TAI64N(unixSeconds: 9, nanoseconds: 0),
            capabilities: [],
            carrierMTU: 1,
            udpPort: 1,
            tcpPort: 1
        )
        let message = mirror.initiate(.link, to: own, payload: payload.encoded())?.message ?? []
        let part = InitiationPart(part: 0, parts: 1, senderIndex: 1, message: message)
        var frame = part.encoded()
        HandshakeStranger(1).authenticate(&frame, for: own)
        let path = HandshakePath.stream(LinkID(1))
        network.give(.frame(frame, from: path), to: 1)
        #expect(network.nodes[1].events == [.ourselves(path)])
        #expect(network.sent.isEmpty && network.unroutable.isEmpty)
        #expect(network.nodes[1].engine.occupancy.sessions == 0)
    }

    @Test func onlyAMatchingReplyCounts() throws {
        let network = HandshakeNetwork(seed: 8)
        network.faults.drops = { _ in true }
        network.initiate(0, to: 1, asking: true)
        let nonce = nonce(try #require(network.sent.first))
        let path = network.path(0, 1, .datagram)
        network.give(.frame(reply(nonce ^ 1, network.nodes[1].key), from: path), to: 0)
        let elsewhere = HandshakePath.datagram(HandshakeNode.address(9))
        network.give(.frame(reply(nonce, network.nodes[1].key), from: elsewhere), to: 0)
        #expect(network.nodes[0].engine.counters.unexpected == 2)
        #expect(network.nodes[0].engine.counters.initiationsSent == 0)
        network.give(.frame(reply(nonce, network.nodes[1].key), from: path), to: 0)
        #expect(network.nodes[0].engine.counters.initiationsSent == 1)
        network.give(.frame(reply(nonce, network.nodes[1].key), from: path), to: 0)
        #expect(network.nodes[0].engine.counters.unexpected == 3)
    }

    @Test func aPrivateNetworkHearsOnlyItsOwn() throws {
        let network = HandshakeNetwork(seed: 9, network: "home")
        let path = network.path(1, 0, .datagram)
        network.give(.frame(KeyRequest(nonce: 1).encoded(), from: path), to: 1)
        #expect(network.nodes[1].engine.counters.wrongMAC == 1)
        #expect(network.sent.isEmpty)
        network.faults.drops = { _ in true }
        network.initiate(0, to: 1, asking: true)
        let nonce = nonce(try #require(network.sent.first))
        let there = network.path(0, 1, .datagram)
        for mac in [nil, [UInt8](repeating: 0, count: 16)] {
            network.give(.frame(reply(nonce, network.nodes[1].key, mac: mac), from: there), to: 0)
        }
        #expect(network.nodes[0].engine.counters.wrongMAC == 2)
        #expect(network.nodes[0].engine.counters.initiationsSent == 0)
    }

    @Test func keysAreToldAtABoundedRateAndNotAtAllWhenSwitchedOff() {
        let network = HandshakeNetwork(seed: 10)
        for i in 0..<2000 {
            let from = HandshakePath.datagram(HandshakeNode.address(100 + i))
            network.give(.frame(KeyRequest(nonce: UInt64(i)).encoded(), from: from), to: 1)
            network.run(for: .milliseconds(1))
        }
        let limit = Limits.keyRepliesBurst + 2 * Limits.keyRepliesPerSecond
        #expect(network.unroutable.count <= limit && network.unroutable.count >= limit - 2)
        let told = network.nodes[1].engine.counters.keyReplies
        #expect(network.nodes[1].engine.counters.keyRepliesRefused == 2000 - told)
        var silent = HandshakeNode.configuration()
        silent.answersKeyRequests = false
        network.give(.configure(silent), to: 1)
        network.run(for: .seconds(5))
        let attempt = network.initiate(0, to: 1, asking: true)
        network.run(for: .seconds(5))
        #expect(network.nodes[0].failures[attempt] == .noKeyReply)
        #expect(network.nodes[1].engine.counters.keyReplies == told)
    }

    @Test func aChangedKeyIsRefusedFor60Seconds() {
        let network = HandshakeNetwork(seed: 11, nodes: 3)
        network.initiate(0, to: 1, asking: true)
        network.run(for: .seconds(1))
        #expect(network.agree(0, 1))
        // Node 2 takes over the address of node 1.
        let (old, new) = (network.nodes[1].key, network.nodes[2].key)
        network.faults.drops = { $0.from == 1 || $0.to == 1 }
        func attempt() -> HandshakeFailure? {
            network.sent = []
            let id = network.initiate(0, to: 1, asking: true)
            if let packet = network.sent.last {
                let path = network.path(0, 1, .datagram)
                network.give(.frame(reply(nonce(packet), new), from: path), to: 0)
            }
            network.run(for: .seconds(5))
            return network.nodes[0].failures[id]
        }
        #expect(attempt() == .keyChanged)
        let address = network.nodes[1].address
        let refused = HandshakeEvent.keyChangeRefused(address, remembered: old, offered: new)
        #expect(network.nodes[0].events == [refused])
        network.run(for: .seconds(50))
        #expect(attempt() == .keyChanged)
        #expect(network.nodes[0].events == [refused])
        // After 60 s the new key is tried; nobody answers that handshake here.
        #expect(attempt() == nil)
        #expect(network.nodes[0].events == [refused, .keyChanged(address, from: old, to: new)])
        #expect(network.nodes[0].engine.counters.keyChangesRefused == 2)
    }

    @Test func theOldKeyInBetweenStartsThe60SecondsAfresh() {
        let network = HandshakeNetwork(seed: 12, nodes: 2)
        let (old, new) = (network.nodes[1].key, HandshakeNetwork.key(7))
        network.give(.remember(network.nodes[1].address, old), to: 0)
        network.faults.drops = { _ in true }
        func offer(_ key: PublicKey) -> Bool {
            network.sent = []
            let id = network.initiate(0, to: 1, asking: true)
            let request = nonce(network.sent[0])
            let path = network.path(0, 1, .datagram)
            let before = network.nodes[0].engine.counters.initiationsSent
            network.give(.frame(reply(request, key), from: path), to: 0)
            network.give(.abandon(id), to: 0)
            return network.nodes[0].engine.counters.initiationsSent > before
        }
        #expect(!offer(new))
        network.run(for: .seconds(40))
        #expect(offer(old))
        network.run(for: .seconds(40))
        #expect(!offer(new))
        network.run(for: .seconds(61))
        #expect(offer(new))
    }

    // MARK: - Looking for a certain node

    private func probe(
        _ network: HandshakeNetwork,
        at address: SocketAddress,
        for number: Int
    ) -> AttemptID {
        let id = AttemptID(1000)
        network.open[id] = 0
        let key = HandshakeNetwork.key(number)
        network.give(.probe(id, address, expecting: key), to: 0)
        return id
    }

    @Test(arguments: ["", "home"])
    func aNodeThatIsFoundIsLinkedTo(_ name: String) {
        let network = HandshakeNetwork(seed: 20, network: name)
        let id = probe(network, at: HandshakeNode.address(1), for: 1)
        // Nothing but the question before there is an answer.
        #expect(network.sent.map(\.type) == [5])
        network.run(for: .seconds(1))
        #expect(network.agree(0, 1))
        #expect(network.nodes[0].established[id]?.peer == network.nodes[1].key)
    }

    @Test func whereNobodyAnswersThreeRequestsAreAllThatIsSent() {
        let network = HandshakeNetwork(seed: 21)
        let nowhere = SocketAddress(host: .v4(IPv4Address(bits: 0xc000_0201)), port: 53)
        let id = probe(network, at: nowhere, for: 1)
        network.run(for: .seconds(60))
        #expect(network.nodes[0].failures[id] == .noKeyReply)
        let sizes = network.unroutable.map { packet in
            if case .frame(let bytes) = packet.content { bytes.count } else { 0 }
        }
        #expect(sizes == [64, 64, 64])
    }

    @Test func aNodeWithAnotherKeyIsLeftAlone() {
        let network = HandshakeNetwork(seed: 22, nodes: 3)
        let id = probe(network, at: HandshakeNode.address(1), for: 2)
        network.run(for: .seconds(60))
        #expect(network.nodes[0].failures[id] == .keyChanged)
        #expect(network.sent.map(\.type) == [5, 6])
        // It is not what was dialled there, so a dial is not told of another key.
        network.initiate(0, to: 1, asking: true)
        network.run(for: .seconds(1))
        #expect(network.agree(0, 1))
    }

    @Test func whoWasReachedMeanwhileIsNotInitiatedToAgain() {
        let network = HandshakeNetwork(seed: 23)
        network.faults.delay = .milliseconds(50) ... .milliseconds(50)
        let id = probe(network, at: HandshakeNode.address(1), for: 1)
        network.initiate(1, to: 0)
        network.run(for: .milliseconds(400))
        #expect(network.agree(0, 1))
        network.run(for: .seconds(10))
        #expect(network.nodes[0].failures[id] == .superseded)
        #expect(network.agree(0, 1))
    }

    /// Both ask at once, as two nodes do that were told of each other.
    @Test func twoThatLookForEachOtherAgree() {
        for seed in 0..<50 as Range<UInt64> {
            let network = HandshakeNetwork(seed: 1000 + seed)
            network.faults.delay = .milliseconds(5) ... .milliseconds(60)
            for (from, to) in [(0, 1), (1, 0)] {
                let id = AttemptID(2000 + UInt64(from))
                network.open[id] = from
                let key = HandshakeNetwork.key(to)
                network.give(
                    .probe(id, HandshakeNode.address(to), expecting: key),
                    to: from
                )
            }
            network.run(for: .seconds(20))
            #expect(network.agree(0, 1), "seed \(seed)")
            #expect(network.nodes.allSatisfy { $0.engine.occupancy.attempts == 0 })
        }
    }
}
