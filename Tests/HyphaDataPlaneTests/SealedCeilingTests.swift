// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaCrypto
import HyphaDataPlane
import HyphaForwarding
import HyphaLink
import HyphaLinux
import HyphaSession
import HyphaWire
import Testing

/// What happens at the limits.
@Suite struct SealedCeilingTests {
    @Test func unknownIndexesOfASecondHaveACeiling() throws {
        var node = try SealedNode(.datagram)
        let other = try SealedPeer(
            TestKeys(seed: 9),
            worker: SessionIndex(0x1234_5678),
            own: SessionIndex(1)
        )
        let sent = 3 * Limits.unknownIndexesPerSecond
        for _ in 0..<sent / 64 {
            node.end.sendTogether((0..<64).map { _ in other.frame(.liveness) }, to: node.address)
        }
        node.node.turn()
        let told = node.node.takeCarrierEvents().count
        #expect(told >= Limits.unknownIndexesPerSecond)
        #expect(told < sent)
        #expect(node.node.counters.drops[.unknownSession] == UInt64(sent))
    }

    @Test func linksHaveACeiling() throws {
        var node = try WorkerHarness(hasTUN: false)
        var links: [LinkID] = []
        for _ in 0..<Limits.neighboursMax { links.append(node.addDatagramLink()) }
        #expect(node.mailbox.takeEvents().isEmpty)
        let refused = node.addDatagramLink()
        guard case .linkClosed(refused, .noPlace) = node.mailbox.takeEvents().first else {
            Issue.record("not refused")
            return
        }
        // One goes, another one comes.
        node.perform(.close(links[7]))
        _ = node.addDatagramLink()
        #expect(node.mailbox.takeEvents().isEmpty)
    }

    @Test func socketsHaveACeiling() throws {
        var node = try WorkerHarness(hasTUN: false)
        let end = try DatagramEnd()
        var addresses: [SocketAddress] = []
        for _ in 0...Limits.datagramSocketsMax { addresses.append(try node.addSocket()) }
        for (place, address) in addresses.enumerated() {
            end.send([[1, 2, 3, 4]], to: address)
            node.turn()
            let isServed = !node.takeCarrierEvents().isEmpty
            #expect(isServed == (place < Limits.datagramSocketsMax))
        }
    }

    @Test func anAnswerLeavesFromTheSocketThatWasAsked() throws {
        var node = try WorkerHarness(hasTUN: false)
        // Two sockets: the answer must leave from the one that was asked.
        _ = try node.addSocket()
        let second = try node.addSocket()
        let end = try DatagramEnd()
        end.send([[1, 2, 3, 4]], to: second)
        node.turn()
        node.perform(.sendDatagram([2, 2], to: end.address))
        #expect(end.receiveSources() == [second])
    }
}
