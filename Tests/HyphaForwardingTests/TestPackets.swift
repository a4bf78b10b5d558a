// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaForwarding

/// Builds TCP and UDP packets the plain way, with a checksum of its own, as a model.
struct TestFlow {
    var isIPv6 = true
    var isTCP = true
    var host: UInt8 = 1
    var ports: (UInt16, UInt16) = (4660, 80)
    var acknowledgement: UInt32 = 0x0102_0304
    var window: UInt16 = 0x2000
    var hopLimit: UInt8 = 64
    var trafficClass: UInt8 = 0
    var options: [UInt8] = []

    /// One packet of the flow.
    func packet(
        sequence: UInt32 = 0,
        flags: UInt8 = 0x10,
        identification: UInt16 = 0,
        payload: [UInt8]
    ) -> [UInt8] {
        let transport = transportBytes(sequence: sequence, flags: flags, payload: payload)
        return ipHeader(identification: identification, count: transport.count) + transport
    }

    /// The flow's packet as TUN gives it: the checksum field holds the pseudo-header sum.
    func large(
        sequence: UInt32 = 0,
        flags: UInt8 = 0x10,
        identification: UInt16 = 0,
        payload: [UInt8]
    ) -> [UInt8] {
        var bytes = packet(
            sequence: sequence,
            flags: flags,
            identification: identification,
            payload: payload
        )
        let at = headerCount - transportHeaderCount
        let sum = TestChecksum.fold(pseudoHeader(count: bytes.count - at))
        bytes.replace16(sum, at: at + (isTCP ? 16 : 6))
        return bytes
    }

    /// The offload header that belongs to ``large(sequence:flags:identification:payload:)``.
    func offload(segment: Int) -> VirtioNetHeader {
        var header = VirtioNetHeader()
        header.flags = VirtioNetHeader.needsChecksum
        header.segmentationType =
            !isTCP
            ? VirtioNetHeader.typeUDPSegments
            : isIPv6 ? VirtioNetHeader.typeTCPv6 : VirtioNetHeader.typeTCPv4
        header.headerByteCount = UInt16(headerCount)
        header.segmentByteCount = UInt16(segment)
        header.checksumStart = UInt16(headerCount - transportHeaderCount)
        header.checksumOffset = isTCP ? 16 : 6
        return header
    }

    var transportHeaderCount: Int { isTCP ? 20 + options.count : 8 }
    var headerCount: Int { (isIPv6 ? 40 : 20) + transportHeaderCount }

    private var addresses: [UInt8] {
        isIPv6
            ? [4] + [UInt8](repeating: 0, count: 14) + [host] + [5]
                + [UInt8](repeating: 0, count: 14) + [2]
            : [10, 0, 0, host, 10, 0, 0, 2]
    }

    private func pseudoHeader(count: Int) -> [UInt8] {
        addresses + bytes16(UInt16(count >> 16)) + bytes16(UInt16(count & 0xffff))
            + [0, isTCP ? 6 : 17]
    }

    private func transportBytes(sequence: UInt32, flags: UInt8, payload: [UInt8]) -> [UInt8] {
        var bytes = bytes16(ports.0) + bytes16(ports.1)
        if isTCP {
            bytes += bytes32(sequence) + bytes32(acknowledgement)
            bytes += [UInt8((20 + options.count) * 4), flags] + bytes16(window)
            bytes += [0, 0, 0, 0] + options
        } else {
            bytes += bytes16(UInt16(8 + payload.count)) + [0, 0]
        }
        bytes += payload
        var sum = ~TestChecksum.fold(pseudoHeader(count: bytes.count) + bytes)
        if !isTCP, sum == 0 { sum = 0xffff }
        bytes.replace16(sum, at: isTCP ? 16 : 6)
        return bytes
    }

    private func ipHeader(identification: UInt16, count: Int) -> [UInt8] {
        if isIPv6 {
            return [0x60 | trafficClass >> 4, trafficClass << 4 | 1, 0x23, 0x45]
                + bytes16(UInt16(count)) + [isTCP ? 6 : 17, hopLimit] + addresses
        }
        var bytes: [UInt8] = [0x45, trafficClass] + bytes16(UInt16(20 + count))
        bytes += bytes16(identification) + [0, 0, hopLimit, isTCP ? 6 : 17, 0, 0] + addresses
        bytes.replace16(~TestChecksum.fold(bytes), at: 10)
        return bytes
    }
}

/// The Internet checksum, two bytes at a time.
enum TestChecksum {
    static func fold(_ bytes: [UInt8]) -> UInt16 {
        var sum = 0
        for i in stride(from: 0, to: bytes.count, by: 2) {
            sum += Int(bytes[i]) << 8 | (i + 1 < bytes.count ? Int(bytes[i + 1]) : 0)
        }
        while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
        return UInt16(sum)
    }
}

func bytes16(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }

func bytes32(_ value: UInt32) -> [UInt8] {
    bytes16(UInt16(value >> 16)) + bytes16(UInt16(value & 0xffff))
}

func random(_ count: Int, using random: inout SplitMix) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
}

extension [UInt8] {
    mutating func replace16(_ value: UInt16, at offset: Int) {
        self[offset] = UInt8(value >> 8)
        self[offset + 1] = UInt8(value & 255)
    }

    func word16(at offset: Int) -> UInt16 { UInt16(self[offset]) << 8 | UInt16(self[offset + 1]) }
}

/// All segments of a packet as arrays, or `nil` when it is refused.
func segments(_ packet: [UInt8], _ header: VirtioNetHeader) -> [[UInt8]]? {
    guard let plan = try? SegmentPlan(packet.span, header: header) else { return nil }
    return segments(packet, plan)
}

func segments(_ packet: [UInt8], _ plan: SegmentPlan) -> [[UInt8]] {
    (0..<plan.count).map { index in
        var target = [UInt8](repeating: 0xaa, count: plan.byteCount(of: index) + 3)
        var span = target.mutableSpan
        let count = plan.writeSegment(index, of: packet.span, into: &span)
        precondition(target[count...].allSatisfy { $0 == 0xaa })
        return Array(target[..<count])
    }
}
