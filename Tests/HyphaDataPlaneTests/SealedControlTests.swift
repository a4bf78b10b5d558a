// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaDataPlane
import HyphaForwarding
import HyphaLink
import HyphaSession
import HyphaWire
import Testing

extension CarrierEvent {
    /// The content of an opened frame of control or liveness.
    var content: [UInt8]? {
        if case .frame(_, _, _, let content, _, _) = self { content } else { nil }
    }
}

/// Control and liveness, which are the control plane's business.
@Suite struct SealedControlTests {
    @Test(arguments: [CarrierKind.datagram, .stream], [TransportKind.control, .liveness])
    func whatIsInsideComesUpAsItIs(carrier: CarrierKind, kind: TransportKind) throws {
        var node = try SealedNode(carrier)
        for size in [1, 12, 1000] {
            let content = HostPackets.content(size)
            node.receive([node.peer.frame(kind, content)])
            let events = node.node.takeCarrierEvents().filter {
                if case .confirmed = $0 { false } else { true }
            }
            guard
                case .frame(
                    node.link,
                    carrier,
                    kind,
                    content: content,
                    frameByteCount: size + 32,
                    from: carrier == .datagram ? node.end.address : nil
                ) = events.first, events.count == 1
            else {
                Issue.record("not as it came: \(events)")
                return
            }
            node.node.take(1, of: node.link)
        }
        #expect(node.node.counters.drops.total == 0)
    }

    @Test(arguments: [CarrierKind.datagram, .stream])
    func aKeepAliveConfirmsAndDoesNothingElse(carrier: CarrierKind) throws {
        var node = try SealedNode(carrier)
        node.receive([node.peer.frame(.liveness)])
        let first = node.node.takeCarrierEvents()
        guard case .confirmed(node.peer.worker) = first.first, first.count == 1 else {
            Issue.record("not confirmed: \(first)")
            return
        }
        // More of them than control frames may be pending.
        for _ in 0..<3 * Limits.linkControlPendingMax {
            node.receive([node.peer.frame(.liveness)])
        }
        #expect(node.node.takeCarrierEvents().isEmpty)
        node.receive([node.peer.frame(.control, [1, 2, 3])])
        #expect(node.node.takeCarrierEvents().map(\.content) == [[1, 2, 3]])
        #expect(node.node.counters.drops.total == 0)
    }

    @Test func framesThatAreNotGenuineDoNotStopAStream() throws {
        var node = try SealedNode(.stream)
        var frame = node.peer.frame(.control, [1, 2, 3])
        frame[20] ^= 1
        for _ in 0..<3 * Limits.linkControlPendingMax { node.receive([frame]) }
        node.receive([node.peer.frame(.control, [4, 5, 6])])
        #expect(node.node.takeCarrierEvents().compactMap(\.content) == [[4, 5, 6]])
    }

    @Test func aStreamIsNotReadFurtherWhileControlIsPending() throws {
        var node = try SealedNode(.stream)
        let most = Limits.linkControlPendingMax
        let contents = (0..<200).map { HostPackets.content(30, seed: $0) }
        let packet = node.incoming(100)
        node.receive(contents.map { node.peer.frame(.control, $0) } + [node.peer.direct(packet)])
        #expect(node.node.takeCarrierEvents().compactMap(\.content) == Array(contents[..<most]))
        node.node.turn()
        #expect(node.node.takeCarrierEvents().isEmpty)
        #expect(node.node.deliveredToHost().isEmpty)
        // One is taken, one more comes.
        node.node.take(1, of: node.link)
        #expect(node.node.takeCarrierEvents().compactMap(\.content) == [contents[most]])
        node.node.take(most, of: node.link)
        node.node.take(most, of: node.link)
        node.node.take(most, of: node.link)
        #expect(
            node.node.takeCarrierEvents().compactMap(\.content)
                == Array(contents[(most + 1)...])
        )
        #expect(node.node.deliveredToHost() == [HostPackets.aged(packet, by: 1)])
        #expect(node.node.counters.drops.total == 0)
    }

    @Test func datagramsBeyondThePendingOnesAreDroppedAndCounted() throws {
        var node = try SealedNode(.datagram)
        let most = Limits.linkControlPendingMax
        let contents = (0..<most + 10).map { HostPackets.content(30, seed: $0) }
        let packet = node.incoming(100)
        node.receive(contents.map { node.peer.frame(.control, $0) } + [node.peer.direct(packet)])
        #expect(node.node.takeCarrierEvents().compactMap(\.content) == Array(contents[..<most]))
        #expect(node.node.counters.drops[.controlBusy] == 10)
        // Data goes on.
        #expect(node.node.deliveredToHost() == [HostPackets.aged(packet, by: 1)])
        node.node.take(1, of: node.link)
        node.receive([node.peer.frame(.control, [1]), node.peer.frame(.liveness, [2])])
        #expect(node.node.takeCarrierEvents().compactMap(\.content) == [[1]])
        #expect(node.node.counters.drops[.controlBusy] == 11)
        node.node.take(most, of: node.link)
        node.receive([node.peer.frame(.liveness, [3])])
        #expect(node.node.takeCarrierEvents().compactMap(\.content) == [[3]])
    }

    @Test(arguments: [CarrierKind.datagram, .stream], [TransportKind.control, .liveness])
    func whatTheControlPlaneSendsIsSealedAndPadded(
        carrier: CarrierKind,
        kind: TransportKind
    ) throws {
        var node = try SealedNode(carrier)
        let content = HostPackets.content(50)
        for (padTo, zeros) in [(nil, 0), (82, 0), (83, 1), (20, 0), (1232, 1232 - 82)] {
            node.node.perform(.send(node.link, nil, kind, content: content, padTo: padTo, to: nil))
            let frames = node.sent()
            #expect(frames.count == 1)
            #expect(frames.first?.header.kind == kind)
            let expected = content + [UInt8](repeating: 0, count: zeros)
            #expect(frames.first?.content == expected, "padTo \(padTo ?? -1)")
        }
    }

    @Test func aFrameMayGoElsewhereThanTheLink() throws {
        var node = try SealedNode(.datagram)
        let other = try DatagramEnd()
        node.node.perform(
            .send(
                node.link,
                .datagram,
                .liveness,
                content: [5, 0, 0, 0],
                padTo: 100,
                to: other.address
            )
        )
        #expect(node.sentFrames().isEmpty)
        let frames = other.receive()
        #expect(frames.map(\.count) == [100])
        #expect(frames.first.flatMap { node.peer.open($0) }?.content.prefix(4) == [5, 0, 0, 0])
    }

    @Test func handshakeFramesComeUpAndGoOutUnsealed() throws {
        var node = try SealedNode(.datagram)
        let stranger = try DatagramEnd()
        let frame = [1, 1, 0, 2] + HostPackets.content(600)
        stranger.send([frame], to: node.address)
        node.node.turn()
        let events = node.node.takeCarrierEvents()
        guard case .datagram(frame, from: stranger.address) = events.first, events.count == 1
        else {
            Issue.record("not handed up: \(events)")
            return
        }
        let answer = [2, 1, 0, 1] + HostPackets.content(300)
        node.node.perform(.sendDatagram(answer, to: stranger.address))
        #expect(stranger.receive() == [answer])
        // Larger than any handshake frame.
        stranger.send([[1] + HostPackets.content(Limits.handshakeFrameBytesMax)], to: node.address)
        node.node.turn()
        #expect(node.node.takeCarrierEvents().isEmpty)
        #expect(node.node.counters.drops[.malformed] == 1)
    }
}
