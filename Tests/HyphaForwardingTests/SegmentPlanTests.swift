// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaForwarding
import Testing

struct SegmentPlanTests {
    @Test func tcpSegmentsAreThoseMadeByHand() throws {
        let large = try #require(
            Hexadecimal.bytes(
                "60012345001e064004000000000000010000000000000001040000000000000200000000"
                    + "0000000212340050fffffffe0102030450992000082a00006162636465666768696a"
            )
        )
        let expected = [
            "6001234500180640040000000000000100000000000000010400000000000002000000000000"
                + "000212340050fffffffe0102030450902000abfb000061626364",
            "6001234500180640040000000000000100000000000000010400000000000002000000000000"
                + "000212340050000000020102030450102000a470000065666768",
            "6001234500160640040000000000000100000000000000010400000000000002000000000000"
                + "00021234005000000006010203045019200007ca0000696a",
        ]
        let made = try #require(segments(large, TestFlow().offload(segment: 4)))
        #expect(made.map(Hexadecimal.text) == expected)
    }

    @Test func udpDatagramsOverIPv4AreThoseMadeByHand() throws {
        let large = try #require(
            Hexadecimal.bytes(
                "45000026ffff0000401166c50a0000010a00000213881770001214266162636465666768696a"
            )
        )
        let expected = [
            "45000020ffff0000401166cb0a0000010a00000213881770000cfc1461626364",
            "4500002000000000401166cb0a0000010a00000213881770000cf40c65666768",
            "4500001e00010000401166cc0a0000010a00000213881770000a5775696a",
        ]
        let flow = TestFlow(isIPv6: false, isTCP: false)
        let made = try #require(segments(large, flow.offload(segment: 4)))
        #expect(made.map(Hexadecimal.text) == expected)
    }

    @Test(arguments: 0..<16 as Range<UInt64>)
    func everySegmentIsWhatAPlainSenderWouldSend(seed: UInt64) throws {
        var random = SplitMix(seed)
        for _ in 0..<25 {
            let flow = TestFlow.random(using: &random)
            let segment = Int.random(in: 1...1460, using: &random)
            let count = Int.random(in: 1...min(60 * segment, 20_000), using: &random)
            let payload = HyphaForwardingTests.random(count, using: &random)
            let sequence = UInt32.random(in: .min ... .max, using: &random)
            let identification = UInt16.random(in: .min ... .max, using: &random)
            let flags = UInt8.random(in: 0...255, using: &random)
            let large = flow.large(
                sequence: sequence,
                flags: flags,
                identification: identification,
                payload: payload
            )
            var header = flow.offload(segment: segment)
            // The kernel's header length is a hint only.
            header.headerByteCount = UInt16.random(in: .min ... .max, using: &random)
            if flow.isTCP, flags & 0x80 != 0 {
                header.segmentationType |= VirtioNetHeader.ecnBit
            }
            let made = try #require(segments(large, header))
            let starts = Array(stride(from: 0, to: count, by: segment))
            #expect(made.count == starts.count)
            for (index, start) in starts.enumerated() {
                var expectedFlags = flags
                if index > 0 { expectedFlags &= 0x7f }
                if index < starts.count - 1 { expectedFlags &= 0xf6 }
                let expected = flow.packet(
                    sequence: sequence &+ UInt32(start),
                    flags: expectedFlags,
                    identification: identification &+ UInt16(index),
                    payload: Array(payload[start..<min(start + segment, count)])
                )
                #expect(made[index] == expected)
            }
        }
    }

    @Test func mergedPlansGiveAsFewPacketsAsFit() throws {
        let flow = TestFlow(options: [1, 1, 8, 10] + [UInt8](repeating: 7, count: 8))
        let payload = [UInt8](repeating: 0x5a, count: 65_000 + 400)
        let large = flow.large(flags: 0x18, payload: payload)
        let plan = try SegmentPlan(large.span, header: flow.offload(segment: 1328))
        let merged = plan.merged(byteCountMax: Limits.largePacketBytesMax)
        #expect(merged.count == 2)
        #expect(merged.segmentByteCount.isMultiple(of: 1328))
        #expect(merged.greatestByteCount == 48 * 1328 + 72)
        let made = segments(large, merged)
        #expect(made[0] == flow.packet(flags: 0x10, payload: Array(payload[..<(48 * 1328)])))
        #expect(
            made[1]
                == flow.packet(
                    sequence: 48 * 1328,
                    flags: 0x18,
                    payload: Array(payload[(48 * 1328)...])
                )
        )
    }

    @Test func datagramsAndTinyCeilingsAreNotMerged() throws {
        let datagrams = TestFlow(isTCP: false)
        let payload = [UInt8](repeating: 1, count: 5000)
        let udp = try SegmentPlan(
            datagrams.large(payload: payload).span,
            header: datagrams.offload(segment: 1000)
        )
        #expect(udp.merged(byteCountMax: 65_000) == udp)
        let tcp = try SegmentPlan(
            TestFlow().large(payload: payload).span,
            header: TestFlow().offload(segment: 1000)
        )
        #expect(tcp.merged(byteCountMax: 2059) == tcp)
        #expect(tcp.merged(byteCountMax: 2060).count == 3)
        #expect(tcp.merged(byteCountMax: -1) == tcp)
    }

    @Test func contradictionsAreRefusedWithTheirReason() {
        let flow = TestFlow()
        let good = flow.large(payload: [UInt8](repeating: 1, count: 3000))
        let header = flow.offload(segment: 1000)
        func refusal(
            _ change: (inout [UInt8], inout VirtioNetHeader) -> Void
        ) -> OffloadError? {
            var packet = good
            var changed = header
            change(&packet, &changed)
            do throws(OffloadError) {
                _ = try SegmentPlan(packet.span, header: changed)
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal { _, _ in } == nil)
        #expect(refusal { packet, _ in packet = [] } == .truncated)
        #expect(refusal { packet, _ in packet = Array(packet[..<59]) } == .truncated)
        #expect(refusal { packet, _ in packet = Array(packet[..<60]) } == .noContent)
        #expect(refusal { packet, _ in packet[0] = 0x50 } == .notIP)
        #expect(refusal { packet, _ in packet[6] = 0 } == .notTransport)
        #expect(refusal { packet, _ in packet[6] = 58 } == .notTransport)
        #expect(refusal { packet, _ in packet[6] = 17 } == .typeMismatch)
        #expect(refusal { packet, _ in packet[52] = 0x40 } == .badHeader)
        #expect(refusal { _, header in header.segmentByteCount = 0 } == .noContent)
        #expect(refusal { _, header in header.checksumStart = 41 } == .checksumPosition)
        #expect(refusal { _, header in header.checksumOffset = 6 } == .checksumPosition)
        for type: UInt8 in [0, 1, 2, 3, 5, 6, 0x81] {
            #expect(refusal { _, header in header.segmentationType = type } == .typeMismatch)
        }
        let fragments = TestFlow(isIPv6: false)
        var fragment = fragments.large(payload: [1, 2, 3])
        fragment[6] = 0x20
        #expect(throws: OffloadError.fragment) {
            try SegmentPlan(fragment.span, header: fragments.offload(segment: 1))
        }
    }

    @Test func theSegmentCeilingHolds() throws {
        let flow = TestFlow()
        let most = Limits.segmentsPerPacketMax
        let atCeiling = flow.large(payload: [UInt8](repeating: 1, count: most))
        let plan = try SegmentPlan(atCeiling.span, header: flow.offload(segment: 1))
        #expect(plan.count == most)
        let above = flow.large(payload: [UInt8](repeating: 1, count: most + 1))
        #expect(throws: OffloadError.tooManySegments) {
            try SegmentPlan(above.span, header: flow.offload(segment: 1))
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func noBytesEverTrap(seed: UInt64) {
        var random = SplitMix(seed)
        for count in 0...140 {
            for _ in 0..<20 {
                let (packet, header) = TestFlow.garbage(count, using: &random)
                _ = segments(packet, header)
                var copy = packet
                var span = copy.mutableSpan
                _ = ChecksumOffload.complete(&span, header: header)
            }
        }
    }
}

extension TestFlow {
    static func random(using random: inout SplitMix) -> TestFlow {
        var flow = TestFlow()
        flow.isIPv6 = Bool.random(using: &random)
        flow.isTCP = Bool.random(using: &random)
        flow.host = UInt8.random(in: .min ... .max, using: &random)
        flow.ports = (UInt16.random(in: 1...9, using: &random), 443)
        flow.acknowledgement = UInt32.random(in: .min ... .max, using: &random)
        flow.window = UInt16.random(in: .min ... .max, using: &random)
        flow.hopLimit = UInt8.random(in: .min ... .max, using: &random)
        flow.trafficClass = UInt8.random(in: .min ... .max, using: &random)
        let optionWords = Int.random(in: 0...10, using: &random)
        flow.options = HyphaForwardingTests.random(4 * optionWords, using: &random)
        return flow
    }

    /// Bytes that look like a packet just enough to get past the first checks.
    static func garbage(
        _ count: Int,
        using random: inout SplitMix
    ) -> ([UInt8], VirtioNetHeader) {
        var packet = HyphaForwardingTests.random(count, using: &random)
        let isIPv6 = Bool.random(using: &random)
        let isTCP = Bool.random(using: &random)
        if count > 13 {
            packet[0] = isIPv6 ? 0x60 : 0x40 | UInt8.random(in: 4...8, using: &random)
            packet[isIPv6 ? 6 : 9] = isTCP ? 6 : 17
            if !isIPv6 { packet[6] &= 0xc0 }
            if !isIPv6 { packet[7] = 0 }
        }
        if Bool.random(using: &random), count > 40 {
            packet.replace16(UInt16(isIPv6 ? count - 40 : count), at: isIPv6 ? 4 : 2)
        }
        var header = TestFlow(isIPv6: isIPv6, isTCP: isTCP).offload(segment: 0)
        header.flags = UInt8.random(in: 0...3, using: &random)
        header.segmentByteCount = UInt16.random(in: 0...200, using: &random)
        if Int.random(in: 0..<4, using: &random) == 0 {
            header.segmentationType = UInt8.random(in: .min ... .max, using: &random)
            header.checksumStart = UInt16.random(in: .min ... .max, using: &random)
            header.checksumOffset = UInt16.random(in: .min ... .max, using: &random)
        }
        return (packet, header)
    }
}
