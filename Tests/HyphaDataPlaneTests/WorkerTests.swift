// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaCrypto
import HyphaDataPlane
import HyphaForwarding
import HyphaWire
import Testing

@Suite struct WorkerTests {
    @Test func aHostPacketIsSealedForItsDestination() throws {
        var node = try WorkerHarness()
        let peer = try Stranger()
        let link = try node.addLink()
        node.route(peer.identity.subnet, link, peer.identity.publicKey)
        let packet = Stranger.packet(node.identity.address, peer.identity.address)
        node.sendFromHost(packet)
        let frame = node.sent(on: link)
        #expect(frame[7] == 63)
        #expect(peer.open(frame, from: node.identity) == [1, 0, 0, 0] + packet)
        #expect(node.counters.sealedPackets == 1)
    }

    @Test func aBodyForUsIsOpenedAndItsHopLimitLowered() throws {
        var node = try WorkerHarness()
        let peer = try Stranger()
        let link = try node.addLink()
        node.route(peer.identity.subnet, link, peer.identity.publicKey)
        let packet = Stranger.packet(peer.identity.address, node.identity.address)
        node.receive(peer.frame(.ip, packet, to: node.identity, hops: 40), on: link)
        var expected = packet
        expected[7] = 39
        #expect(node.deliveredToHost() == [expected])
    }

    @Test func aForgedInnerSourceIsDroppedAndCounted() throws {
        var node = try WorkerHarness()
        let peer = try Stranger()
        let other = try Stranger()
        let link = try node.addLink()
        node.route(peer.identity.subnet, link, peer.identity.publicKey)
        let packet = Stranger.packet(other.identity.address, node.identity.address)
        node.receive(peer.frame(.ip, packet, to: node.identity), on: link)
        #expect(node.deliveredToHost().isEmpty)
        #expect(node.counters.drops[.innerMismatch] == 1)
    }

    @Test func everyFlippedBitOfABodyIsRefused() throws {
        var node = try WorkerHarness()
        let peer = try Stranger()
        let link = try node.addLink()
        node.route(peer.identity.subnet, link, peer.identity.publicKey)
        let packet = Stranger.packet(peer.identity.address, node.identity.address)
        let frame = peer.frame(.ip, packet, to: node.identity)
        for at in DataHeader.byteCount..<frame.count {
            var changed = frame
            changed[at] ^= 1
            node.receive(changed, on: link)
        }
        #expect(node.deliveredToHost().isEmpty)
        let expected = UInt64(frame.count - DataHeader.byteCount)
        #expect(node.counters.drops[.badSeal] == expected)
    }

    @Test func aPacketBeyondTheLargestIsRefusedEvenByItsNeighbour() throws {
        var node = try WorkerHarness()
        let peer = try Stranger()
        let link = try node.addLink()
        node.route(peer.identity.subnet, link, peer.identity.publicKey)
        for (size, isSent) in [(Limits.largePacketBytesMax, true), (65_535, false)] {
            var packet = Stranger.packet(node.identity.address, peer.identity.address)
            packet += [UInt8](repeating: 0, count: size - packet.count)
            packet[4] = UInt8((size - 40) >> 8)
            packet[5] = UInt8((size - 40) & 0xff)
            node.sendFromHost(packet)
            #expect(node.sent(on: link).isEmpty != isSent)
        }
        #expect(node.counters.drops[.oversized] == 1)
        #expect(node.deliveredToHost().first?[40] == 2)
    }

    @Test func transitChangesTheHopLimitOnly() throws {
        var node = try WorkerHarness(hasTUN: false)
        let source = try Stranger()
        let target = try Stranger()
        let from = try node.addLink()
        let to = try node.addLink()
        node.route(target.identity.subnet, to, target.identity.publicKey)
        let frame = source.frame(.ip, [9, 9, 9], to: target.identity, hops: 9)
        node.receive(frame, on: from)
        var expected = frame
        expected[7] = 8
        #expect(node.sent(on: to) == expected)
        #expect(node.counters.transitPackets == 1)
    }

    @Test func anExpiredPacketIsReportedToItsSource() throws {
        var node = try WorkerHarness(hasTUN: false)
        let source = try Stranger()
        let target = try Stranger()
        let link = try node.addLink()
        node.route(source.identity.subnet, link, source.identity.publicKey)
        let frame = source.frame(.ip, [9, 9, 9], to: target.identity, hops: 1)
        node.receive(frame, on: link)
        let report = source.open(node.sent(on: link), from: node.identity)
        #expect(report?.prefix(4) == [1, 2, 0, 0])
        #expect(report?.dropFirst(4).prefix(16) == target.identity.address.bytes[...])
        #expect(node.counters.reportsSent == 1)
    }

    @Test func reportsAreLimitedPerLink() throws {
        var node = try WorkerHarness(hasTUN: false)
        let source = try Stranger()
        let target = try Stranger()
        let link = try node.addLink()
        node.route(source.identity.subnet, link, source.identity.publicKey)
        let frame = source.frame(.ip, [9], to: target.identity, hops: 1)
        for _ in 0..<Limits.reportsPerLinkBurst + 50 { node.receive(frame, on: link) }
        #expect(node.counters.drops[.reportLimited] >= 1)
        #expect(node.counters.reportsSent >= UInt64(Limits.reportsPerLinkBurst))
    }

    @Test func packetsWaitForARouteAndGoInOrder() throws {
        var node = try WorkerHarness()
        let peer = try Stranger()
        let link = try node.addLink()
        for hops in UInt8(10)..<20 {
            let packet = Stranger.packet(
                node.identity.address,
                peer.identity.address,
                hops: hops
            )
            node.sendFromHost(packet)
        }
        let events = node.mailbox.takeEvents()
        #expect(events.count == 1)
        guard case .search(peer.identity.subnet, cause: nil) = events.first else {
            Issue.record("no search")
            return
        }
        node.route(peer.identity.subnet, link, peer.identity.publicKey)
        let bytes = node.sent(on: link)
        let size = bytes.count / 10
        #expect((0..<10).map { bytes[$0 * size + 7] } == Array(9..<19))
        #expect(node.counters.releasedPackets == 10)
    }

    @Test func aFailedSearchTellsTheHost() throws {
        var node = try WorkerHarness()
        let peer = try Stranger()
        node.sendFromHost(Stranger.packet(node.identity.address, peer.identity.address))
        node.post(.searchFailed(peer.identity.subnet))
        let errors = node.deliveredToHost()
        #expect(errors.count == 1)
        #expect(errors.first?[40] == 1)
        #expect(errors.first?[41] == 0)
        #expect(node.counters.drops[.noRoute] == 1)
    }

    @Test func theHoldQueueHasACeiling() throws {
        var node = try WorkerHarness()
        let peer = try Stranger()
        let packet = Stranger.packet(node.identity.address, peer.identity.address)
        for _ in 0..<Limits.holdPacketsPerPrefixMax + 5 { node.sendFromHost(packet) }
        #expect(node.counters.drops[.queueFull] == 5)
    }

    @Test func aSixtyFifthControlPacketWaitsInTheNeighboursStream() throws {
        var node = try WorkerHarness(hasTUN: false)
        let link = try node.addLink()
        var hello: [UInt8] = []
        ControlPacket.appendFramed(.hello(Hello(seqno: Seqno(1))), to: &hello)
        let flood = (0..<200).flatMap { _ in hello }
        node.receive(flood, on: link)
        #expect(node.mailbox.takeEvents().count == Limits.linkControlPendingMax)
        node.turn()
        #expect(node.mailbox.takeEvents().isEmpty)
    }

    @Test func whatIsNoFrameClosesTheLinkAndNoOther() throws {
        var node = try WorkerHarness(hasTUN: false)
        let bad = try node.addLink()
        let good = try node.addLink()
        node.receive([1, 2, 0, 0, 9, 9, 9, 9], on: bad)
        guard case .linkClosed(bad, .malformed) = node.mailbox.takeEvents().first else {
            Issue.record("the link was not closed")
            return
        }
        node.post(.transmit(good, [1, 1, 0, 0]))
        #expect(node.sent(on: good) == [1, 1, 0, 0])
    }

    @Test func aStuckNeighbourLosesItsOwnPacketsOnly() throws {
        var node = try WorkerHarness(hasTUN: false)
        let source = try Stranger()
        let stuck = try Stranger()
        let from = try node.addLink()
        let to = try node.addLink()
        node.route(stuck.identity.subnet, to, stuck.identity.publicKey)
        let frame = source.frame(.ip, [UInt8](repeating: 1, count: 60_000), to: stuck.identity)
        for _ in 0..<200 { node.receive(frame, on: from) }
        #expect(node.counters.drops[.linkQueueFull] > 0)
        node.post(.transmit(from, [7]))
        #expect(node.sent(on: from) == [7])
    }

    @Test func aLinkThatEndsIsReportedOnce() throws {
        var node = try WorkerHarness(hasTUN: false)
        let link = try node.addLink()
        node.hangUp(link)
        node.turn()
        let events = node.mailbox.takeEvents()
        #expect(events.count == 1)
        guard case .linkClosed(link, .endOfStream) = events.first else {
            Issue.record("not closed")
            return
        }
    }

    @Test(arguments: [
        (0x20, 3, 1, 5), (0x05, 1, 3, 0),
    ])
    func theHostIsToldWhyAPacketCannotGo(first: Int, hops: Int, type: Int, code: Int) throws {
        var node = try WorkerHarness()
        let peer = try Stranger()
        var packet = Stranger.packet(
            node.identity.address,
            peer.identity.address,
            hops: UInt8(hops)
        )
        if first == 0x20 { packet[8] = 0x20 }
        node.sendFromHost(packet)
        let errors = node.deliveredToHost()
        #expect(errors.first.map { [Int($0[40]), Int($0[41])] } == [type, code])
    }
}
