// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaForwarding
import HyphaLink
import HyphaNode
import HyphaPeering
import HyphaRouting
import HyphaWire
import Testing

/// Links between Hypha nodes, as the whole node sees them.
@Suite struct SealedLinkTests {
    /// Two hosts, the first dialling the second over UDP.
    private func pair(network name: String = "") -> (TestNetwork, TestHost, TestHost) {
        let network = TestNetwork()
        let b = network.add(extends: true, network: name)
        let a = network.add(
            extends: true,
            network: name,
            endpoints: [TestHost.udpEndpoint(0)]
        )
        network.run(for: .seconds(1))
        return (network, a, b)
    }

    // MARK: - UDP

    @Test func aUDPPeerBecomesANeighbourWithoutAWordInClear() {
        let (network, a, b) = pair()
        for (one, other) in [(a, b), (b, a)] {
            #expect(one.links.map(\.sealed?.active) == [.datagram])
            #expect(one.links.first?.sealed?.key == other.routerID.publicKey)
            #expect(one.links.first?.routerID == other.routerID)
            #expect(one.route(to: other)?.isDirect == true)
        }
        #expect(a.links.first?.peer == .endpoint(TestHost.udpEndpoint(0)))
        #expect(b.links.first?.peer == nil)
        #expect(network.clearCount == 0)
        network.run(for: .seconds(120))
        #expect(a.links.count == 1)
        #expect(a.counters.controlMalformed == 0)
    }

    @Test func theAddressesOfAUDPPeerAreTriedInTurn() throws {
        let network = TestNetwork()
        let addresses = [TestHost.remote(7), TestHost.remote(8)]
        network.resolved = addresses
        let host = network.add(extends: true, endpoints: [TestHost.udpEndpoint(99)])
        func asked(_ address: SocketAddress) -> Int {
            host.commands.count { command in
                if case .sendDatagram(_, let to) = command { to == address } else { false }
            }
        }
        network.run(for: .seconds(2))
        #expect(asked(addresses[0]) > 0)
        #expect(asked(addresses[1]) == 0)
        #expect(host.peers.first?.failures == 0)
        while asked(addresses[1]) == 0 { network.run(for: .milliseconds(100)) }
        let first = asked(addresses[0])
        #expect(host.peers.first?.failures == 0, "one dial, whatever the addresses")
        while host.peers.first?.failures == 0 { network.run(for: .milliseconds(100)) }
        #expect(asked(addresses[0]) == first)
        #expect(asked(addresses[1]) == first)
        #expect(host.peers.first?.lastFailure == .dial(.timedOut))
        #expect(host.links.isEmpty)
    }

    @Test func aCancelledDialOverUDPSendsNothingMore() {
        let network = TestNetwork()
        network.resolved = [TestHost.remote(7)]
        let endpoint = TestHost.udpEndpoint(99)
        let host = network.add(extends: true, endpoints: [endpoint])
        network.run(for: .milliseconds(100))
        network.apply(.removePeer(endpoint), to: 0)
        let before = host.commands.count
        #expect(before > 0)
        network.run(for: .seconds(60))
        #expect(host.commands.count == before)
    }

    @Test func diallingOurselvesOverUDPMakesNoLink() {
        let network = TestNetwork()
        let host = network.add(extends: true, endpoints: [TestHost.udpEndpoint(0)])
        network.run(for: .seconds(30))
        #expect(host.links.isEmpty)
        #expect(host.peers.first.map { $0.failures > 0 } == true)
    }

    @Test func silenceOfUDPEndsTheLinkWithinASecondAndItComesBack() {
        let (network, a, b) = pair()
        network.run(for: .seconds(5))
        // No stand-by can be had.
        a.isListening = false
        b.isListening = false
        network.isUDPBlocked = true
        network.run(for: .milliseconds(1100))
        #expect(a.links.isEmpty)
        #expect(b.links.isEmpty)
        #expect(a.route(to: b) == nil)
        network.isUDPBlocked = false
        network.run(for: .seconds(6))
        #expect(a.route(to: b)?.isDirect == true)
    }

    @Test func theNeighbourIsToldOfACloseAndThePacketPathForgetsTheLinkOnce() throws {
        let (network, a, b) = pair()
        let link = try #require(a.links.first?.link)
        let outputs = network.apply(.removePeer(TestHost.udpEndpoint(0)), to: 1)
        let gone = outputs.indices.filter { index in
            if case .linkGone(link) = outputs[index] { true } else { false }
        }
        let closed = outputs.firstIndex { output in
            if case .carrier(.close(link)) = output { true } else { false }
        }
        #expect(gone.count == 1)
        #expect(closed.map { $0 < gone[0] } == true)
        #expect(!outputs.contains { if case .close = $0 { true } else { false } })
        #expect(a.links.isEmpty)
        #expect(a.counters.routing.inputsFromUnknownLinks == 0)
        network.run(for: .milliseconds(50))
        #expect(b.links.isEmpty)
        let end = b.events.compactMap { event -> LinkEnd? in
            if case .peerDown(_, _, _, let end) = event { end } else { nil }
        }
        #expect(end == [.sealed(.closedByNeighbour(.unspecified))])
    }

    @Test func aNodeThatStopsSaysFarewell() {
        let (network, _, b) = pair()
        network.apply(.stop, to: 1)
        network.run(for: .milliseconds(50))
        #expect(b.links.isEmpty)
        let end = b.events.compactMap { event -> LinkEnd? in
            if case .peerDown(_, _, _, let end) = event { end } else { nil }
        }
        #expect(end == [.sealed(.closedByNeighbour(.shutdown))])
    }

    // MARK: - Control packets

    @Test func hellosAreSentOnceAndUpdatesUntilTheyArrive() throws {
        let (network, a, _) = pair()
        network.run(for: .seconds(30))
        var hellos = 0
        var updates = 0
        for command in a.commands {
            guard case .send(_, _, .control, let content, _, _) = command else { continue }
            let control = try ControlContent.decode(content.span)
            for extent in try ControlPacket.extents(in: control.packets.span) {
                let packet = control.packets.span.extracting(extent)
                for tlv in try ControlPacket.decode(packet, as: .hypha).tlvs {
                    switch tlv {
                    case .hello, .ihu:
                        #expect(control.seq == 0)
                        hellos += 1
                    case .update, .routeRequest, .seqnoRequest:
                        #expect(control.seq != 0)
                        updates += 1
                    }
                }
            }
        }
        #expect(hellos > 0)
        #expect(updates > 0)
    }

    /// What the neighbour on a link says under seal, without acknowledgement.
    private func say(_ packets: [UInt8], on link: LinkID) -> NodeInput {
        let content = ControlContent(seq: 0, ack: 0, packets: packets)
        return .carrier(
            .frame(
                link,
                .datagram,
                .control,
                content: content.encoded(),
                frameByteCount: 60,
                from: nil
            )
        )
    }

    private func say(_ update: Update, on link: LinkID) -> NodeInput {
        var packets: [[UInt8]] = []
        ControlPacket.appendPacked(
            [.update(update)],
            byteCountMax: Limits.sealedControlBytesMax,
            to: &packets
        )
        return say(packets.flatMap { $0 }, on: link)
    }

    @Test func sealedContentThatIsNoControlPacketIsCounted() throws {
        let (network, a, _) = pair()
        let link = try #require(a.links.first?.link)
        network.apply(say([9, 9, 9, 9], on: link), to: 1)
        #expect(a.counters.controlMalformed == 1)
        #expect(a.links.count == 1)
    }

    @Test func nobodyElseCanBeSaidToBeAtTheOtherEnd() throws {
        let (network, a, b) = pair()
        let link = try #require(a.links.first?.link)
        let stranger = TestHost.routerID(50)
        let update = Update(
            seqno: Seqno(0),
            metric: .zero,
            prefix: .ipv6(TestHost.subnet(50)),
            routerID: stranger
        )
        network.apply(say(update, on: link), to: 1)
        #expect(a.links.first?.routerID == b.routerID)
        #expect(a.peers.first?.publicKey == b.routerID.publicKey)
    }

    @Test func aLinkThatRoutesGoThroughIsInUse() {
        // Its silence is looked into after a quarter of a second; of an idle one after 25 s.
        let (network, a, b) = pair()
        network.run(for: .seconds(5))
        let before = a.commands.count
        network.run(for: .seconds(4))
        func probes(_ commands: ArraySlice<CarrierCommand>) -> Int {
            commands.count { if case .send(_, _, .liveness, _, _, _) = $0 { true } else { false } }
        }
        #expect(probes(a.commands[before...]) > 12)
        // At rest after 5 s.
        network.run(for: .seconds(10))
        let atRest = a.commands.count
        network.run(for: .seconds(60))
        #expect((6...16).contains(probes(a.commands[atRest...])))
        // Both routes are retracted: nothing is selected any more, though the link stays.
        for (host, other) in [(1, b), (0, a)] {
            guard let link = network.hosts[host].links.first?.link else { continue }
            let update = Update(
                seqno: Seqno(0),
                metric: .infinite,
                prefix: .ipv6(other.subnet),
                routerID: other.routerID
            )
            network.apply(say(update, on: link), to: host)
        }
        let quiet = a.commands.count
        network.run(for: .seconds(10))
        #expect(a.links.count == 1)
        #expect(probes(a.commands[quiet...]) < 10)
    }
}
