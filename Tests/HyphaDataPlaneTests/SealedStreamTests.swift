// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaCrypto
import HyphaDataPlane
import HyphaForwarding
import HyphaLink
import HyphaSession
import HyphaWire
import Testing

/// Streams on their way from the base dialect to sealed frames, and from link to link.
@Suite struct SealedStreamTests {
    private static var hello: [UInt8] {
        var bytes: [UInt8] = []
        ControlPacket.appendFramed(.hello(Hello(seqno: Seqno(1))), to: &bytes)
        return bytes
    }

    @Test func beforeTheUpgradeBothDialectsLiveSideBySide() throws {
        var node = try WorkerHarness()
        let peer = try Stranger()
        let link = try node.addLink()
        node.route(peer.identity.subnet, link, peer.identity.publicKey)
        let handshake = [1, 1, 0, 1] + HostPackets.content(1352)
        let packet = HostPackets.plain(
            peer.identity.address,
            node.identity.address,
            byteCount: 100
        )
        let data = peer.frame(.ip, packet, to: node.identity)
        node.receive(Self.hello + SealedPeer.packet(handshake) + data, on: link)
        let events = node.mailbox.takeEvents()
        #expect(events.count == 2)
        guard case .control(link, Array(Self.hello.dropFirst(4))) = events.first,
            case .carrier(.streamFrame(link, handshake)) = events.last
        else {
            Issue.record("not handed up: \(events)")
            return
        }
        #expect(node.deliveredToHost() == [HostPackets.aged(packet, by: 1)])
        // And the other way.
        node.post(.transmit(link, Self.hello))
        node.perform(.sendOnStream(link, handshake))
        #expect(node.sent(on: link) == Self.hello + SealedPeer.packet(handshake))
    }

    @Test func afterInstallAndBeforeUseItStillSpeaksTheBase() throws {
        var node = try WorkerHarness()
        let peer = try Stranger()
        let link = try node.addLink()
        node.route(peer.identity.subnet, link, peer.identity.publicKey)
        let keys = TestKeys(seed: 3)
        let local = node.nextIndex()
        node.perform(
            .install(link, .stream, local: local, remote: SessionIndex(9), keys.session),
            .peer(link, peer.identity.publicKey)
        )
        let packet = HostPackets.plain(
            node.identity.address,
            peer.identity.address,
            byteCount: 100
        )
        node.sendFromHost(packet)
        let frame = node.sent(on: link)
        #expect(peer.open(frame, from: node.identity) == [1, 0, 0, 0] + packet)
        node.perform(.use(link, .stream, local: local), .sealStream(link))
        node.sendFromHost(packet)
        let sealed = try SealedPeer(keys.mirrored, worker: local, own: SessionIndex(9))
        let frames = SealedPeer.frames(in: node.sent(on: link))
        let direct = frames.compactMap { sealed.open($0) }.map(\.content)
        #expect(direct == [[1, 0, 0, 0] + HostPackets.aged(packet, by: 1)])
    }

    @Test(arguments: [true, false]) func aPlainPacketClosesASealedStream(isData: Bool) throws {
        var node = try SealedNode(.stream)
        let data = node.stranger.frame(.ip, node.incoming(100), to: node.node.identity)
        node.node.receive(isData ? data : Self.hello, on: node.link)
        let events = node.node.mailbox.takeEvents()
        guard case .carrier(.carrierLost(node.link, .stream, errno: 0)) = events.first,
            events.count == 1
        else {
            Issue.record("not lost: \(events)")
            return
        }
        #expect(node.node.deliveredToHost().isEmpty)
        #expect(node.node.counters.drops[.malformed] == 1)
        // The link lives on without a carrier.
        node.node.sendFromHost(node.outgoing(100))
        #expect(node.node.counters.drops[.linkGone] == 1)
        node.node.perform(.close(node.link))
        #expect(node.node.mailbox.takeEvents().isEmpty)
    }

    /// The responder of an upgrade goes on in clear until the initiator's first frame has reached it.
    @Test func whatTheResponderSentInClearIsTakenUntilItSeals() throws {
        var node = try WorkerHarness()
        let stranger = try Stranger()
        let link = try node.addLink()
        node.route(stranger.identity.subnet, link, stranger.identity.publicKey)
        let keys = TestKeys(seed: 5)
        let local = node.nextIndex()
        node.perform(
            .install(link, .stream, local: local, remote: SessionIndex(9), keys.session),
            .peer(link, stranger.identity.publicKey),
            .use(link, .stream, local: local),
            .sealStream(link, takesClear: true)
        )
        // Nothing of ours goes out in clear any more.
        node.post(.transmit(link, Self.hello))
        #expect(node.sent(on: link).isEmpty)
        let packet = HostPackets.plain(
            stranger.identity.address,
            node.identity.address,
            byteCount: 100
        )
        let data = stranger.frame(.ip, packet, to: node.identity)
        node.receive(data, on: link)
        #expect(node.deliveredToHost() == [HostPackets.aged(packet, by: 1)])
        #expect(node.mailbox.takeEvents().isEmpty)
        // From the first sealed frame on it ends the stream.
        let peer = try SealedPeer(keys.mirrored, worker: local, own: SessionIndex(9))
        let first = peer.frame(.liveness, [])
        node.receive(SealedPeer.packet(first), on: link)
        node.receive(data, on: link)
        #expect(node.deliveredToHost().isEmpty)
        let isLost = node.takeCarrierEvents().contains { event in
            if case .carrierLost(link, .stream, errno: 0) = event { true } else { false }
        }
        #expect(isLost)
    }

    @Test func aSealedStreamSendsNoPlainPackets() throws {
        var node = try SealedNode(.stream)
        node.node.post(.transmit(node.link, Self.hello))
        #expect(node.node.sent(on: node.link).isEmpty)
    }

    @Test func handshakeFramesComeUpFromASealedStreamToo() throws {
        var node = try SealedNode(.stream)
        let handshake = [1, 1, 0, 1] + HostPackets.content(1352)
        node.receive([handshake])
        guard case .streamFrame(node.link, handshake) = node.node.takeCarrierEvents().first else {
            Issue.record("not handed up")
            return
        }
    }

    @Test func anEmptyPacketClosesTheStream() throws {
        var node = try SealedNode(.stream)
        node.node.receive([1, 2, 0, 0], on: node.link)
        guard case .carrierLost(node.link, .stream, errno: 0) = node.node.takeCarrierEvents().first
        else {
            Issue.record("not lost")
            return
        }
    }

    @Test func aStreamThatEndsIsToldAsALostCarrier() throws {
        var node = try SealedNode(.stream)
        node.node.hangUp(node.link)
        node.node.turn()
        let events = node.node.mailbox.takeEvents()
        guard case .carrier(.carrierLost(node.link, .stream, errno: 0)) = events.first,
            events.count == 1
        else {
            Issue.record("not lost: \(events)")
            return
        }
    }

    @Test func framesInAnyPiecesAreThoseThatWereSent() throws {
        var node = try SealedNode(.stream)
        let packets = (0..<20).map { node.incoming(40 + $0 * 60, seed: $0) }
        let bytes = packets.flatMap { SealedPeer.packet(node.peer.direct($0)) }
        var at = 0
        var size = 1
        while at < bytes.count {
            node.node.receive(Array(bytes[at..<min(at + size, bytes.count)]), on: node.link)
            at += size
            size = size * 7 % 997
        }
        #expect(node.node.deliveredToHost() == packets.map { HostPackets.aged($0, by: 1) })
    }

    // MARK: - From link to link

    @Test func anAdoptedStreamKeepsItsSessionAndItsLinkIsGone() throws {
        var node = try SealedNode(.stream)
        let link = node.node.addDatagramLink()
        node.node.perform(
            .peer(link, node.stranger.identity.publicKey),
            .adoptStream(from: node.link, into: link),
            .carrier(link, .stream)
        )
        let incoming = node.incoming(100)
        node.node.receive(SealedPeer.packet(node.peer.direct(incoming)), on: node.link)
        #expect(node.node.deliveredToHost() == [HostPackets.aged(incoming, by: 1)])
        // The old link is gone, and so is a route over it.
        node.node.sendFromHost(node.outgoing(100))
        #expect(node.node.counters.drops[.linkGone] == 1)
        node.node.route(node.stranger.identity.subnet, link, node.stranger.identity.publicKey)
        let outgoing = node.outgoing(100, seed: 3)
        node.node.sendFromHost(outgoing)
        #expect(node.sent().map(\.content) == [[1, 0, 0, 0] + HostPackets.aged(outgoing, by: 1)])
        // What comes up names the new link.
        node.node.receive(SealedPeer.packet(node.peer.frame(.control, [7])), on: node.link)
        guard
            case .frame(link, .stream, .control, content: [7], frameByteCount: 33, from: nil) =
                node.node.takeCarrierEvents().last
        else {
            Issue.record("not of the new link")
            return
        }
    }

    @Test func anAdoptedStreamReplacesTheOneThatWasThere() throws {
        var node = try SealedNode(.stream)
        let other = try node.node.addLink()
        node.node.perform(
            .peer(other, node.stranger.identity.publicKey),
            .adoptStream(from: node.link, into: other)
        )
        _ = node.node.mailbox.takeEvents()
        // The replaced one is closed, quietly.
        node.node.receive(Self.hello, on: other)
        #expect(node.node.mailbox.takeEvents().isEmpty)
        let packet = node.incoming(100)
        node.node.receive(SealedPeer.packet(node.peer.direct(packet)), on: node.link)
        #expect(node.node.deliveredToHost() == [HostPackets.aged(packet, by: 1)])
    }

    @Test func anAdoptedStreamThatWasPausedGoesOn() throws {
        var node = try SealedNode(.stream)
        let most = Limits.linkControlPendingMax
        let contents = (0..<most + 3).map { HostPackets.content(30, seed: $0) }
        node.receive(contents.map { node.peer.frame(.control, $0) })
        let link = node.node.addDatagramLink()
        node.node.perform(
            .peer(link, node.stranger.identity.publicKey),
            .adoptStream(from: node.link, into: link)
        )
        node.node.take(most, of: node.link)
        node.node.turn()
        #expect(node.node.takeCarrierEvents().compactMap(\.content) == contents)
    }

    // MARK: - Endings

    @Test func aClosedCarrierSendsWhatIsQueuedFirst() throws {
        var node = try SealedNode(.stream)
        node.node.perform(
            .send(node.link, .stream, .liveness, content: [4], padTo: nil, to: nil),
            .closeCarrier(node.link, .stream)
        )
        #expect(node.sent().map(\.content) == [[4]])
        node.node.turn()
        #expect(node.node.mailbox.takeEvents().isEmpty)
        node.node.sendFromHost(node.outgoing(100))
        #expect(node.node.counters.drops[.linkGone] == 1)
    }

    @Test func aClosedDatagramCarrierSendsWhatIsQueuedAndTheStreamTakesOver() throws {
        var node = try SealedNode(.datagram)
        node.node.perform(
            .send(node.link, .datagram, .liveness, content: [4], padTo: nil, to: nil),
            .closeCarrier(node.link, .datagram)
        )
        #expect(node.sent().map(\.content) == [[4]])
        node.node.sendFromHost(node.outgoing(100))
        #expect(node.sentFrames().isEmpty)
        #expect(node.node.counters.drops[.linkGone] == 1)
    }

    @Test(arguments: [CarrierKind.datagram, .stream])
    func aClosedLinkSendsWhatIsQueuedAndIsForgotten(carrier: CarrierKind) throws {
        var node = try SealedNode(carrier)
        node.node.perform(
            .send(node.link, nil, .liveness, content: [4, 1], padTo: nil, to: nil),
            .close(node.link)
        )
        #expect(node.sent().map(\.content) == [[4, 1]])
        #expect(node.node.mailbox.takeEvents().isEmpty)
        node.receive([node.peer.direct(node.incoming(100))])
        #expect(node.node.deliveredToHost().isEmpty)
        node.node.sendFromHost(node.outgoing(100))
        #expect(node.node.counters.drops[.linkGone] == 1)
        // All of it again, for something that is not there any more.
        node.node.perform(
            .send(node.link, nil, .liveness, content: [4], padTo: nil, to: nil),
            .closeCarrier(node.link, .stream),
            .closeCarrier(node.link, .datagram),
            .use(node.link, carrier, local: node.peer.worker),
            .endpoint(node.link, node.end.address),
            .remove(local: node.peer.worker),
            .close(node.link)
        )
        #expect(node.sentFrames().isEmpty)
    }

    // MARK: - Two carriers

    @Test func trafficGoesOverTheCarrierThatIsNamed() throws {
        var node = try SealedNode(.stream)
        let keys = TestKeys(seed: 0x33)
        let local = node.node.nextIndex()
        let remote = SessionIndex(0x7777_0001)
        node.node.perform(
            .install(node.link, .datagram, local: local, remote: remote, keys.session),
            .endpoint(node.link, node.end.address),
            .use(node.link, .datagram, local: local)
        )
        let other = try SealedPeer(keys.mirrored, worker: local, own: remote)
        node.node.sendFromHost(node.outgoing(100))
        #expect(node.sent().count == 1)
        #expect(node.end.receive().isEmpty)
        node.node.perform(.carrier(node.link, .datagram))
        node.node.sendFromHost(node.outgoing(100))
        #expect(node.sentFrames().isEmpty)
        #expect(node.end.receive().compactMap { other.open($0) }.count == 1)
        // Each is heard on both.
        node.end.send([other.direct(node.incoming(100))], to: node.address)
        node.receive([node.peer.direct(node.incoming(100))])
        #expect(node.node.deliveredToHost().count == 2)
        // Without datagrams the stand-by takes over at once.
        node.node.perform(.closeCarrier(node.link, .datagram), .remove(local: local))
        node.node.sendFromHost(node.outgoing(100))
        #expect(node.sent().count == 1)
    }
}
