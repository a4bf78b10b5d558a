// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaForwarding
import Testing

struct CoalescerTests {
    @Test func threeSegmentsBecomeThePacketMadeByHand() {
        let flow = TestFlow()
        let payload = Array("abcdefghij".utf8)
        var receiver = Receiver()
        receiver.receive([
            flow.packet(sequence: 7, payload: Array(payload[..<4])),
            flow.packet(sequence: 11, payload: Array(payload[4..<8])),
            flow.packet(sequence: 15, flags: 0x18, payload: Array(payload[8...])),
        ])
        #expect(receiver.groups.count == 1)
        #expect(receiver.groups.first?.header == flow.offload(segment: 4))
        #expect(
            receiver.groups.first?.packet == flow.large(sequence: 7, flags: 0x18, payload: payload)
        )
    }

    @Test(arguments: 0..<16 as Range<UInt64>)
    func cuttingAndGrowingIsTheIdentity(seed: UInt64) throws {
        var random = SplitMix(seed)
        for _ in 0..<40 {
            var flow = TestFlow.random(using: &random)
            flow.options = Array(flow.options.prefix(12))
            let segment = Int.random(in: 1...1300, using: &random)
            let count = Int.random(in: (segment + 1)...(segment * 40 + 1), using: &random)
            let payload = HyphaForwardingTests.random(count, using: &random)
            let flags: UInt8 = flow.isTCP && Bool.random(using: &random) ? 0x18 : 0x10
            let large = flow.large(
                sequence: UInt32.random(in: .min ... .max, using: &random),
                flags: flags,
                identification: UInt16.random(in: .min ... .max, using: &random),
                payload: payload
            )
            let header = flow.offload(segment: segment)
            let cut = try #require(segments(large, header))
            var receiver = Receiver()
            receiver.receive(cut)
            #expect(receiver.groups.count == 1)
            #expect(receiver.groups.first?.header == header)
            #expect(receiver.groups.first?.packet == large)
        }
    }

    /// Whatever comes in, cutting what comes out again gives the same packets, each flow in order.
    @Test(arguments: 0..<16 as Range<UInt64>)
    func nothingIsLostChangedOrReordered(seed: UInt64) {
        var random = SplitMix(seed)
        var traffic = TestTraffic(using: &random)
        var groupCount = 0
        for _ in 0..<8 {
            let packets = (0..<120).map { _ in traffic.next(using: &random) }
            var receiver = Receiver(
                growsUDP: Bool.random(using: &random),
                marksSinglesValid: Bool.random(using: &random)
            )
            receiver.receive(packets)
            var came: [String: [[UInt8]]] = [:]
            var went: [String: [[UInt8]]] = [:]
            for packet in packets { came[TestTraffic.flowName(packet), default: []] += [packet] }
            for group in receiver.groups {
                let parts = group.header.isLarge ? segments(group.packet, group.header) : nil
                for packet in parts ?? [group.packet] {
                    went[TestTraffic.flowName(packet), default: []] += [packet]
                }
            }
            for (name, packets) in came {
                let other = went[name] ?? []
                #expect(other.count == packets.count, "\(name)")
                for (i, packet) in packets.enumerated() where i < other.count {
                    #expect(other[i] == packet, "\(name) \(i)")
                }
            }
            #expect(came.count == went.count)
            groupCount += receiver.groups.count
        }
        #expect(groupCount < 8 * 120, "something must grow")
    }

    @Test(arguments: [
        "sequence", "acknowledgement", "window", "flags", "hop limit", "class", "options", "larger",
        "urgent", "checksum", "port",
    ])
    func aDifferenceEndsTheGroup(difference: String) {
        let flow = TestFlow(options: [1, 1, 1, 0])
        let payload = [UInt8](repeating: 3, count: 100)
        var other = flow
        var sequence: UInt32 = 200
        var flags: UInt8 = 0x10
        var second = payload
        switch difference {
        case "sequence": sequence = 201
        case "acknowledgement": other.acknowledgement += 1
        case "window": other.window += 1
        case "flags": flags = 0x11
        case "hop limit": other.hopLimit -= 1
        case "class": other.trafficClass = 3
        case "options": other.options = [1, 1, 0, 0]
        case "larger": second += [9]
        case "port": other.ports.1 += 1
        default: break
        }
        var last = other.packet(sequence: sequence, flags: flags, payload: second)
        if difference == "checksum" { last[last.count - 1] ^= 0x40 }
        if difference == "urgent" {
            // Urgent pointer and checksum change by the same amount.
            last.replace16(1, at: 58)
            last.replace16(last.word16(at: 56) &- 1, at: 56)
        }
        var receiver = Receiver()
        receiver.receive([
            flow.packet(sequence: 0, payload: payload),
            flow.packet(sequence: 100, payload: payload),
            last,
        ])
        #expect(receiver.groups.map(\.packet.count) == [64 + 200, last.count])
        #expect(receiver.groups.last?.packet == last)
        #expect(receiver.groups.last?.header == VirtioNetHeader())
        #expect(receiver.coalescer.counters.badChecksums == (difference == "checksum" ? 1 : 0))
    }

    @Test func aPacketWithABadChecksumNeverBeginsAGroup() {
        let flow = TestFlow()
        var bad = flow.packet(sequence: 0, payload: [1, 2, 3, 4])
        bad[60] ^= 1
        let second = flow.packet(sequence: 4, payload: [5, 6, 7, 8])
        let third = flow.packet(sequence: 8, payload: [9, 10, 11, 12])
        var receiver = Receiver()
        receiver.receive([bad, second, third])
        #expect(receiver.groups.first?.packet == bad)
        #expect(receiver.groups.last?.packet.count == 68)
        #expect(receiver.groups.count == 2)
    }

    @Test func fourthIPHeadersAreCompared() {
        func grown(_ change: (inout [UInt8]) -> Void) -> Int {
            let flow = TestFlow(isIPv6: false)
            let first = flow.packet(sequence: 0, identification: 9, payload: [1, 2])
            var second = flow.packet(sequence: 2, identification: 10, payload: [3, 4])
            change(&second)
            var receiver = Receiver()
            receiver.receive([first, second])
            return receiver.groups.count
        }
        func set(_ packet: inout [UInt8], _ offset: Int, _ value: UInt8) {
            packet[offset] = value
            packet.replace16(0, at: 10)
            packet.replace16(~TestChecksum.fold(Array(packet[..<20])), at: 10)
        }
        #expect(grown { _ in } == 1)
        #expect(grown { set(&$0, 5, 11) } == 2)
        #expect(grown { set(&$0, 8, 63) } == 2)
        #expect(grown { set(&$0, 1, 1) } == 2)
        #expect(grown { set(&$0, 6, 0x40) } == 2)
        #expect(grown { $0[10] ^= 1 } == 2)
    }

    @Test func identificationsOfUnfragmentablePacketsSayNothing() {
        let flow = TestFlow(isIPv6: false)
        func packet(_ sequence: UInt32) -> [UInt8] {
            var bytes = flow.packet(sequence: sequence, payload: [1, 2])
            bytes[6] = 0x40
            bytes.replace16(0, at: 10)
            bytes.replace16(~TestChecksum.fold(Array(bytes[..<20])), at: 10)
            return bytes
        }
        var receiver = Receiver()
        receiver.receive([packet(0), packet(2), packet(4)])
        #expect(receiver.groups.count == 1)
    }

    @Test func datagramsGrowOnlyWhenTheKernelTakesThem() {
        let flow = TestFlow(isTCP: false)
        let packets = [[UInt8]](repeating: flow.packet(payload: [1, 2, 3]), count: 3)
        var with = Receiver(growsUDP: true)
        with.receive(packets)
        #expect(with.groups.map(\.header) == [flow.offload(segment: 3)])
        var without = Receiver(growsUDP: false)
        without.receive(packets)
        #expect(without.groups.map(\.packet) == packets)
        var zero = packets
        zero[1].replace16(0, at: 46)
        var mixed = Receiver(growsUDP: true)
        mixed.receive(zero)
        #expect(mixed.groups.map(\.packet) == zero)
    }

    @Test func largeTCPPacketsAreHandedOverAsSegments() {
        let flow = TestFlow()
        let payload = [UInt8](repeating: 0x77, count: 60_000)
        var receiver = Receiver()
        var bad = flow.packet(flags: 0x18, payload: payload)
        bad[70] ^= 1
        receiver.receive([
            flow.packet(flags: 0x18, payload: payload), bad,
            TestFlow(isTCP: false).packet(payload: payload),
        ])
        #expect(receiver.groups.count == 3)
        #expect(receiver.groups[0].header == flow.offload(segment: 1340))
        #expect(receiver.groups[0].packet == flow.large(flags: 0x18, payload: payload))
        #expect(receiver.groups[1].header == VirtioNetHeader())
        #expect(receiver.groups[1].packet == bad)
        #expect(receiver.groups[2].header == VirtioNetHeader())
    }

    @Test func singlesAreMarkedOnRequest() {
        var receiver = Receiver(marksSinglesValid: true)
        receiver.receive([TestFlow().packet(payload: [1]), [0x60, 1, 2]])
        #expect(receiver.groups.map(\.header.flags) == [2, 2])
    }

    @Test func groupsEndAtTheirCeilings() {
        let flow = TestFlow()
        let small = (0..<70).map { flow.packet(sequence: UInt32($0), payload: [1]) }
        var receiver = Receiver()
        receiver.receive(small)
        let most = Limits.coalescedSlicesMax
        #expect(receiver.groups.map(\.sliceCount) == [most, 70 - most])
        let big = (0..<60).map {
            flow.packet(sequence: UInt32($0 * 1340), payload: [UInt8](repeating: 1, count: 1340))
        }
        receiver = Receiver()
        receiver.receive(big)
        #expect(receiver.groups.map(\.packet.count) == [60 + 48 * 1340, 60 + 12 * 1340])
        #expect(receiver.groups.allSatisfy { $0.packet.count <= Limits.coalescedBytesMax })
    }

    @Test func theFlowThatBeganFirstGivesWay() {
        let most = Limits.coalescedFlowsMax
        let flows = (0...most).map { TestFlow(ports: (UInt16($0 + 1), 80)) }
        var receiver = Receiver()
        receiver.receive(flows.map { $0.packet(sequence: 0, payload: [1]) })
        #expect(receiver.coalescer.counters.flowsEvicted == 1)
        #expect(receiver.groups.count == most + 1)
        #expect(receiver.groups.first?.packet == flows[0].packet(sequence: 0, payload: [1]))
        receiver = Receiver()
        receiver.receive(flows.dropLast().map { $0.packet(sequence: 0, payload: [1]) })
        #expect(receiver.coalescer.counters.flowsEvicted == 0)
    }

    @Test func otherPacketsBetweenTheSameHostsDoNotOvertake() {
        let most = Limits.coalescedFlowsMax
        var echo = TestFlow().packet(payload: [1, 2, 3])
        echo[6] = 58
        let flows = (0..<most).map { TestFlow(ports: (UInt16($0 + 1), 80)) }
        let packets = flows.map { $0.packet(sequence: 0, payload: [1]) } + [echo]
        var receiver = Receiver()
        receiver.receive(packets, flushes: false)
        #expect(receiver.groups.map(\.packet) == packets)
        let stranger = TestFlow(host: 9).packet(sequence: 0, payload: [1])
        receiver = Receiver()
        receiver.receive([stranger, echo], flushes: false)
        #expect(receiver.groups.map(\.packet) == [echo])
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func noBytesEverTrapOrVanish(seed: UInt64) {
        var random = SplitMix(seed)
        for count in 1...120 {
            let packets = (0..<12).map { _ in TestFlow.garbage(count, using: &random).0 }
            var receiver = Receiver(growsUDP: true)
            receiver.receive(packets)
            let bytes = receiver.groups.reduce(0) { $0 + $1.packet.count }
            #expect(bytes <= 12 * count && receiver.coalescer.counters.packets == 12)
        }
    }
}
