// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaCrypto
import HyphaDataPlane
import HyphaForwarding
import HyphaLink
import HyphaSession
import HyphaWire
import Testing

/// Frames that are not what the neighbour sent, or not new.
@Suite struct SealedRefusalTests {
    @Test(arguments: [CarrierKind.datagram, .stream])
    func aReplayedFrameIsDroppedAndCounted(carrier: CarrierKind) throws {
        var node = try SealedNode(carrier)
        let packet = node.incoming(100)
        let routed = node.stranger.frame(.ip, packet, to: node.node.identity)
        let content = ControlContent(seq: 1, ack: 0).encoded()
        let frames = [
            node.peer.direct(packet), node.peer.routed(routed),
            node.peer.frame(.control, content), node.peer.frame(.liveness),
        ]
        node.receive(frames)
        #expect(node.node.deliveredToHost().count == 2)
        #expect(node.node.takeCarrierEvents().count == 2)
        for (place, frame) in frames.enumerated() {
            node.receive([frame])
            #expect(node.node.counters.drops[.replayed] == UInt64(place + 1))
        }
        #expect(node.node.deliveredToHost().isEmpty)
        #expect(node.node.takeCarrierEvents().isEmpty)
    }

    @Test func aCounterBelowTheWindowIsDropped() throws {
        var node = try SealedNode(.datagram)
        let old = node.peer.direct(node.incoming(100))
        node.peer.counter = 8192
        node.receive([node.peer.frame(.liveness)])
        node.receive([old])
        #expect(node.node.counters.drops[.replayed] == 1)
        #expect(node.node.deliveredToHost().isEmpty)
    }

    /// Kinds of frames and how they may be cut.
    enum Form: CaseIterable {
        case control
        case liveness
        case direct
        case routed
        case directPart
        case routedPart
    }

    private func frame(_ form: Form, _ node: borrowing SealedNode) -> [UInt8] {
        let packet = node.incoming(60)
        switch form {
        case .control: return node.peer.frame(.control, ControlContent(seq: 1, ack: 0).encoded())
        case .liveness: return node.peer.frame(.liveness, LivenessContent(.probe).encoded())
        case .direct: return node.peer.direct(packet)
        case .routed:
            return node.peer.routed(node.stranger.frame(.ip, packet, to: node.node.identity))
        case .directPart: return node.peer.directParts(packet)[0]
        case .routedPart:
            let whole = node.stranger.frame(.ip, packet, to: node.node.identity)
            return node.peer.routedParts(whole)[0]
        }
    }

    @Test(arguments: [CarrierKind.datagram, .stream], Form.allCases)
    func everyFlippedBitIsRefusedAndTheLinkStays(carrier: CarrierKind, form: Form) throws {
        var node = try SealedNode(carrier)
        let whole = frame(form, node)
        let isRouted = form == .routed || form == .routedPart
        // A routed frame's body is sealed end to end, and the link does not look at it.
        let sealed = isRouted ? TransportHeader.routedOverheadByteCount : whole.count
        // The first byte says what the bytes are, so another one may not be a transport frame.
        for at in 1..<sealed {
            for bit in 0..<8 {
                var changed = whole
                changed[at] ^= 1 << UInt8(bit)
                node.receive([changed])
            }
        }
        let drops = node.node.counters.drops
        let counted =
            drops[.badSeal] + drops[.malformed] + drops[.unknownSession] + drops[.replayed]
        #expect(counted == UInt64(8 * (sealed - 1)))
        #expect(drops[.badSeal] >= UInt64(8 * (sealed - 16)))
        #expect(drops.total == counted)
        #expect(node.node.deliveredToHost().isEmpty)
        let events = node.node.takeCarrierEvents()
        // Of those with another index some are told; nothing else is.
        #expect(
            events.allSatisfy { if case .unknownIndex = $0 { true } else { false } },
            "\(events.count)"
        )
        // The frame itself, and later ones, are still good.
        let packet = node.incoming(99)
        node.receive([whole, node.peer.direct(packet)])
        #expect(node.node.deliveredToHost().last == HostPackets.aged(packet, by: 1))
        #expect(node.node.counters.drops.total == counted)
    }

    @Test func everyFlippedBitOfABodyIsRefusedByTheBody() throws {
        var node = try SealedNode(.datagram)
        let packet = node.incoming(60)
        let whole = node.stranger.frame(.ip, packet, to: node.node.identity)
        for at in DataHeader.byteCount..<whole.count {
            var changed = whole
            changed[at] ^= 1
            node.receive([node.peer.routed(changed)])
        }
        #expect(node.node.deliveredToHost().isEmpty)
        let expected = UInt64(whole.count - DataHeader.byteCount)
        #expect(node.node.counters.drops[.badSeal] == expected)
    }

    @Test(arguments: [CarrierKind.datagram, .stream])
    func aFrameOfAnyOtherLengthIsRefused(carrier: CarrierKind) throws {
        var node = try SealedNode(carrier)
        let whole = node.peer.direct(node.incoming(60))
        for count in 1..<whole.count { node.receive([Array(whole[..<count])]) }
        #expect(node.node.counters.drops.total == UInt64(whole.count - 1))
        #expect(node.node.counters.drops[.malformed] == 31)
        node.receive([whole + [0]])
        #expect(node.node.counters.drops[.badSeal] == UInt64(whole.count - 32 + 1))
        node.receive([whole])
        #expect(node.node.deliveredToHost().count == 1)
    }

    @Test func aRoutedFrameMustHoldItsHeader() throws {
        var node = try SealedNode(.datagram)
        let packet = node.stranger.frame(.ip, node.incoming(60), to: node.node.identity)
        let whole = node.peer.routed(packet)
        for count in 32..<68 { node.receive([Array(whole[..<count])]) }
        #expect(node.node.counters.drops[.malformed] == 36)
        #expect(node.node.counters.drops.total == 36)
    }

    @Test(arguments: [CarrierKind.datagram, .stream])
    func anIndexThatNobodyHasIsDroppedAndCounted(carrier: CarrierKind) throws {
        var node = try SealedNode(carrier)
        let other = try SealedPeer(
            TestKeys(seed: 0x11).mirrored,
            worker: SessionIndex(node.peer.worker.value &+ 1),
            own: node.peer.own
        )
        node.receive([other.direct(node.incoming(60))])
        #expect(node.node.deliveredToHost().isEmpty)
        #expect(node.node.counters.drops[.unknownSession] == 1)
        let events = node.node.takeCarrierEvents()
        guard carrier == .datagram else {
            #expect(events.isEmpty)
            return
        }
        guard case .unknownIndex(from: node.end.address) = events.first, events.count == 1 else {
            Issue.record("not told: \(events)")
            return
        }
    }

    @Test func aStreamTakesNoFramesOfAnotherLink() throws {
        var node = try SealedNode(.stream)
        let other = try node.node.addLink()
        let frame = node.peer.direct(node.incoming(60))
        node.node.receive(SealedPeer.packet(frame), on: other)
        #expect(node.node.deliveredToHost().isEmpty)
        #expect(node.node.counters.drops[.unknownSession] == 1)
        node.receive([frame])
        #expect(node.node.deliveredToHost().count == 1)
    }

    @Test func framesOfRemovedKeysAreUnknown() throws {
        var node = try SealedNode(.datagram)
        node.node.perform(.remove(local: node.peer.worker))
        node.receive([node.peer.direct(node.incoming(60))])
        #expect(node.node.counters.drops[.unknownSession] == 1)
        node.node.sendFromHost(node.outgoing(60))
        #expect(node.sentFrames().isEmpty)
        #expect(node.node.counters.drops[.linkGone] == 1)
    }
}
