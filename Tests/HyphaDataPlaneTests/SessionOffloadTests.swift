// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaDataPlane
import HyphaForwarding
import HyphaSession
import HyphaWire
import Testing

/// Large packets in a session between two workers whose nodes are joined by a third one, over sealed
/// streams all the way.
@Suite struct SessionOffloadTests {
    /// Three workers in a line, and a session between the ends.
    private struct SealedLine: ~Copyable {
        var left: WorkerHarness
        var middle: WorkerHarness
        var right: WorkerHarness

        init(pathMTU: UInt16 = .max, _ second: Joint = .sealedStream) throws {
            var one = try WorkerHarness()
            var two = try WorkerHarness()
            let first = try Links.join(&one, &two, .sealedStream)
            do {
                var three = try WorkerHarness()
                let next = try Links.join(&two, &three, second)
                let (near, far) = (one.identity, three.identity)
                one.route(far.subnet, first.left, far.publicKey, isDirect: false, pathMTU: pathMTU)
                three.route(near.subnet, next.right, near.publicKey, isDirect: false)
                Self.establish(&one, 11, 22, with: far)
                Self.establish(&three, 22, 11, with: near)
                right = three
            }
            left = one
            middle = two
        }

        private static func establish(
            _ node: inout WorkerHarness,
            _ local: UInt32,
            _ remote: UInt32,
            with peer: NodeIdentity
        ) {
            let sending = [UInt8](repeating: UInt8(local), count: 32)
            let receiving = [UInt8](repeating: UInt8(remote), count: 32)
            let keys = SessionKeys(
                sending: SecretBytes(copying: sending.span),
                receiving: SecretBytes(copying: receiving.span)
            )
            let index = SessionIndex(local)
            node.post(.session(.begin(requiresSessions: false)))
            node.post(
                .session(
                    .install(
                        local: index,
                        remote: SessionIndex(remote),
                        peer: peer.publicKey,
                        peer.subnet,
                        keys
                    )
                )
            )
            let policy = SessionPolicy(sending: .session(index), receiving: .handshakesOnly)
            node.post(.session(.policy(peer.subnet, policy)))
        }

        /// A large packet of the left host to the right one, as the kernel leaves it.
        func packet(_ byteCount: Int, toNeighbour: Bool = false) -> [UInt8] {
            var to = right.identity.address
            if toNeighbour { to = IPv6Address(high: to.high, low: to.low ^ 1) }
            return HostPackets.partialTCP(
                left.identity.address,
                to,
                sequence: 9,
                HostPackets.content(byteCount)
            )
        }

        /// Sends a packet with segments of 1340 bytes all the way; what the right host gets.
        mutating func carry(_ packet: [UInt8]) -> [(offload: VirtioNetHeader, packet: [UInt8])] {
            left.sendFromHost(packet, HostPackets.tcpOffload(segment: 1340))
            middle.turn()
            right.turn()
            return right.deliveredWithOffload()
        }
    }

    @Test(arguments: [1341, 1340 * 40 + 7, 65_400 - 60])
    func aLargePacketCrossesStreamsUnsegmented(byteCount: Int) throws {
        var line = try SealedLine(pathMTU: 65_400)
        let packet = line.packet(byteCount)
        let delivered = line.carry(packet)
        #expect(line.right.counters.openedPackets == 1)
        #expect(line.middle.counters.transitPackets == 1)
        #expect(delivered.map(\.packet) == [HostPackets.aged(packet, by: 3)])
        #expect(delivered.first?.offload == HostPackets.tcpOffload(segment: 1340))
    }

    @Test func aWayThatTakesLessGetsSegments() throws {
        var line = try SealedLine(pathMTU: 1400)
        let packet = line.packet(1340 * 10)
        let delivered = line.carry(packet)
        #expect(line.right.counters.openedPackets == 10)
        #expect(delivered.map(\.packet) == [HostPackets.aged(packet, by: 3)])
    }

    @Test func anotherHostOfTheSubnetGetsSegments() throws {
        var line = try SealedLine(pathMTU: 65_400)
        _ = line.carry(line.packet(1340 * 10, toNeighbour: true))
        #expect(line.right.counters.openedPackets == 10)
    }

    @Test func aSessionThatLosesLargePacketsGetsSegments() throws {
        var line = try SealedLine(pathMTU: 65_400)
        let policy = SessionPolicy(
            sending: .session(SessionIndex(11)),
            receiving: .handshakesOnly,
            sizeLimit: 1399
        )
        line.left.post(.session(.policy(line.right.identity.subnet, policy)))
        _ = line.carry(line.packet(1339 * 10))
        #expect(line.right.counters.openedPackets == 0)
        line.left.sendFromHost(line.packet(1300 * 10), HostPackets.tcpOffload(segment: 1300))
        line.middle.turn()
        line.right.turn()
        #expect(line.right.counters.openedPackets == 10)
    }
}
