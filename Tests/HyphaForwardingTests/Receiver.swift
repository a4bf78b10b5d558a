// SPDX-License-Identifier: Apache-2.0
import HyphaBytes
import HyphaForwarding

/// Plays the worker: lays packets into a region, adds them, writes out what is ready.
struct Receiver: ~Copyable {
    var coalescer: Coalescer
    var groups: [Group] = []

    /// What would have been written to TUN.
    struct Group {
        var header: VirtioNetHeader
        var packet: [UInt8]
        var sliceCount: Int
    }

    init(growsUDP: Bool = true, marksSinglesValid: Bool = false) {
        coalescer = Coalescer(
            options: Coalescer.Options(growsUDP: growsUDP, marksSinglesValid: marksSinglesValid)
        )
    }

    mutating func receive(_ packets: [[UInt8]], flushes: Bool = true) {
        var region: [UInt8] = []
        var offsets: [Int] = []
        for packet in packets {
            region += [UInt8](repeating: 0xee, count: 44)
            offsets.append(region.count)
            region += packet
        }
        for (offset, packet) in zip(offsets, packets) {
            var span = region.mutableSpan
            coalescer.add(packetAt: offset, count: packet.count, in: &span)
            drain(region)
        }
        guard flushes else { return }
        var span = region.mutableSpan
        coalescer.flush(in: &span)
        drain(region)
    }

    private mutating func drain(_ region: [UInt8]) {
        while let group = coalescer.next() {
            var bytes: [UInt8] = []
            for i in 0..<group.sliceCount {
                let slice = coalescer.slice(i, of: group)
                bytes += region[slice.offset..<slice.offset + slice.count]
            }
            precondition(bytes.count == group.byteCount)
            let header = VirtioNetHeader(bytes.span.extracting(0..<10))
            groups.append(
                Group(
                    header: header ?? VirtioNetHeader(),
                    packet: Array(bytes[10...]),
                    sliceCount: group.sliceCount
                )
            )
        }
    }
}

/// Interleaved flows with the faults of real traffic.
struct TestTraffic {
    private var flows: [TestFlow] = []
    private var sequences: [UInt32] = []
    private var identifications: [UInt16] = []
    private var sizes: [Int] = []

    init(using random: inout SplitMix) {
        for host in 1...20 {
            var flow = TestFlow.random(using: &random)
            // Far apart, so that no corrupted address is the next flow's.
            flow.host = UInt8(host * 8)
            flow.options = Array(flow.options.prefix(4))
            flows.append(flow)
            sequences.append(UInt32.random(in: .min ... .max, using: &random))
            identifications.append(UInt16.random(in: .min ... .max, using: &random))
            sizes.append(Int.random(in: 1...600, using: &random))
        }
    }

    mutating func next(using random: inout SplitMix) -> [UInt8] {
        // Few flows most of the time, so that groups grow.
        let range = Int.random(in: 0..<8, using: &random) == 0 ? 0..<20 : 0..<3
        let i = Int.random(in: range, using: &random)
        var count = sizes[i]
        var flags: UInt8 = 0x10
        switch Int.random(in: 0..<30, using: &random) {
        case 0: count = Int.random(in: 0...count, using: &random)
        case 1: flags = 0x18
        case 2: flags = UInt8.random(in: .min ... .max, using: &random)
        case 3: sequences[i] &+= 1
        case 4: flows[i].acknowledgement &+= 1
        case 5: flows[i].hopLimit &-= 1
        case 6: sizes[i] = Int.random(in: 1...600, using: &random)
        default: break
        }
        var packet = flows[i].packet(
            sequence: sequences[i],
            flags: flags,
            identification: identifications[i],
            payload: HyphaForwardingTests.random(count, using: &random)
        )
        sequences[i] &+= UInt32(count)
        identifications[i] &+= 1
        switch Int.random(in: 0..<60, using: &random) {
        case 0: packet[packet.count - 1] ^= 1
        case 1: packet[flows[i].isIPv6 ? 6 : 9] = 58
        case 2: packet = Array(packet.dropLast())
        case 3: packet[Int.random(in: 0..<20, using: &random)] ^= 4
        default: break
        }
        return packet
    }

    /// Version and addresses: whatever they have in common must stay in order.
    static func flowName(_ packet: [UInt8]) -> String {
        let isIPv6 = packet[0] >> 4 == 6
        let end = isIPv6 ? min(40, packet.count) : min(20, packet.count)
        let start = isIPv6 ? 8 : 12
        return "\(isIPv6) \(start < end ? Array(packet[start..<end]) : packet)"
    }
}
