// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaDataPlane
import HyphaForwarding
import HyphaSession
import HyphaWire
import Testing

/// Two workers with a base node in between, which the test plays: it hands frames across.
private struct Line: ~Copyable {
    var a: WorkerHarness
    var b: WorkerHarness
    let toB: LinkID
    let toA: LinkID

    init(isMarked: Bool = true, requiresSessions: Bool = false) throws {
        var one = try WorkerHarness()
        do {
            var other = try WorkerHarness()
            let toOther = try one.addLink()
            let toOne = try other.addLink()
            Self.prepare(&one, toOther, other.identity, isMarked, requiresSessions)
            Self.prepare(&other, toOne, one.identity, isMarked, requiresSessions)
            (toB, toA) = (toOther, toOne)
            b = other
        }
        a = one
    }

    private static func prepare(
        _ node: inout WorkerHarness,
        _ link: LinkID,
        _ peer: NodeIdentity,
        _ isMarked: Bool,
        _ requiresSessions: Bool
    ) {
        node.route(
            peer.subnet,
            link,
            peer.publicKey,
            isDirect: false,
            offersSessions: isMarked
        )
        node.post(.session(.begin(requiresSessions: requiresSessions)))
    }

    /// Gives both ends a session with each other and lets them use it.
    mutating func establish(_ local: UInt32 = 11, _ remote: UInt32 = 22) {
        let one = [UInt8](repeating: UInt8(local), count: 32)
        let other = [UInt8](repeating: UInt8(remote), count: 32)
        let (near, far) = (a.identity, b.identity)
        Self.install(local, remote, send: one, receive: other, at: &a, with: far)
        Self.install(remote, local, send: other, receive: one, at: &b, with: near)
        a.post(.session(.policy(b.identity.subnet, Self.policy(local))))
        b.post(.session(.policy(a.identity.subnet, Self.policy(remote))))
    }

    static func policy(_ local: UInt32, sizeLimit: UInt16 = .max) -> SessionPolicy {
        SessionPolicy(
            sending: .session(SessionIndex(local)),
            receiving: .handshakesOnly,
            sizeLimit: sizeLimit
        )
    }

    private static func install(
        _ local: UInt32,
        _ remote: UInt32,
        send: [UInt8],
        receive: [UInt8],
        at node: inout WorkerHarness,
        with peer: NodeIdentity
    ) {
        let keys = SessionKeys(
            sending: SecretBytes(copying: send.span),
            receiving: SecretBytes(copying: receive.span)
        )
        node.post(
            .session(
                .install(
                    local: SessionIndex(local),
                    remote: SessionIndex(remote),
                    peer: peer.publicKey,
                    peer.subnet,
                    keys
                )
            )
        )
    }

    func packet(_ number: UInt8 = 0, hops: UInt8 = 64) -> [UInt8] {
        var packet = Stranger.packet(a.identity.address, b.identity.address, hops: hops)
        packet[packet.count - 1] = number
        return packet
    }

    /// What A has put on its link.
    func fromA() -> [UInt8] { a.sent(on: toB) }
}

@Suite struct SessionTests {
    @Test func aSessionProtectsPacketsThroughABaseNode() throws {
        var line = try Line()
        line.establish()
        line.a.sendFromHost(line.packet(7))
        let frame = line.fromA()
        #expect(frame.suffix(12) == [0, 0, 0, 22, 0, 0, 0, 0, 0, 0, 0, 0])
        line.b.receive(frame, on: line.toA)
        #expect(line.b.deliveredToHost() == [line.packet(7, hops: 62)])
        #expect(
            line.b.mailbox.takeEvents().contains { event in
                if case .session(.confirmed(SessionIndex(22))) = event { true } else { false }
            }
        )
    }

    @Test func aReplayIsDroppedAndCounted() throws {
        var line = try Line()
        line.establish()
        line.a.sendFromHost(line.packet())
        let frame = line.fromA()
        line.b.receive(frame, on: line.toA)
        line.b.receive(frame, on: line.toA)
        #expect(line.b.deliveredToHost().count == 1)
        #expect(line.b.counters.drops[.replayed] == 1)
    }

    @Test func everyFlippedBitOfBodyAndAddressesIsRefused() throws {
        var line = try Line()
        line.establish()
        line.a.sendFromHost(line.packet())
        let frame = line.fromA()
        // Host parts only: other subnets lead elsewhere.
        let places = Array(16..<24) + Array(32..<frame.count)
        for at in places {
            var changed = frame
            changed[at] ^= 1
            line.b.receive(changed, on: line.toA)
        }
        #expect(line.b.deliveredToHost().isEmpty)
        line.b.receive(frame, on: line.toA)
        #expect(line.b.deliveredToHost().count == 1)
    }

    @Test func baseBodiesAreRefusedOnceThereIsASession() throws {
        var line = try Line(isMarked: false)
        line.a.sendFromHost(line.packet(1))
        let old = line.fromA()
        line.b.receive(old, on: line.toA)
        #expect(line.b.deliveredToHost().count == 1)
        line.establish()
        line.b.receive(old, on: line.toA)
        #expect(line.b.deliveredToHost().isEmpty)
        #expect(line.b.counters.drops[.unprotected] == 1)
    }

    @Test func handshakesPassInBaseBodiesWhateverThePolicy() throws {
        var line = try Line(requiresSessions: true)
        line.a.post(.session(.sendMessage(0x10, [1, 2, 3], to: line.b.identity.address)))
        line.b.receive(line.fromA(), on: line.toA)
        let messages = line.b.mailbox.takeEvents().compactMap { event in
            if case .session(.message(0x10, let content, let address, let key)) = event {
                (content, address, key)
            } else {
                nil
            }
        }
        #expect(messages.count == 1)
        #expect(messages.first?.0 == [1, 2, 3])
        #expect(messages.first?.1 == line.a.identity.address)
        #expect(messages.first?.2 == line.a.identity.publicKey)
    }

    @Test func packetsWaitForTheSessionAndKeepTheirOrder() throws {
        var line = try Line()
        for number in 0..<10 { line.a.sendFromHost(line.packet(UInt8(number))) }
        #expect(line.fromA().isEmpty)
        let wanted = line.a.mailbox.takeEvents().count { event in
            if case .session(.wanted(_, _, true)) = event { true } else { false }
        }
        #expect(wanted == 1)
        line.establish()
        line.b.receive(line.fromA(), on: line.toA)
        let expected = (0..<10).map { line.packet(UInt8($0), hops: 62) }
        #expect(line.b.deliveredToHost() == expected)
    }

    @Test func noMoreThanTheCeilingWait() throws {
        var line = try Line()
        for number in 0..<Limits.holdPacketsPerPrefixMax + 3 {
            line.a.sendFromHost(line.packet(UInt8(number)))
        }
        #expect(line.a.counters.drops[.queueFull] == 3)
        line.establish()
        line.b.receive(line.fromA(), on: line.toA)
        #expect(line.b.deliveredToHost().count == Limits.holdPacketsPerPrefixMax)
    }

    @Test func theHostIsToldWhatIsRefused() throws {
        var line = try Line()
        let policy = SessionPolicy(sending: .refuse, receiving: .handshakesOnly)
        line.a.post(.session(.policy(line.b.identity.subnet, policy)))
        line.a.sendFromHost(line.packet())
        #expect(line.fromA().isEmpty)
        #expect(line.a.counters.drops[.noSession] == 1)
        let error = line.a.deliveredToHost().first
        #expect(error?[40] == 1)
        #expect(error?[41] == 1)
    }

    /// Whoever may send reports chooses what they quote.
    @Test(arguments: [true, false])
    func aReportWithAQuoteTooShortForABodyIsDropped(hasSession: Bool) throws {
        var line = try Line()
        if hasSession { line.establish() }
        let router = try Stranger()
        line.a.route(router.identity.subnet, line.toB, router.identity.publicKey)
        for byteCount in 0...SessionBody.overheadByteCount {
            var content: [UInt8] = []
            OutOfBandReport(
                reporter: router.identity.subnet.address,
                offendingSource: line.a.identity.address,
                offendingDestination: line.b.identity.address,
                cause: .hopLimitExceeded
            ).append(quoting: HostPackets.content(byteCount).span, to: &content)
            line.a.receive(router.frame(.icmp, content, to: line.a.identity), on: line.toB)
            #expect(line.a.counters.drops[.badReport] == UInt64(byteCount) + 1)
        }
        #expect(line.a.deliveredToHost().isEmpty)
    }

    @Test func anUnknownIndexIsToldOnce() throws {
        var line = try Line()
        line.establish()
        line.a.sendFromHost(line.packet())
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

    @Test func anEmptyBodyConfirms() throws {
        var line = try Line()
        line.establish()
        line.a.post(.session(.sendEmpty(local: SessionIndex(11))))
        line.b.receive(line.fromA(), on: line.toA)
        #expect(
            line.b.mailbox.takeEvents().contains { event in
                if case .session(.confirmed(SessionIndex(22))) = event { true } else { false }
            }
        )
        #expect(line.b.deliveredToHost().isEmpty)
    }

    @Test func sessionControlIsHandedUpWithItsSize() throws {
        var line = try Line()
        line.establish()
        let content = SessionControl.mtuProbe(token: 7).encoded(padTo: 1400)
        line.a.post(.session(.sendControl(local: SessionIndex(11), content)))
        line.b.receive(line.fromA(), on: line.toA)
        let controls = line.b.mailbox.takeEvents().compactMap { event in
            if case .session(.control(SessionIndex(22), let content)) = event {
                content
            } else {
                nil
            }
        }
        #expect(controls == [content])
        #expect(line.b.deliveredToHost().isEmpty)
    }

    @Test func noMoreControlThanTheCeilingIsHandedUp() throws {
        var line = try Line()
        line.establish()
        let content = SessionControl.mtuProbe(token: 7).encoded()
        let surplus = 200
        var frames: [[UInt8]] = []
        for _ in 0..<Limits.sessionControlsPerSecond + surplus {
            line.a.post(.session(.sendControl(local: SessionIndex(11), content)))
            frames.append(line.fromA())
        }
        // At once: more become due with time.
        for start in stride(from: 0, to: frames.count, by: 100) {
            line.b.receive(Array(frames[start..<start + 100].joined()), on: line.toA)
        }
        let count = line.b.mailbox.takeEvents().count { event in
            if case .session(.control) = event { true } else { false }
        }
        let dropped = Int(line.b.counters.drops[.controlBusy])
        #expect(count + dropped == Limits.sessionControlsPerSecond + surplus)
        #expect(dropped > 0)
        #expect(count >= Limits.sessionControlsPerSecond, "\(count), \(dropped)")
    }

    @Test func whatTheSessionDoesNotTakeIsToldToTheHost() throws {
        var line = try Line()
        line.establish()
        let (from, to) = (line.a.identity.address, line.b.identity.address)
        let packet = HostPackets.plain(from, to, byteCount: 1400)
        line.a.sendFromHost(packet)
        line.b.receive(line.fromA(), on: line.toA)
        #expect(line.b.deliveredToHost() == [HostPackets.aged(packet, by: 2)])
        let policy = Line.policy(11, sizeLimit: 1280)
        line.a.post(.session(.policy(line.b.identity.subnet, policy)))
        line.a.sendFromHost(packet)
        #expect(line.fromA().isEmpty)
        let error = try #require(line.a.deliveredToHost().first)
        #expect(error[40] == 2)
        #expect(Array(error[44..<48]) == [0, 0, 5, 0])
        line.a.sendFromHost(HostPackets.plain(from, to, byteCount: 1280))
        #expect(!line.fromA().isEmpty)
    }

    @Test func segmentsCrossWithPartialSumsAndCoalesceAgain() throws {
        var line = try Line()
        line.establish()
        let packet = HostPackets.partialTCP(
            line.a.identity.address,
            line.b.identity.address,
            sequence: 5,
            HostPackets.content(1300 * 20)
        )
        line.a.sendFromHost(packet, HostPackets.tcpOffload(segment: 1300))
        line.b.receive(line.fromA(), on: line.toA)
        let delivered = line.b.deliveredWithOffload()
        #expect(line.b.counters.openedPackets == 20)
        #expect(delivered.map(\.packet) == [HostPackets.aged(packet, by: 2)])
        #expect(delivered.first?.offload == HostPackets.tcpOffload(segment: 1300))
    }

    @Test(arguments: [true, false])
    func aSumIsPartialOnlyIfTheKernelLeftItSo(isPartial: Bool) throws {
        var line = try Line()
        line.establish()
        let (from, to) = (line.a.identity.address, line.b.identity.address)
        let content = HostPackets.content(300)
        var offload = VirtioNetHeader()
        if isPartial {
            offload.flags = VirtioNetHeader.needsChecksum
            offload.checksumStart = 40
            offload.checksumOffset = 16
        }
        let packet =
            isPartial
            ? HostPackets.partialTCP(from, to, sequence: 5, content)
            : HostPackets.tcp(from, to, sequence: 5, content)
        line.a.sendFromHost(packet, offload)
        line.b.receive(line.fromA(), on: line.toA)
        let delivered = line.b.deliveredWithOffload()
        #expect(delivered.map(\.packet) == [HostPackets.aged(packet, by: 2)])
        #expect(delivered.first?.offload.wantsChecksum == isPartial)
    }

    @Test func withoutSessionsNothingIsAskedFor() throws {
        var node = try WorkerHarness()
        let peer = try Stranger()
        let link = try node.addLink()
        node.route(peer.identity.subnet, link, peer.identity.publicKey, offersSessions: true)
        node.sendFromHost(Stranger.packet(node.identity.address, peer.identity.address))
        #expect(!node.sent(on: link).isEmpty)
        #expect(node.mailbox.takeEvents().isEmpty)
    }
}

@Suite struct SessionPolicyTableTests {
    @Test func rulesAreFoundUntilTheyAreRemoved() {
        var table = SessionPolicyTable(seed: 7)
        var expected: [UInt64: SessionPolicyTable.Rule] = [:]
        var random = SplitMix64(seed: 1)
        for _ in 0..<20_000 {
            let subnet = random.next() % 512
            if random.next() % 3 == 0 {
                table.remove(subnet)
                expected[subnet] = nil
            } else {
                let rule = SessionPolicyTable.Rule(
                    way: .session,
                    isStrict: true,
                    place: Int32(random.next() % 1000)
                )
                table.set(subnet, rule)
                expected[subnet] = rule
            }
        }
        for subnet in 0..<512 as Range<UInt64> {
            #expect(table.rule(of: subnet) == expected[subnet])
        }
        #expect(table.count == expected.count)
    }

    @Test func aFullTableRefusesAndCounts() {
        var table = SessionPolicyTable(seed: 7, capacity: 2)
        let rule = SessionPolicyTable.Rule(way: .hold, isStrict: true)
        let answers = [1, 2, 3, 2].map { table.set($0, rule) }
        #expect(answers == [true, true, false, true])
        #expect(table.rule(of: 3) == nil)
        #expect(table.refusedCount == 1)
    }
}
