// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaCrypto
import HyphaDataPlane
import HyphaForwarding
import HyphaLink
import HyphaSession
import HyphaWire
import Testing

/// Several workers: whatever a packet comes by, it reaches the one that goes on with it.
@Suite struct CrewTests {
    private static let joints: [Joint] = [.datagrams, .sealedStream, .baseStream]

    /// Packets of many sizes that can be told apart.
    private static func packets(
        _ from: borrowing WorkerHarness,
        _ to: borrowing WorkerHarness,
        count: Int = 12
    ) -> [[UInt8]] {
        (0..<count).map { place in
            HostPackets.plain(
                from.identity.address,
                to.identity.address,
                byteCount: [40, 1340, 700, 1399, 41][place % 5],
                seed: place
            )
        }
    }

    /// The first link belongs to the second worker, the second one to the first.
    @Test(arguments: joints, [0, 1, 2])
    func aHostPacketReachesALinkOfAnotherWorker(joint: Joint, queue: Int) throws {
        var left = try WorkerHarness(workers: 3)
        var right = try WorkerHarness(workers: 2)
        let links = try Links.join(&left, &right, joint)
        #expect(links.left == LinkID(1))
        let packets = Self.packets(left, right)
        left.feed(packets, queue: queue)
        left.turn()
        right.turn()
        let hops: UInt8 = joint == .baseStream ? 2 : 2
        #expect(right.deliveredToHost() == packets.map { HostPackets.aged($0, by: hops) })
        #expect(left.counters.handedOver == (queue == 1 ? 0 : UInt64(packets.count)))
        #expect(left.counters.sealedPackets == UInt64(packets.count))
        #expect(left.counters.drops.total + right.counters.drops.total == 0)
    }

    @Test(arguments: SealedRoutedTests.lines)
    func transitGoesFromALinkOfOneWorkerToALinkOfAnother(joints: (Joint, Joint)) throws {
        var left = try WorkerHarness(workers: 2)
        var middle = try WorkerHarness(hasTUN: false, workers: 2)
        var right = try WorkerHarness(workers: 2)
        let first = try Links.join(&left, &middle, joints.0)
        let second = try Links.join(&middle, &right, joints.1)
        left.route(right.identity.subnet, first.left, right.identity.publicKey, isDirect: false)
        right.route(left.identity.subnet, second.right, left.identity.publicKey, isDirect: false)
        for queue in 0...1 {
            let packets = Self.packets(left, right)
            left.feed(packets, queue: queue)
            left.turn()
            middle.turn()
            right.turn()
            #expect(right.deliveredToHost() == packets.map { HostPackets.aged($0, by: 3) })
            let back = Self.packets(right, left)
            right.feed(back, queue: queue)
            right.turn()
            middle.turn()
            left.turn()
            #expect(left.deliveredToHost() == back.map { HostPackets.aged($0, by: 3) })
        }
        #expect(middle.counters.transitPackets == 48)
        #expect(middle.counters(of: 0).transitPackets == 24)
        #expect(middle.counters.openedPackets == 0)
        // Own packets are no transit, whoever sends them.
        #expect(left.counters.transitPackets + right.counters.transitPackets == 0)
        #expect(left.counters.drops.total + right.counters.drops.total == 0)
        #expect(middle.counters.drops.total == 0)
    }

    /// One message of the kernel with frames for two links of different workers and for nobody.
    @Test func joinedDatagramsForSeveralWorkersEachFindTheirs() throws {
        var node = try WorkerHarness(workers: 2)
        let address = try node.addSocket()
        let end = try DatagramEnd()
        var peers: [SealedPeer] = []
        for seed in 1...2 as ClosedRange<UInt8> {
            let stranger = try Stranger()
            let link = node.addDatagramLink()
            let keys = TestKeys(seed: seed)
            let (local, remote) = (node.nextIndex(), SessionIndex(UInt32(seed)))
            node.perform(
                .install(link, .datagram, local: local, remote: remote, keys.session),
                .peer(link, stranger.identity.publicKey),
                .use(link, .datagram, local: local),
                .endpoint(link, end.address)
            )
            peers.append(try SealedPeer(keys.mirrored, worker: local, own: remote))
        }
        let nobody = try SealedPeer(
            TestKeys(seed: 9),
            worker: SessionIndex(5),
            own: SessionIndex(6)
        )
        let order = [0, 1, 1, 0, 2, 1, 0, 0, 1, 2]
        let frames = order.enumerated().map { place, who in
            (who < 2 ? peers[who] : nobody).frame(.control, [UInt8(place), UInt8(who)])
        }
        end.sendTogether(frames, to: address)
        node.turn()
        let contents = node.takeCarrierEvents().compactMap { event -> [UInt8]? in
            if case .frame(_, _, .control, let content, _, _) = event { content } else { nil }
        }
        for who in 0...1 {
            let expected = order.indices.filter { order[$0] == who }.map { UInt8($0) }
            #expect(contents.filter { $0[1] == UInt8(who) }.map { $0[0] } == expected)
        }
        #expect(node.counters.drops[.unknownSession] == 2)
        #expect(node.counters.handedOver == 4)
    }

    @Test(arguments: joints) func aLargePacketGoesAsItWouldFromOneWorker(joint: Joint) throws {
        var left = try WorkerHarness(workers: 2)
        var right = try WorkerHarness(workers: 2)
        _ = try Links.join(&left, &right, joint)
        let content = HostPackets.content(1280 * 20 + 7)
        let packet = HostPackets.partialTCP(
            left.identity.address,
            right.identity.address,
            sequence: 9,
            content
        )
        left.sendFromHost(packet, HostPackets.tcpOffload(segment: 1280), queue: 0)
        right.turn()
        let delivered = right.deliveredWithOffload()
        #expect(delivered.flatMap { $0.packet.dropFirst(60) } == content)
        #expect(left.counters(of: 0).handedOver == 1)
        #expect(left.counters.drops.total + right.counters.drops.total == 0)
    }

    @Test func aFullRingDropsAndCounts() throws {
        var left = try WorkerHarness(workers: 2, ringByteCount: 16 << 10)
        var right = try WorkerHarness()
        _ = try Links.join(&left, &right, .datagrams)
        let packets = (0..<24).map { place in
            HostPackets.plain(
                left.identity.address,
                right.identity.address,
                byteCount: 1000,
                seed: place
            )
        }
        left.feed(packets)
        // The first worker hands over what the second one does not take.
        for _ in 0..<8 { left.turn(worker: 0) }
        // 16 bytes of the ring, 10 of the virtio-net header, up to a multiple of 16.
        let fitting = (16 << 10) / 1040
        #expect(left.counters.drops[.workerBehind] == UInt64(packets.count - fitting))
        #expect(left.counters.handedOver == UInt64(fitting))
        left.turn()
        right.turn()
        let expected = packets.prefix(fitting).map { HostPackets.aged($0, by: 2) }
        #expect(right.deliveredToHost() == expected)
        // It is as good as new.
        left.feed(Array(packets.prefix(3)))
        left.turn()
        right.turn()
        #expect(right.deliveredToHost() == Array(expected.prefix(3)))
    }

    @Test func sessionsOfOthersHaveACeiling() throws {
        var node = try WorkerHarness(workers: 2)
        let address = try node.addSocket()
        let end = try DatagramEnd()
        let count = Limits.transportSessionsMax
        let indexes = (0...UInt32(count)).map { SessionIndex($0 &* 0x9e37_79b1) }
        let commands = indexes.map { DataPlaneCommand.knowSession($0, worker: 1) }
        _ = node.mailbox.mailbox(of: 0).post(commands, routes: [])
        node.turn(worker: 0)
        for (place, isKnown) in [(0, true), (count - 1, true), (count, false)] {
            let before = node.counters(of: 0).handedOver
            let peer = try SealedPeer(TestKeys(seed: 1), worker: indexes[place], own: indexes[0])
            end.send([peer.frame(.liveness)], to: address)
            node.turn(worker: 0)
            #expect(node.counters(of: 0).handedOver - before == (isKnown ? 1 : 0))
        }
        #expect(node.counters(of: 0).drops[.unknownSession] == 1)
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func aFlowKeepsItsOrderHoweverTheWorkersTakeTurns(seed: UInt64) throws {
        var left = try WorkerHarness(workers: 2)
        var middle = try WorkerHarness(hasTUN: false, workers: 3)
        var right = try WorkerHarness(workers: 2)
        let first = try Links.join(&left, &middle, .datagrams)
        let second = try Links.join(&middle, &right, .sealedStream)
        left.route(right.identity.subnet, first.left, right.identity.publicKey, isDirect: false)
        right.route(left.identity.subnet, second.right, left.identity.publicKey, isDirect: false)
        var random = SplitMix64(seed: seed)
        var expected: [[UInt8]] = []
        for round in 0..<40 {
            let packets = Self.packets(left, right, count: 5).map { $0 + [UInt8(round)] }
                .map { packet in
                    var packet = packet
                    packet[5] = UInt8((packet.count - 40) & 0xff)
                    packet[4] = UInt8((packet.count - 40) >> 8)
                    return packet
                }
            left.feed(packets)
            expected += packets.map { HostPackets.aged($0, by: 3) }
            for _ in 0..<6 {
                switch random.next() % 7 {
                case 0, 1: left.turn(worker: Int(random.next() % 2))
                case 2, 3, 4: middle.turn(worker: Int(random.next() % 3))
                default: right.turn(worker: Int(random.next() % 2))
                }
            }
        }
        for _ in 0..<4 {
            left.turn()
            middle.turn()
            right.turn()
        }
        #expect(right.deliveredToHost() == expected, "seed \(seed)")
        #expect(left.counters.drops.total + right.counters.drops.total == 0)
        #expect(middle.counters.drops.total == 0)
    }

    @Test func anExpiredPacketIsReportedOverALinkOfAnotherWorker() throws {
        var node = try WorkerHarness(hasTUN: false, workers: 2)
        let source = try Stranger()
        let target = try Stranger()
        let from = try node.addLink()
        let back = try node.addLink()
        // Asymmetric: the way back leads over a link of the other worker.
        for isDirect in [true, false] {
            node.route(
                source.identity.subnet,
                back,
                source.identity.publicKey,
                isDirect: isDirect
            )
            node.receive(source.frame(.ip, [9, 9, 9], to: target.identity, hops: 1), on: from)
            let report = source.open(node.sent(on: back), from: node.identity)
            #expect(report?.prefix(4) == [1, 2, 0, 0])
        }
        #expect(node.counters.reportsSent == 2)
        #expect(node.counters.drops[.hopLimit] == 2)
        #expect(node.counters.drops.total == 2)
    }

    @Test func controlPacketsWaitUntilAllWorkersHaveTheRoutes() throws {
        var node = try WorkerHarness(workers: 2)
        let peer = try Stranger()
        let link = try node.addLink()
        let hello: [UInt8] = [1, 1, 0, 4, 9, 9, 9, 9]
        let route = ForwardingState.Route(
            link: link,
            key: peer.identity.publicKey,
            isDirect: true,
            refreshAt: .distantFuture,
            pathMTU: .max,
            offersSessions: false
        )
        let state = ForwardingState.selected(route)
        _ = node.mailbox.post([.transmit(link, hello)], routes: [(peer.identity.subnet, state)])
        // The worker of the link alone: it must not tell of routes that the other one lacks.
        for _ in 0..<3 { node.turn(worker: 1) }
        #expect(node.sent(on: link).isEmpty)
        node.turn(worker: 0)
        node.turn(worker: 1)
        #expect(node.sent(on: link) == hello)
        // What is posted afterwards need not wait.
        _ = node.mailbox.post([.transmit(link, hello)], routes: [])
        node.turn(worker: 1)
        #expect(node.sent(on: link) == hello)
    }

    @Test func handshakesAreAnsweredFromWhereTheyCame() throws {
        var node = try WorkerHarness(workers: 3)
        let end = try DatagramEnd()
        let addresses = [try node.addSocket(), try node.addSocket()]
        for address in addresses {
            end.send([[1, 0, 0, 0] + HostPackets.content(100)], to: address)
            node.turn()
            let events = node.takeCarrierEvents()
            guard case .datagram(_, end.address) = events.first else {
                Issue.record("not handed up: \(events)")
                return
            }
            node.perform(.sendDatagram([2, 0, 0, 0], to: end.address))
            #expect(end.receiveSources() == [address])
        }
    }

    @Test func aLinkOfAnyWorkerAnswersFromTheSocketThatWasCalled() throws {
        var node = try WorkerHarness(workers: 2)
        let end = try DatagramEnd()
        _ = try node.addSocket()
        let called = try node.addSocket()
        end.send([[1, 0, 0, 0] + HostPackets.content(100)], to: called)
        node.turn()
        for link in [node.addDatagramLink(), node.addDatagramLink()] {
            let keys = TestKeys(seed: 3)
            let local = node.nextIndex()
            node.perform(
                .install(link, .datagram, local: local, remote: SessionIndex(9), keys.session),
                .use(link, .datagram, local: local),
                .endpoint(link, end.address),
                .send(link, .datagram, .liveness, content: [1, 2, 3], padTo: nil, to: nil)
            )
            #expect(end.receiveSources() == [called])
        }
    }
}
