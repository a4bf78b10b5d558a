// SPDX-License-Identifier: Apache-2.0
import CAllocationProbe
import Glibc

/// `packet-path [COUNT]`: sends COUNT small packets each way through two workers, and large ones
/// whole and in segments; fails when one of them was lost or anything was allocated after warm-up.
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
        for isDirect in [true, false] { try program.run(isDirect: isDirect, count: count) }
        print("\(program.passes) passed, \(program.failures) failed")
        exit(program.failures == 0 ? 0 : 1)
    }

    private mutating func run(isDirect: Bool, count: Int) throws {
        var bench = try Bench(isDirect: isDirect)
        for isReverse in [false, true] {
            let way = isReverse ? "right to left" : "left to right"
            // Warm-up before each, because buffers follow the kind of traffic.
            if isDirect {
                _ = bench.send(Packets.datagram, count: 20_000, isReverse: isReverse)
                let result = bench.send(Packets.datagram, count: count, isReverse: isReverse)
                judge("small, \(way)", result, content: Packets.smallContent)
            }
            let large = max(1, count / 100)
            _ = bench.send(Packets.large, count: 2000, isReverse: isReverse)
            let result = bench.send(Packets.large, count: large, isReverse: isReverse)
            // They may be coalesced anew, so the bytes tell and not the number.
            let kind = isDirect ? "large whole" : "large in segments"
            judge("\(kind), \(way)", result, content: Packets.largeContent)
        }
    }

    private mutating func judge(_ name: String, _ result: Bench.Result, content: Int) {
        let isWhole = result.arrivedContent == result.sent * content
        let each = Double(result.nanoseconds) / Double(max(1, result.sent))
        print(
            "\(name): \(result.sent) packets, \(result.allocations) allocations,",
            "\(Int(each)) ns each for both workers\(isWhole ? "" : ", SOME WERE LOST")"
        )
        if isWhole, result.allocations == 0 { passes += 1 } else { failures += 1 }
    }
}
