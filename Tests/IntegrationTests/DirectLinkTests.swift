// SPDX-License-Identifier: Apache-2.0

import Foundation
import HyphaLab
import Testing

extension Integration {
    /// n0 - n1 - n2, where n0 and n2 have a path to each other as well, with public addresses, and
    /// each knows n1 alone.
    @Suite(.serialized) struct DirectLinkTests {
        private struct Triangle {
            let mesh: Mesh
            let path: Lab.Link
            var ends: [Int] { [0, 2] }

            init(isBlocked: Bool = false, arguments: [String] = []) throws {
                let lab = try Lab()
                let spaces = try (0...2).map { try lab.space("n\($0)") }
                path = try lab.join(spaces[0], spaces[2])
                let path = path
                for (number, end) in [(1, spaces[0]), (2, spaces[2])] {
                    let name = path.interface(in: end)
                    try end.ip("addr", "add", "2001:db8:7::\(number)/64", "dev", name, "nodad")
                }
                if isBlocked {
                    for end in [spaces[0], spaces[2]] { try Self.block(path, at: end) }
                }
                mesh = try Mesh(
                    3,
                    [(1, 0), (1, 2)],
                    lab: lab,
                    options: { _ in NodeOptions(listens: false, arguments: arguments) },
                    dials: { "udp://[\($1)]:9652" }
                )
                try mesh.waitToReach(from: 0, to: 2)
            }

            /// Loses every datagram and segment that comes over the path, and counts the datagrams;
            /// without the kernel's own packets none would be sent.
            private static func block(_ path: Lab.Link, at end: Space) throws {
                let name = path.interface(in: end)
                let rules = """
                    table inet block {
                        chain in {
                            type filter hook input priority 0
                            iifname "\(name)" meta l4proto udp counter drop
                            iifname "\(name)" meta l4proto tcp drop
                        }
                    }
                    """
                try Shell.must("ip", "netns", "exec", end.systemName, "nft", rules)
            }

            func block() throws {
                for number in ends { try Self.block(path, at: mesh.spaces[number]) }
            }

            /// Datagrams that came over the blocked path.
            func blockedCount(at number: Int) throws -> Int {
                let text = try mesh.spaces[number].run(["nft", "list", "table", "inet", "block"])
                    .output
                let words = text.split(whereSeparator: { $0 == " " || $0 == "\n" })
                guard let at = words.firstIndex(of: "packets") else { return -1 }
                return Int(words[words.index(after: at)]) ?? -1
            }

            /// Whether a node has a direct link that stands.
            func isDirect(_ number: Int) throws -> Bool {
                try mesh.nodes[number].peers().contains { $0.origin == "direct" && $0.isConnected }
            }

            func waitUntilDirect(_ isWanted: Bool, seconds: Double) throws -> Double {
                let began = wallSeconds()
                _ = try wait(
                    for: isWanted ? "direct links" : "the end of the direct links",
                    seconds: seconds,
                    every: 0.2,
                    detail: { ends.map { mesh.nodes[$0].logTail }.joined(separator: "\n---\n") }
                ) {
                    try ends.allSatisfy { try isDirect($0) == isWanted } ? true : nil
                }
                return wallSeconds() - began
            }
        }

        @Test(.timeLimit(.minutes(3)))
        func trafficGoesOverToADirectLinkAndBackWhenItsPathIsBlocked() throws {
            let triangle = try Triangle()
            let mesh = triangle.mesh
            #expect(try !triangle.isDirect(0) && !triangle.isDirect(2))
            let ping = try PingWatch(from: mesh.spaces[0], to: mesh.addresses[2])
            let seconds = try triangle.waitUntilDirect(true, seconds: 30)
            report(String(format: "direct links after %.1f s", seconds))
            // Until the cost of the new link is known and routes have settled.
            Thread.sleep(forTimeInterval: 10)
            #expect(try triangle.isDirect(0) && triangle.isDirect(2))
            let lost = ping.stop()
            report(String(format: "%.2f %% of pings lost on the way over", lost * 100))
            #expect(lost < 0.01)
            let path = triangle.path.interface(in: mesh.spaces[0])
            let before = try sentBytes(over: path, of: mesh.spaces[0])
            let transfer = try Transfer.run(
                byteCount: 10 << 20,
                from: mesh.spaces[0],
                to: mesh.spaces[2],
                address: mesh.addresses[2]
            )
            #expect(transfer.isIntact, "\(transfer)")
            #expect(try sentBytes(over: path, of: mesh.spaces[0]) - before > 10 << 20)

            let second = try PingWatch(from: mesh.spaces[0], to: mesh.addresses[2])
            Thread.sleep(forTimeInterval: 1)
            let instant = wallSeconds()
            try triangle.block()
            let pause = try second.longestPause(since: instant, within: 30, steady: 5)
            report(String(format: "back over the node between after %.2f s", pause))
            #expect(pause < 5)
            _ = try triangle.waitUntilDirect(false, seconds: 10)
            second.stop()
        }

        @Test(.timeLimit(.minutes(3)))
        func aPathThatIsBlockedCostsAFewKeyRequests() throws {
            let triangle = try Triangle(isBlocked: true)
            let mesh = triangle.mesh
            let ping = try PingWatch(from: mesh.spaces[0], to: mesh.addresses[2])
            Thread.sleep(forTimeInterval: 30)
            #expect(ping.stop() < 0.01)
            for number in triangle.ends {
                #expect(try !triangle.isDirect(number))
                // One endpoint, three times, once a minute.
                let count = try triangle.blockedCount(at: number)
                report("\(count) datagrams came to n\(number)")
                #expect(1...6 ~= count)
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func noneIsMadeWhereItIsSwitchedOff() throws {
            let triangle = try Triangle(arguments: ["--no-direct-links"])
            let mesh = triangle.mesh
            let ping = try PingWatch(from: mesh.spaces[0], to: mesh.addresses[2])
            Thread.sleep(forTimeInterval: 15)
            #expect(ping.stop() < 0.01)
            #expect(try !triangle.isDirect(0) && !triangle.isDirect(2))
            #expect(try mesh.nodes[0].peers().count == 1)
        }

        private func sentBytes(over interface: String, of space: Space) throws -> Int {
            let path = "/sys/class/net/\(interface)/statistics/tx_bytes"
            let text = try space.run(["cat", path]).output
            return Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
        }
    }
}
