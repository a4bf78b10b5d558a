// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaCrypto
import HyphaDataPlane
import HyphaForwarding
import HyphaLink
import HyphaSession
import HyphaWire
import Testing

/// Where datagrams of a link go, and what happens when they do not.
@Suite struct SealedEndpointTests {
    private static func roamed(_ events: [CarrierEvent]) -> [SocketAddress] {
        events.compactMap { if case .roamed(_, let address) = $0 { address } else { nil } }
    }

    @Test func theHighestCounterFromElsewhereIsToldOnce() throws {
        var node = try SealedNode(.datagram)
        let moved = try DatagramEnd()
        let old = (0..<3).map { _ in node.peer.frame(.liveness) }
        node.receive([node.peer.frame(.liveness)])
        #expect(Self.roamed(node.node.takeCarrierEvents()).isEmpty)
        // Old counters mean nothing: somebody may have delayed them.
        moved.send(old, to: node.address)
        node.node.turn()
        #expect(node.node.counters.drops.total == 0)
        #expect(Self.roamed(node.node.takeCarrierEvents()).isEmpty)
        for _ in 0..<5 {
            moved.send([node.peer.direct(node.incoming(60))], to: node.address)
            node.node.turn()
        }
        #expect(Self.roamed(node.node.takeCarrierEvents()) == [moved.address])
        // Nothing is lost on the way in, and answers go to the old address still.
        #expect(node.node.deliveredToHost().count == 5)
        node.node.sendFromHost(node.outgoing(100))
        #expect(node.sent().count == 1)
        #expect(moved.receive().isEmpty)
    }

    @Test func framesThatAreNotGenuineDoNotMoveALink() throws {
        var node = try SealedNode(.datagram)
        let other = try DatagramEnd()
        node.peer.counter = 100
        var forged = node.peer.frame(.liveness)
        forged[20] ^= 1
        let replayed = node.peer.frame(.liveness)
        node.receive([replayed])
        other.send([forged, replayed], to: node.address)
        node.node.turn()
        #expect(Self.roamed(node.node.takeCarrierEvents()).isEmpty)
    }

    @Test func anAddressWithoutProofGetsThreeTimesWhatItSent() throws {
        var node = try SealedNode(.datagram)
        let moved = try DatagramEnd()
        node.node.perform(.unproven(node.link, moved.address))
        // At first as much as three of the smallest frames can have brought.
        var allowed = 3 * 32
        for _ in 0..<20 {
            let frame = node.peer.direct(node.incoming(100))
            moved.send([frame], to: node.address)
            node.node.turn()
            allowed += 3 * frame.count
            // More in frames of several sizes than may go there.
            node.node.feed((0..<10).map { node.outgoing(60 + $0 * 3, seed: $0) })
            node.node.turn()
            let there = moved.receive()
            let here = node.sentFrames()
            allowed -= there.reduce(0) { $0 + $1.count }
            #expect(allowed >= 0)
            // What is left is less than the frame that went elsewhere.
            #expect(allowed < 60 + 9 * 3 + 36)
            #expect(there.count + here.count == 10)
            #expect((there + here).allSatisfy { node.peer.open($0) != nil })
        }
        #expect(node.node.counters.drops.total == 0)
        node.node.perform(.endpoint(node.link, moved.address))
        node.node.feed((0..<20).map { node.outgoing(1000, seed: $0) })
        node.node.turn()
        #expect(moved.receive().count == 20)
        #expect(node.sentFrames().isEmpty)
    }

    @Test func withoutAProvenAddressTheRestIsDroppedAndCounted() throws {
        var node = try WorkerHarness()
        let stranger = try Stranger()
        let end = try DatagramEnd()
        _ = try node.addSocket()
        let link = node.addDatagramLink()
        let local = node.nextIndex()
        let keys = TestKeys(seed: 1)
        node.perform(
            .install(link, .datagram, local: local, remote: SessionIndex(5), keys.session),
            .peer(link, stranger.identity.publicKey),
            .unproven(link, end.address),
            .use(link, .datagram, local: local),
            .carrier(link, .datagram)
        )
        node.route(stranger.identity.subnet, link, stranger.identity.publicKey)
        let packet = HostPackets.plain(
            node.identity.address,
            stranger.identity.address,
            byteCount: 60
        )
        // One frame of 96 bytes is as much as may be sent.
        node.feed([packet, packet, packet])
        node.turn()
        #expect(end.receive().map(\.count) == [96])
        #expect(node.counters.drops[.unproven] == 2)
        #expect(node.counters.drops.total == 2)
    }

    @Test func framesOfOneTurnGoWhereTheLinkWasWhenTheyWereSealed() throws {
        var node = try SealedNode(.datagram)
        let next = try DatagramEnd()
        let link = node.link
        func echo(_ byte: UInt8) -> CarrierCommand {
            .send(link, nil, .liveness, content: [byte], padTo: nil, to: nil)
        }
        node.node.perform(echo(1), echo(2), .endpoint(link, next.address), echo(3), echo(4))
        #expect(node.sent().map(\.content) == [[1], [2]])
        #expect(next.receive().compactMap { node.peer.open($0) }.map(\.content) == [[3], [4]])
    }

    @Test func aPacketInPartsUsesTheAllowanceOnce() throws {
        var node = try SealedNode(.datagram, payloadMax: 1232)
        let moved = try DatagramEnd()
        node.node.perform(.unproven(node.link, moved.address))
        moved.send([node.peer.direct(node.incoming(500))], to: node.address)
        node.node.turn()
        // 96 + 3 * 536 bytes; the packet needs 1404 + 2 * 32.
        node.node.sendFromHost(node.outgoing(1400))
        #expect(moved.receive().map(\.count) == [734, 734])
        #expect(node.sentFrames().isEmpty)
    }

    @Test func anAddressThatCannotBeReachedLosesTheCarrier() throws {
        var node = try SealedNode(.datagram)
        // The loopback interface has no way to a link-local address.
        let neighbour = IPv6Address(high: 0xfe80_0000_0000_0000, low: 1)
        let nowhere = SocketAddress(host: .v6(neighbour, scope: 1), port: 9)
        node.node.perform(.endpoint(node.link, nowhere))
        node.node.sendFromHost(node.outgoing(100))
        let events = node.node.takeCarrierEvents()
        guard case .carrierLost(node.link, .datagram, errno: let code) = events.first else {
            Issue.record("not lost: \(events), \(node.node.counters.drops.total)")
            return
        }
        #expect(code != 0 && code != EMSGSIZE)
        #expect(node.node.counters.drops[.datagramFailed] == 1)
        // Others are not touched.
        node.node.perform(.endpoint(node.link, node.end.address))
        node.node.sendFromHost(node.outgoing(100))
        #expect(node.sent().count == 1)
    }

    @Test func aDatagramBeyondTheDeviceLosesNothingButItself() throws {
        var node = try SealedNode(.datagram)
        // More than a datagram can have: the kernel says EMSGSIZE.
        node.node.perform(
            .send(
                node.link,
                .datagram,
                .liveness,
                content: [3],
                padTo: 65_530,
                to: nil
            )
        )
        #expect(node.node.takeCarrierEvents().isEmpty)
        #expect(node.node.counters.drops[.datagramFailed] == 1)
        node.node.sendFromHost(node.outgoing(100))
        #expect(node.sent().count == 1)
    }

    @Test func framesOfManyLinksInOneTurnAllGoOutInOrder() throws {
        var node = try SealedNode(.datagram, hasTUN: false)
        let source = try Stranger()
        let base = try node.node.addLink()
        let ends = try (0..<5).map { _ in try DatagramEnd() }
        var peers: [SealedPeer] = []
        var targets: [Stranger] = []
        for (place, end) in ends.enumerated() {
            let link = node.node.addDatagramLink()
            let keys = TestKeys(seed: UInt8(place))
            let local = node.node.nextIndex()
            let remote = SessionIndex(UInt32(place) + 100)
            node.node.perform(
                .install(link, .datagram, local: local, remote: remote, keys.session),
                .endpoint(link, end.address),
                .carrier(link, .datagram),
                .use(link, .datagram, local: local)
            )
            let target = try Stranger()
            node.node.route(target.identity.subnet, link, target.identity.publicKey)
            targets.append(target)
            peers.append(try SealedPeer(keys.mirrored, worker: local, own: remote))
        }
        // Small ones by turns: each is a message of its own, many more than one batch has.
        let frames = (0..<300).map { step in
            source.frame(.ip, [UInt8(step & 0xff)], to: targets[step % 5].identity)
        }
        node.node.receive(frames.flatMap { $0 }, on: base)
        for place in 0..<5 {
            let got = ends[place].receive().compactMap { peers[place].open($0) }
            #expect(got.map(\.header.counter) == Array(0..<60))
            let expected = stride(from: place, to: 300, by: 5).map { Array(frames[$0][40...]) }
            #expect(got.map(\.body) == expected)
        }
        #expect(node.node.counters.transitPackets == 300)
        #expect(node.node.counters.drops.total == 0)
    }
}
