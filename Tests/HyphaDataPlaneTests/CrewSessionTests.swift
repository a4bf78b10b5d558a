// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaDataPlane
import HyphaForwarding
import HyphaLink
import HyphaSession
import HyphaWire
import Testing

/// Two nodes of several workers with a base node in between, which the test plays.
private struct WideLine: ~Copyable {
    var a: WorkerHarness
    var b: WorkerHarness
    let toB: LinkID
    let toA: LinkID

    /// - Parameters:
    ///   - workers: Of each node.
    ///   - isDirect: Whether routes say that the next hop is the other end.
    /// - Throws: When the kernel gives no sockets.
    init(workers: Int, isDirect: Bool) throws {
        var one = try WorkerHarness(workers: workers)
        do {
            var other = try WorkerHarness(workers: workers)
            let toOther = try one.addLink()
            let toOne = try other.addLink()
            Self.prepare(&one, toOther, other.identity, isDirect)
            Self.prepare(&other, toOne, one.identity, isDirect)
            (toB, toA) = (toOther, toOne)
            b = other
        }
        a = one
    }

    private static func prepare(
        _ node: inout WorkerHarness,
        _ link: LinkID,
        _ peer: NodeIdentity,
        _ isDirect: Bool
    ) {
        node.route(peer.subnet, link, peer.publicKey, isDirect: isDirect, offersSessions: true)
        node.post(.session(.begin(requiresSessions: false)))
    }

    /// Gives both ends a session with each other and lets them use it.
    mutating func establish(_ local: UInt32 = 11, _ remote: UInt32 = 22) {
        let keys = TestKeys(seed: UInt8(local))
        let (near, far) = (a.identity, b.identity)
        Self.install(local, remote, keys, at: &a, with: far)
        Self.install(remote, local, keys.mirrored, at: &b, with: near)
        a.post(.session(.policy(far.subnet, Self.policy(local))))
        b.post(.session(.policy(near.subnet, Self.policy(remote))))
    }

    private static func policy(_ local: UInt32) -> SessionPolicy {
        SessionPolicy(sending: .session(SessionIndex(local)), receiving: .handshakesOnly)
    }

    private static func install(
        _ local: UInt32,
        _ remote: UInt32,
        _ keys: TestKeys,
        at node: inout WorkerHarness,
        with peer: NodeIdentity
    ) {
        node.post(
            .session(
                .install(
                    local: SessionIndex(local),
                    remote: SessionIndex(remote),
                    peer: peer.publicKey,
                    peer.subnet,
                    keys.session
                )
            )
        )
    }

    func packet(_ number: UInt8, hops: UInt8 = 64) -> [UInt8] {
        var packet = Stranger.packet(a.identity.address, b.identity.address, hops: hops)
        packet[packet.count - 1] = number
        return packet
    }

    /// What A has put on its link.
    func fromA() -> [UInt8] { a.sent(on: toB) }
}

/// Sessions between nodes of several workers.
///
/// Which worker has the sessions with a /64 is chance, so each test runs for several pairs of nodes.
@Suite struct CrewSessionTests {
    @Test(arguments: [1, 2, 3], [true, false])
    func aSessionProtectsPacketsWhateverQueueTheyComeBy(workers: Int, isDirect: Bool) throws {
        for _ in 0..<4 {
            var line = try WideLine(workers: workers, isDirect: isDirect)
            line.establish()
            for queue in 0..<workers {
                let numbers = (0..<10).map { UInt8(10 * queue + $0) }
                line.a.feed(numbers.map { line.packet($0) }, queue: queue)
                line.a.turn()
                line.b.receive(line.fromA(), on: line.toA)
                #expect(line.b.deliveredToHost() == numbers.map { line.packet($0, hops: 62) })
            }
            #expect(line.a.counters.sealedPackets == UInt64(10 * workers))
            #expect(line.b.counters.openedPackets == UInt64(10 * workers))
            #expect(line.a.counters.drops.total + line.b.counters.drops.total == 0)
            let confirmed = line.b.mailbox.takeEvents().count { event in
                if case .session(.confirmed(SessionIndex(22))) = event { true } else { false }
            }
            #expect(confirmed == 1)
        }
    }

    @Test(arguments: [1, 2, 3], [true, false])
    func packetsWaitForTheSessionAndKeepTheirOrder(workers: Int, isDirect: Bool) throws {
        for _ in 0..<4 {
            var line = try WideLine(workers: workers, isDirect: isDirect)
            line.a.feed((0..<10).map { line.packet($0) }, queue: workers - 1)
            line.a.turn()
            #expect(line.fromA().isEmpty)
            let wanted = line.a.mailbox.takeEvents().count { event in
                if case .session(.wanted(_, _, true)) = event { true } else { false }
            }
            #expect(wanted == 1)
            line.establish()
            line.b.receive(line.fromA(), on: line.toA)
            let expected = (0..<10).map { line.packet($0, hops: 62) }
            #expect(line.b.deliveredToHost() == expected)
        }
    }

    @Test(arguments: [2, 3]) func baseBodiesAndReplaysAreRefusedByAnyWorker(workers: Int) throws {
        for _ in 0..<4 {
            var line = try WideLine(workers: workers, isDirect: false)
            line.establish()
            line.a.sendFromHost(line.packet(1))
            let frame = line.fromA()
            line.b.receive(frame + frame, on: line.toA)
            #expect(line.b.deliveredToHost().count == 1)
            #expect(line.b.counters.drops[.replayed] == 1)
            let policy = SessionPolicy(sending: .base, receiving: .handshakesOnly)
            line.a.post(.session(.policy(line.b.identity.subnet, policy)))
            line.a.sendFromHost(line.packet(2))
            line.b.receive(line.fromA(), on: line.toA)
            #expect(line.b.deliveredToHost().isEmpty)
            #expect(line.b.counters.drops[.unprotected] == 1)
        }
    }

    @Test(arguments: [2, 3]) func aSessionThatIsGoneIsUnknownToAll(workers: Int) throws {
        for _ in 0..<4 {
            var line = try WideLine(workers: workers, isDirect: false)
            line.establish()
            line.a.sendFromHost(line.packet(1))
            let frame = line.fromA()
            line.b.post(.session(.remove(local: SessionIndex(22))))
            line.b.receive(frame, on: line.toA)
            #expect(line.b.deliveredToHost().isEmpty)
            let source = line.a.identity.address
            #expect(
                line.b.mailbox.takeEvents().contains { event in
                    if case .session(.unknownIndex(source)) = event { true } else { false }
                }
            )
        }
    }

    @Test(arguments: [1, 2, 3]) func emptyBodiesAndHandshakesLeaveOverAnyLink(workers: Int) throws {
        for _ in 0..<4 {
            var line = try WideLine(workers: workers, isDirect: false)
            line.a.post(.session(.sendMessage(0x10, [1, 2, 3], to: line.b.identity.address)))
            line.b.receive(line.fromA(), on: line.toA)
            let messages = line.b.mailbox.takeEvents().count { event in
                if case .session(.message(0x10, [1, 2, 3], _, _)) = event { true } else { false }
            }
            #expect(messages == 1)
            line.establish()
            line.a.post(.session(.sendEmpty(local: SessionIndex(11))))
            line.b.receive(line.fromA(), on: line.toA)
            let confirmed = line.b.mailbox.takeEvents().count { event in
                if case .session(.confirmed(SessionIndex(22))) = event { true } else { false }
            }
            #expect(confirmed == 1)
        }
    }

    /// A router on the way reports: the quote opens under a session of another worker than that of
    /// the link which brings it.
    @Test(arguments: [1, 2, 3]) func aReportAboutASessionBodyReachesTheHost(workers: Int) throws {
        for _ in 0..<4 {
            var line = try WideLine(workers: workers, isDirect: false)
            line.establish()
            let packet = line.packet(9)
            line.a.sendFromHost(packet)
            let body = Array(line.fromA().dropFirst(DataHeader.byteCount))
            let router = try Stranger()
            line.a.route(router.identity.subnet, line.toB, router.identity.publicKey)
            var content: [UInt8] = []
            OutOfBandReport(
                reporter: router.identity.subnet.address,
                offendingSource: line.a.identity.address,
                offendingDestination: line.b.identity.address,
                cause: .hopLimitExceeded
            ).append(quoting: body.span, to: &content)
            line.a.receive(router.frame(.icmp, content, to: line.a.identity), on: line.toB)
            let error = try #require(line.a.deliveredToHost().first)
            #expect(error[40] == 3)
            #expect(Array(error.dropFirst(48)) == packet)
            #expect(line.a.counters.drops.total == 0)
        }
    }

    /// A report to a node that we have a session with goes under it, or it would be refused there.
    @Test(arguments: [1, 2, 3]) func aReportToANodeWithASessionGoesUnderIt(workers: Int) throws {
        for _ in 0..<4 {
            var line = try WideLine(workers: workers, isDirect: false)
            line.establish()
            let target = try Stranger()
            // B asks A to pass on what has no hops left.
            let sealed = Stranger(line.b.identity).frame(
                .ip,
                HostPackets.content(80),
                to: target.identity,
                hops: 1
            )
            line.a.receive(sealed, on: line.toB)
            #expect(line.a.counters.reportsSent == 1)
            let report = line.fromA()
            // Under the session of B: its index is at the end.
            #expect(report.suffix(12).prefix(4) == [0, 0, 0, 22])
        }
    }

    /// The session with a neighbour is its link, though the route leads over another one.
    @Test(arguments: [1, 2, 3]) func directWaysFindTheLinkOfAnyWorker(workers: Int) throws {
        for queue in 0..<workers {
            var left = try WorkerHarness(workers: workers)
            var right = try WorkerHarness(workers: workers)
            let links = try Links.join(&left, &right, .sealedStream)
            let detour = try left.addLink()
            left.route(
                right.identity.subnet,
                detour,
                right.identity.publicKey,
                isDirect: false,
                offersSessions: true
            )
            left.post(.session(.begin(requiresSessions: false)))
            let policy = SessionPolicy(sending: .direct, receiving: .handshakesOnly)
            left.post(.session(.policy(right.identity.subnet, policy)))
            let packet = HostPackets.plain(
                left.identity.address,
                right.identity.address,
                byteCount: 500
            )
            left.sendFromHost(packet, queue: queue)
            right.turn()
            #expect(right.deliveredToHost() == [HostPackets.aged(packet, by: 2)])
            #expect(left.sent(on: detour).isEmpty)
            // And not over a link that is gone.
            left.perform(.close(links.left))
            left.sendFromHost(packet, queue: queue)
            #expect(left.counters.drops[.linkGone] == 1)
        }
    }
}
