// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaForwarding
import Testing

struct ChecksumOffloadTests {
    private func completed(_ packet: [UInt8], _ header: VirtioNetHeader) -> [UInt8]? {
        var copy = packet
        var span = copy.mutableSpan
        guard ChecksumOffload.complete(&span, header: header) else {
            #expect(copy == packet, "refused packets stay as they are")
            return nil
        }
        return copy
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func ordinaryPacketsGetTheirChecksum(seed: UInt64) {
        var random = SplitMix(seed)
        for _ in 0..<200 {
            let flow = TestFlow.random(using: &random)
            let payload = HyphaForwardingTests.random(
                Int.random(in: 0...1300, using: &random),
                using: &random
            )
            var header = flow.offload(segment: 0)
            header.segmentationType = VirtioNetHeader.typeNone
            let got = completed(flow.large(payload: payload), header)
            var expected = flow.packet(payload: payload)
            let at = flow.headerCount - flow.transportHeaderCount + (flow.isTCP ? 16 : 6)
            // In ones' complement 0 and 0xffff are one number.
            if expected.word16(at: at) == 0 { expected.replace16(0xffff, at: at) }
            #expect(got == expected)
        }
    }

    @Test func largeTCPPacketsAreSummedAnewWhateverTheFieldHolds() {
        for isIPv6 in [true, false] {
            let flow = TestFlow(isIPv6: isIPv6)
            let payload = [UInt8](repeating: 0x33, count: 60_001)
            var packet = flow.large(flags: 0x18, payload: payload)
            packet.replace16(0xbeef, at: isIPv6 ? 56 : 36)
            let got = completed(packet, flow.offload(segment: 1340))
            #expect(got == flow.packet(flags: 0x18, payload: payload))
        }
    }

    @Test func severalDatagramsAreNeverSentAsOne() {
        let flow = TestFlow(isTCP: false)
        let packet = flow.large(payload: [UInt8](repeating: 1, count: 3000))
        #expect(completed(packet, flow.offload(segment: 1000)) == nil)
        #expect(
            completed(packet, flow.offload(segment: 3000))
                == flow.packet(payload: [UInt8](repeating: 1, count: 3000))
        )
    }

    @Test func aPlaceOutsideThePacketIsRefused() {
        var header = VirtioNetHeader()
        header.flags = VirtioNetHeader.needsChecksum
        header.checksumStart = 40
        header.checksumOffset = 16
        #expect(completed([UInt8](repeating: 0, count: 57), header) == nil)
        #expect(completed([UInt8](repeating: 0, count: 58), header) != nil)
        header.checksumStart = .max
        header.checksumOffset = .max
        #expect(completed([UInt8](repeating: 0, count: 58), header) == nil)
    }

    @Test func aCompletePacketIsLeftAlone() {
        let packet = TestFlow().packet(payload: [1, 2, 3])
        #expect(completed(packet, VirtioNetHeader()) == packet)
        var valid = VirtioNetHeader()
        valid.flags = VirtioNetHeader.dataValid
        #expect(completed(packet, valid) == packet)
    }
}
