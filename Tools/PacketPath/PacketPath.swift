// SPDX-License-Identifier: Apache-2.0
import CAllocationProbe
import Glibc

/// `packet-path [COUNT]`: sends COUNT small packets each way through two workers, and large ones
/// whole and in segments, over each kind of link, through a third node, and by way of a second
/// worker; fails when one of them was lost or anything was allocated after warm-up.
@main
struct PacketPath {
    private var failures = 0
    private var passes = 0

    static func main() throws {
        let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1_000_000
        guard hypha_allocation_probe_is_active() != 0 else {
            print("packet-path: the allocation probe is not active in this build")
            exit(1)
        }
        var program = PacketPath()
        try program.run("base", .baseStream(isDirect: true), count, large: "large whole")
        let few = count / 100
        try program.run("base", .baseStream(isDirect: false), 0, few, large: "large in segments")
        try program.run("sealed stream", .sealedStream, count, large: "large whole")
        try program.run("sealed datagrams", .datagrams, count, large: "large in segments")
        try program.run("through a third", .transit, count, large: "large in segments")
        try program.run("from worker to worker", .crew, count, large: "large in segments")
        print("\(program.passes) passed, \(program.failures) failed")
        exit(program.failures == 0 ? 0 : 1)
    }

    private mutating func run(
        _ name: String,
        _ joint: Bench.Joint,
        _ small: Int,
        _ largeCount: Int? = nil,
        large kind: String
    ) throws {
        var bench = try Bench(joint)
        for isReverse in [false, true] {
            let way = isReverse ? "right to left" : "left to right"
            // Warm-up before each, because buffers follow the kind of traffic.
            if small > 0 {
                _ = bench.send(Packets.datagram, count: 20_000, isReverse: isReverse)
                let result = bench.send(Packets.datagram, count: small, isReverse: isReverse)
                judge("\(name), small, \(way)", result, content: Packets.smallContent)
            }
            let count = max(1, largeCount ?? small / 100)
            _ = bench.send(Packets.large, count: 2000, isReverse: isReverse)
            let result = bench.send(Packets.large, count: count, isReverse: isReverse)
            // They may be coalesced anew, so the bytes tell and not the number.
            judge("\(name), \(kind), \(way)", result, content: Packets.largeContent)
        }
    }

    private mutating func judge(_ name: String, _ result: Bench.Result, content: Int) {
        let isWhole = result.arrivedContent == result.sent * content
        let each = Double(result.nanoseconds) / Double(max(1, result.sent))
        print(
            "\(name): \(result.sent) packets, \(result.allocations) allocations,",
            "\(Int(each)) ns each for all workers\(isWhole ? "" : ", SOME WERE LOST")"
        )
        if isWhole, result.allocations == 0 { passes += 1 } else { failures += 1 }
    }
}
