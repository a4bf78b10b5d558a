// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaForwarding

/// A part of the offload code under test: it must neither trap nor contradict itself.
///
/// All share one executable, so that one more is one line in `all` and one function. New ones go
/// to the end of the list.
struct Subject: Sendable {
    let name: String
    let run: @Sendable ([UInt8]) -> Void

    static let all: [Subject] = [
        Subject(name: "segment", run: segment),
        Subject(name: "coalesce", run: coalesce),
        Subject(name: "complete", run: complete),
        Subject(name: "error", run: error),
    ]

    /// An offload header and a packet, as TUN gives them.
    private static func segment(_ bytes: [UInt8]) {
        guard let (header, packet) = parse(bytes),
            let plan = try? SegmentPlan(packet.span, header: header)
        else { return }
        let merged = plan.merged(byteCountMax: Limits.largePacketBytesMax)
        invariant(merged.count <= plan.count, "merging makes fewer packets")
        for plan in [plan, merged] {
            var content = 0
            for i in 0..<plan.count {
                let segment = write(i, of: packet, plan)
                guard let layout = try? TransportLayout(segment.span) else {
                    invariant(false, "a segment is a whole packet")
                    return
                }
                content += layout.contentByteCount
            }
            invariant(content == plan.layout.contentByteCount, "no content is lost")
        }
    }

    private static func write(_ index: Int, of packet: [UInt8], _ plan: SegmentPlan) -> [UInt8] {
        var target = [UInt8](repeating: 0, count: plan.byteCount(of: index))
        var span = target.mutableSpan
        let count = plan.writeSegment(index, of: packet.span, into: &span)
        invariant(count == target.count, "a segment is as large as announced")
        return target
    }

    /// Packets, each behind its length in two bytes; what grew is cut again.
    private static func coalesce(_ bytes: [UInt8]) {
        guard let options = bytes.first else { return }
        var coalescer = Coalescer(
            options: Coalescer.Options(growsUDP: options & 1 != 0, marksSinglesValid: false)
        )
        var region = [UInt8](repeating: 0, count: VirtioNetHeader.byteCount)
        var places: [(offset: Int, count: Int)] = []
        var at = 1
        while at + 2 < bytes.count {
            let count = min(Int(bytes[at]) << 8 | Int(bytes[at + 1]), bytes.count - at - 2)
            at += 2
            guard count > 0 else { continue }
            places.append((region.count, count))
            region += bytes[at..<at + count] + [UInt8](repeating: 0, count: 10)
            at += count
        }
        var out = 0
        for place in places {
            var span = region.mutableSpan
            coalescer.add(packetAt: place.offset, count: place.count, in: &span)
            out += drain(&coalescer, region)
        }
        var span = region.mutableSpan
        coalescer.flush(in: &span)
        out += drain(&coalescer, region)
        invariant(out == places.count, "\(places.count) packets in, \(out) out")
    }

    /// How many packets the finished groups hold.
    private static func drain(_ coalescer: inout Coalescer, _ region: [UInt8]) -> Int {
        var count = 0
        while let group = coalescer.next() {
            var bytes: [UInt8] = []
            for i in 0..<group.sliceCount {
                let slice = coalescer.slice(i, of: group)
                bytes += region[slice.offset..<slice.offset + slice.count]
            }
            invariant(bytes.count == group.byteCount, "a group is as large as announced")
            guard group.sliceCount > 1, let (header, packet) = parse(bytes) else {
                count += 1
                continue
            }
            let plan = try? SegmentPlan(packet.span, header: header)
            invariant(plan?.count == group.sliceCount, "what grew can be cut again")
            count += group.sliceCount
        }
        return count
    }

    private static func complete(_ bytes: [UInt8]) {
        guard let (header, packet) = parse(bytes) else { return }
        var copy = packet
        var span = copy.mutableSpan
        let isDone = ChecksumOffload.complete(&span, header: header)
        invariant(isDone || copy == packet, "a refused packet is unchanged")
    }

    private static func error(_ bytes: [UInt8]) {
        var target = [UInt8](repeating: 0, count: ICMPv6Error.byteCountMax)
        var span = target.mutableSpan
        let envelope = ICMPv6Error.Envelope(source: .unspecified, destination: .unspecified)
        let count = ICMPv6Error.noRoute.write(about: bytes.span, envelope: envelope, into: &span)
        invariant(count ?? 0 <= target.count, "an error fits the least MTU")
    }

    private static func parse(_ bytes: [UInt8]) -> (VirtioNetHeader, [UInt8])? {
        guard let header = VirtioNetHeader(bytes.span) else { return nil }
        return (header, Array(bytes[VirtioNetHeader.byteCount...]))
    }
}
