// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaCrypto
import HyphaDataPlane
import HyphaForwarding
import HyphaLink
import HyphaSession
import HyphaWire
import Testing

/// New keys on a link that carries traffic.
@Suite struct SealedKeysTests {
    @Test(arguments: [CarrierKind.datagram, .stream])
    func rekeyingLosesNothing(carrier: CarrierKind) throws {
        var node = try SealedNode(carrier)
        let keys = TestKeys(seed: 0x44)
        let local = node.node.nextIndex()
        let remote = SessionIndex(0x5555_0001)
        let old = node.peer
        let new = try SealedPeer(keys.mirrored, worker: local, own: remote)
        var delivered = 0
        var opened: [Int] = [0, 0]
        // The neighbour uses the new keys from 400 on with stragglers under the old ones to 700,
        // the worker from 500 on; the old ones go at 800.
        for step in 0..<1000 {
            switch step {
            case 300:
                node.node.perform(
                    .install(node.link, carrier, local: local, remote: remote, keys.session)
                )
            case 500: node.node.perform(.use(node.link, carrier, local: local))
            case 800: node.node.perform(.remove(local: old.worker))
            default: break
            }
            let isNew = step >= 700 || step >= 400 && step % 3 != 0
            let packet = node.incoming(60 + step % 900, seed: step)
            node.receive([(isNew ? new : old).direct(packet)])
            if node.node.deliveredToHost() == [HostPackets.aged(packet, by: 1)] { delivered += 1 }
            let outgoing = node.outgoing(60 + step % 900, seed: step)
            node.node.sendFromHost(outgoing)
            let content = [1, 0, 0, 0] + HostPackets.aged(outgoing, by: 1)
            let frames = node.sentFrames()
            if frames.compactMap({ old.open($0) }).map(\.content) == [content] { opened[0] += 1 }
            if frames.compactMap({ new.open($0) }).map(\.content) == [content] { opened[1] += 1 }
        }
        #expect(delivered == 1000)
        #expect(opened == [500, 500])
        #expect(node.node.counters.drops.total == 0)
        let events = node.node.takeCarrierEvents()
        let confirmed = events.compactMap {
            if case .confirmed(let index) = $0 { index } else { nil }
        }
        #expect(confirmed == [old.worker, local])
        #expect(events.count == 2)
    }

    @Test func keysOfAnotherLinkOrCarrierAreNotUsed() throws {
        var node = try SealedNode(.datagram)
        let other = node.node.addDatagramLink()
        let keys = TestKeys(seed: 0x44)
        let (first, second) = (node.node.nextIndex(), node.node.nextIndex())
        node.node.perform(
            .install(other, .datagram, local: first, remote: SessionIndex(1), keys.session),
            .install(node.link, .stream, local: second, remote: SessionIndex(2), keys.session),
            .use(node.link, .datagram, local: first),
            .use(node.link, .datagram, local: second),
            .use(node.link, .datagram, local: SessionIndex(77))
        )
        node.node.sendFromHost(node.outgoing(100))
        #expect(node.sent().count == 1)
    }

    @Test func anIndexInUseIsNotTakenTwice() throws {
        var node = try SealedNode(.datagram)
        let keys = TestKeys(seed: 0x44)
        node.node.perform(
            .install(
                node.link,
                .datagram,
                local: node.peer.worker,
                remote: SessionIndex(1),
                keys.session
            )
        )
        let packet = node.incoming(100)
        node.receive([node.peer.direct(packet)])
        #expect(node.node.deliveredToHost() == [HostPackets.aged(packet, by: 1)])
        // And the second ones are not left behind.
        node.node.perform(.remove(local: node.peer.worker))
        node.receive([node.peer.direct(packet)])
        #expect(node.node.counters.drops[.unknownSession] == 1)
    }

    @Test func newKeysBeginANewWindow() throws {
        var node = try SealedNode(.datagram)
        node.peer.counter = 1 << 40
        node.receive([node.peer.frame(.liveness)])
        let keys = TestKeys(seed: 0x44)
        let local = node.node.nextIndex()
        let new = try SealedPeer(keys.mirrored, worker: local, own: SessionIndex(1))
        node.node.perform(
            .install(node.link, .datagram, local: local, remote: new.own, keys.session),
            .use(node.link, .datagram, local: local)
        )
        let packet = node.incoming(100)
        node.receive([new.direct(packet)])
        #expect(node.node.deliveredToHost() == [HostPackets.aged(packet, by: 1)])
        node.node.sendFromHost(node.outgoing(100))
        #expect(node.sentFrames().compactMap { new.open($0) }.map(\.header.counter) == [0])
    }
}
