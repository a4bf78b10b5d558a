// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaDataPlane
import HyphaForwarding
import HyphaLink
import HyphaLinux
import HyphaSession
import HyphaWire
import Testing

/// Streams that become those of a link of another worker, and workers on threads of their own.
@Suite struct CrewStreamTests {
    /// A frame cut at every place: its beginning moves with the stream.
    @Test(arguments: [0, 3, 4, 30, 100]) func aStreamMovesWithItsSessionsAndWhatItHolds(
        cut: Int
    )
        throws
    {
        var node = try WorkerHarness(workers: 2)
        let stranger = try Stranger()
        let old = try node.addLink()
        let new = node.addDatagramLink()
        let keys = TestKeys(seed: 0x21)
        let (local, remote) = (node.nextIndex(), SessionIndex(7))
        node.perform(
            .install(old, .stream, local: local, remote: remote, keys.session),
            .use(old, .stream, local: local),
            .sealStream(old),
            .peer(new, stranger.identity.publicKey)
        )
        node.route(stranger.identity.subnet, new, stranger.identity.publicKey)
        let peer = try SealedPeer(keys.mirrored, worker: local, own: remote)
        let packet = HostPackets.plain(
            stranger.identity.address,
            node.identity.address,
            byteCount: 200
        )
        let frame = SealedPeer.packet(peer.direct(packet))
        node.receive(Array(frame.prefix(cut)), on: old)
        node.perform(.adoptStream(from: old, into: new), .carrier(new, .stream))
        node.receive(Array(frame.dropFirst(cut)), on: old)
        #expect(node.deliveredToHost() == [HostPackets.aged(packet, by: 1)])
        // And the other way, under the counters that go on.
        let answer = HostPackets.plain(
            node.identity.address,
            stranger.identity.address,
            byteCount: 300
        )
        node.sendFromHost(answer)
        let frames = SealedPeer.frames(in: node.sent(on: old)).compactMap { peer.open($0) }
        #expect(frames.map(\.content) == [[1, 0, 0, 0] + HostPackets.aged(answer, by: 1)])
        node.perform(.remove(local: local))
        node.receive(SealedPeer.packet(peer.direct(packet)), on: old)
        #expect(node.counters.drops[.unknownSession] == 1)
        #expect(node.counters.drops.total == 1)
    }

    @Test func aSealedStreamTakesNothingInClearAfterItHasMoved() throws {
        var node = try WorkerHarness(workers: 2)
        let stranger = try Stranger()
        let old = try node.addLink()
        let new = node.addDatagramLink()
        node.perform(
            .sealStream(old),
            .peer(new, stranger.identity.publicKey),
            .adoptStream(from: old, into: new)
        )
        node.route(stranger.identity.subnet, new, stranger.identity.publicKey)
        let packet = Stranger.packet(stranger.identity.address, node.identity.address)
        node.receive(stranger.frame(.ip, packet, to: node.identity), on: old)
        #expect(node.deliveredToHost().isEmpty)
        guard case .carrierLost(new, .stream, errno: 0) = node.takeCarrierEvents().first else {
            Issue.record("not lost")
            return
        }
    }

    @Test func commandsForAStreamWaitUntilItHasMoved() throws {
        var node = try WorkerHarness(workers: 2)
        let old = try node.addLink()
        let new = node.addDatagramLink()
        let keys = TestKeys(seed: 0x22)
        let local = node.nextIndex()
        let content: [UInt8] = [1, 2, 3]
        let commands: [CarrierCommand] = [
            .install(old, .stream, local: local, remote: SessionIndex(7), keys.session),
            .use(old, .stream, local: local), .sealStream(old),
            .adoptStream(from: old, into: new),
            .send(new, .stream, .liveness, content: content, padTo: nil, to: nil),
        ]
        _ = node.mailbox.post(commands.map { .carrier($0) }, routes: [])
        // The second link is the first worker's, which has nothing to send on yet.
        node.turn(worker: 0)
        #expect(node.sent(on: old).isEmpty)
        node.turn(worker: 1)
        node.turn(worker: 0)
        let peer = try SealedPeer(keys.mirrored, worker: local, own: SessionIndex(7))
        let frames = SealedPeer.frames(in: node.sent(on: old)).compactMap { peer.open($0) }
        #expect(frames.map(\.content) == [content])
    }

    @Test func aStreamThatIsGoneHoldsNobodyUp() throws {
        var node = try WorkerHarness(workers: 2)
        let old = try node.addLink()
        let new = try node.addLink()
        node.hangUp(old)
        _ = node.mailbox.takeEvents()
        let hello: [UInt8] = [1, 1, 0, 4, 9, 9, 9, 9]
        node.perform(.adoptStream(from: old, into: new))
        node.post(.transmit(new, hello))
        #expect(node.sent(on: new) == hello)
    }

    /// With threads: a sleeping worker is woken by what is handed to it, and all end when told to.
    @Test func workersOnThreadsWakeEachOther() throws {
        let plane = try DataPlane(workerCount: 2)
        let identity = try Stranger().identity
        let peer = try Stranger()
        var hosts: [Int32] = []
        for worker in 0..<2 {
            let tun = try WorkerHarness.pair(SOCK_SEQPACKET)
            hosts.append(tun.1)
            try plane.start(
                worker,
                identity: identity,
                tun: Descriptor(adopting: tun.0),
                growsUDP: false
            )
        }
        let stream = try WorkerHarness.pair(SOCK_STREAM)
        // A blocking end, which gives up after a while rather than hang.
        _ = fcntl(stream.1, F_SETFL, 0)
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        // Safe: pointer and size belong together.
        let size = socklen_t(MemoryLayout<timeval>.size)
        _ = unsafe setsockopt(stream.1, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        let link = LinkID(1)
        var batch = DataPlane.Batch()
        batch.add(link, Descriptor(adopting: stream.0), counters: LinkTraffic())
        let route = ForwardingState.Route(
            link: link,
            key: peer.identity.publicKey,
            isDirect: true,
            refreshAt: .distantFuture,
            pathMTU: .max,
            offersSessions: false
        )
        batch.set(peer.identity.subnet, .selected(route))
        let isPosted = plane.post(&batch)
        #expect(isPosted)
        let packet = Stranger.packet(identity.address, peer.identity.address)
        let bytes = [UInt8](repeating: 0, count: VirtioNetHeader.byteCount) + packet
        for round in 0..<200 {
            let host = hosts[round % 2]
            // Safe: pointer and size belong together.
            _ = unsafe write(host, bytes, bytes.count)
            var frame = [UInt8](repeating: 0, count: 4096)
            var count = -1
            repeat {
                // Safe: pointer and size belong together.
                count = unsafe recv(stream.1, &frame, frame.count, 0)
            } while count < 0 && errno == EINTR
            guard count > 0 else {
                Issue.record("nothing came in round \(round)")
                break
            }
            let opened = peer.open(Array(frame.prefix(count)), from: identity)
            #expect(opened == [1, 0, 0, 0] + packet)
        }
        plane.stop()
        #expect(plane.counters.sealedPackets == 200)
        for end in hosts + [stream.1] { close(end) }
    }
}
