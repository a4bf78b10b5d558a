// SPDX-License-Identifier: Apache-2.0

import Foundation
import HyphaLab
import Testing

extension Integration {
    /// Nodes with several workers, however many processors there are.
    @Suite(.serialized) struct WorkersTests {
        /// How the nodes of a mesh are joined.
        enum Carrier: String, CaseIterable {
            case udp
            case sealedTCP
            case baseTCP

            func url(_ address: String) -> String {
                self == .udp ? "udp://[\(address)]:9652" : "tcp://[\(address)]:9651"
            }

            var arguments: [String] {
                switch self {
                case .udp: []
                // Without UDP listeners streams stay.
                case .sealedTCP: ["--listen", "tcp://[::]:9651"]
                case .baseTCP: ["--base-protocol-only"]
                }
            }
        }

        private func options(_ carrier: Carrier, workers: Int) -> NodeOptions {
            NodeOptions(
                listens: false,
                arguments: carrier.arguments + ["--workers", "\(workers)"]
            )
        }

        private func transfers(_ mesh: Mesh, _ pairs: [(Int, Int)]) throws {
            for (from, to) in pairs {
                let transfer = try Transfer.run(
                    byteCount: 20 << 20,
                    from: mesh.spaces[from],
                    to: mesh.spaces[to],
                    address: mesh.addresses[to],
                    within: 60
                )
                #expect(transfer.isIntact, "n\(from) to n\(to): \(transfer)")
            }
        }

        private func status(_ node: LabNode, _ name: String) throws -> String? {
            let lines = try node.command("status").output.split(separator: "\n")
            return lines.first { $0.trimmingPrefix(while: \.isWhitespace).hasPrefix(name) }
                .flatMap { $0.split(separator: " ").dropFirst().first.map(String.init) }
        }

        /// The links of the node in the middle belong to different workers, and its TUN queues see
        /// flows of both.
        @Test(.timeLimit(.minutes(3)), arguments: Carrier.allCases, [2, 3])
        func aLineOfThreeCarriesTransfersAndSessions(carrier: Carrier, workers: Int) throws {
            let mesh = try Mesh.line(
                3,
                options: { _ in options(carrier, workers: workers) },
                dials: { carrier.url($1) }
            )
            for (from, to) in [(0, 2), (2, 0)] { try mesh.waitToReach(from: from, to: to) }
            if carrier != .baseTCP { try waitForSessions(mesh) }
            try transfers(mesh, [(0, 1), (1, 0), (1, 2), (2, 1), (0, 2), (2, 0)])
            for node in mesh.nodes { #expect(try status(node, "Workers") == "\(workers)") }
            let handed = try mesh.nodes.map { try status($0, "handed-over") ?? "0" }
            report("\(carrier.rawValue), \(workers) workers: handed over \(handed)")
            // Whatever the kernel does with flows, transit goes from one worker's link to another's;
            // over sealed streams in packets of up to 64 KiB.
            let least = carrier == .sealedTCP ? 300 : 10_000
            #expect(try #require(Int(handed[1])) > least)
        }

        private func waitForSessions(_ mesh: Mesh) throws {
            for (from, to) in [(0, 2), (2, 0)] {
                _ = try wait(for: "n\(from) has a session with n\(to)", seconds: 10) {
                    let sessions = try mesh.nodes[from].sessions()
                    let isUp = sessions.contains {
                        $0.address == mesh.addresses[to] && $0.isProtected
                    }
                    return isUp ? true : nil
                }
            }
        }

        /// Streams that are dialled from both sides meet, and one of them moves to the link of the
        /// other, maybe of another worker.
        @Test(.timeLimit(.minutes(2)), arguments: [1, 2, 3])
        func streamsThatBecomeStandbysCarryOnWhenUDPIsBlocked(workers: Int) throws {
            let pair = try SealedPair(
                url: { address, _ in "udp://[\(address)]:9652" },
                options: { _ in
                    NodeOptions(listens: false, arguments: ["--workers", "\(workers)"])
                }
            )
            try pair.waitToReach()
            try pair.dialler.waitForCarrier("udp", within: 10)
            #expect(try pair.transfer(byteCount: 20 << 20).isIntact)
            let ping = try PingWatch(from: pair.dialler.space, to: pair.addresses[1])
            Thread.sleep(forTimeInterval: 1)
            let blocked = wallSeconds()
            try pair.middle.change { $0.blocksUDP = true }
            let pause = try ping.longestPause(since: blocked, within: 60)
            report(String(format: "%d workers, UDP blocked: TCP after %.2f s", workers, pause))
            #expect(pause < 10)
            #expect(try pair.transfer(byteCount: 20 << 20).isIntact)
        }

        /// A second node of the same user on one port is refused, as with one worker.
        @Test(.timeLimit(.minutes(1)))
        func aPortIsNotSharedWithAnotherNode() throws {
            let lab = try Lab()
            let space = try lab.space("n0")
            let first = try lab.node(space, options(.udp, workers: 2))
            try first.startAndWait()
            let folder = NSTemporaryDirectory() + "hypha-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let second = try first.command(
                "run",
                "--config",
                "/dev/null",
                "--state-dir",
                folder,
                "--control",
                folder + "/control.sock",
                "--no-tun",
                "--no-discovery",
                "--workers",
                "2",
                "--listen",
                "udp://[::]:9652"
            )
            #expect(second.status == 1, "\(second)")
            #expect(second.errors.contains("in use"), "\(second)")
        }
    }
}
