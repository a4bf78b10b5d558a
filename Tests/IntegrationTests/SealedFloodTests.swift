// SPDX-License-Identifier: Apache-2.0

import Foundation
import HyphaLab
import Testing

extension Integration {
    /// Ten thousand handshake initiations a second from somebody who has no key.
    @Suite(.serialized) struct SealedFloodTests {
        private static let seconds = 32.0
        private static let rounds = 10

        /// The flooder has a link of its own to the listener.
        private struct Scene {
            let pair: SealedPair
            let flooder: Space
            let link: Lab.Link

            init() throws {
                pair = try SealedPair()
                let lab = pair.lab
                flooder = try lab.space("flood")
                link = try lab.join(flooder, pair.listener.space)
                // Answers to forged sources go back to where they came from, and vanish.
                let listener = pair.listener.space
                let way = link.address(in: flooder)
                try listener.ip("route", "add", "fd77::/16", "via", way)
                try flooder.waitToReach(link.address(in: listener), seconds: 5)
                try pair.waitToReach()
                try pair.dialler.waitForCarrier("udp", within: 5)
            }

            func flood(_ kind: FrameTool.Flood) throws -> FrameTool.Running {
                try FrameTool.flood(
                    kind,
                    over: link,
                    from: flooder,
                    to: pair.listener.space,
                    key: try pair.listener.publicKey(),
                    seconds: SealedFloodTests.seconds
                )
            }

            /// Whether the listener's kernel drops the flood, so that the node never sees it.
            func shield(_ isUp: Bool) throws {
                let words =
                    isUp
                    ? """
                    add table ip6 shield; add chain ip6 shield in { type filter hook input priority 0; }; \
                    add rule ip6 shield in iifname "\(link.interface(in: pair.listener.space))" udp dport 9652 drop
                    """ : "delete table ip6 shield"
                let result = try pair.listener.space.run(["nft", words])
                #expect(result.isSuccess, "\(result.errors)")
            }

            /// What leaves the dialler's device now, bytes a second.
            func rate() throws -> Double {
                Thread.sleep(forTimeInterval: 0.1)
                let space = pair.dialler.space
                let (began, before) = (monotonicSeconds(), try space.bytesSent(on: LabNode.device))
                Thread.sleep(forTimeInterval: 0.9)
                let sent = try space.bytesSent(on: LabNode.device) - before
                return Double(sent) / (monotonicSeconds() - began)
            }
        }

        /// The tool itself, or the other tests would say nothing.
        @Test(.timeLimit(.minutes(1)), arguments: FrameTool.Flood.allCases)
        func aFloodReachesItsRate(kind: FrameTool.Flood) throws {
            let lab = try Lab()
            let spaces = try ["a", "b"].map(lab.space)
            let link = try lab.join(spaces[0], spaces[1])
            try spaces[0].waitToReach(link.address(in: spaces[1]), seconds: 5)
            let flood = try FrameTool.flood(
                kind,
                over: link,
                from: spaces[0],
                to: spaces[1],
                key: String(repeating: "07", count: 32),
                seconds: 2
            )
            let numbers = try flood.finish(within: 10)
            report("\(kind): \(numbers)")
            #expect((numbers["rate"] ?? 0) > 8000, "\(numbers)")
        }

        @Test(.timeLimit(.minutes(3)), arguments: FrameTool.Flood.allCases)
        func aFloodKeepsNobodyOutAndSlowsNobodyDown(kind: FrameTool.Flood) throws {
            let scene = try Scene()

            let before = scene.pair.listener.processorSeconds
            let began = monotonicSeconds()
            let flood = try scene.flood(kind)
            let ping = try PingWatch(from: scene.pair.dialler.space, to: scene.pair.addresses[1])
            Thread.sleep(forTimeInterval: 2)
            let used = scene.pair.listener.processorSeconds - before
            let share = used / (monotonicSeconds() - began)
            let newcomer = try join(scene)
            let rates = try rates(scene)
            let lost = ping.stop()
            let numbers = try flood.finish(within: 20)
            let ratio = rates.map(\.flooded).reduce(0, +) / rates.map(\.usual).reduce(0, +)
            report(
                String(
                    format: "\(kind) at %.0f/s: %.2f of the throughput (%@), processor %.0f %%, "
                        + "%.2f %% lost, newcomer %.2f s",
                    numbers["rate"] ?? 0,
                    ratio,
                    rates.map { String(format: "%.2f", $0.flooded / $0.usual) }
                        .joined(separator: " "),
                    share * 100,
                    lost * 100,
                    newcomer
                )
            )
            #expect((numbers["rate"] ?? 0) > 8000, "\(numbers)")
            #expect(lost < 0.01)
            #expect(ratio >= 0.8)
            #expect(newcomer < 5)
            let peers = try scene.pair.listener.peers().filter(\.isConnected)
            #expect(peers.count == 2, "the dialler and the newcomer: \(peers)")
        }

        /// The rate of one connection with the flood dropped just before it gets to the node, and with
        /// the flood at the node, by turns: whatever else swings on the machine swings in both.
        private func rates(_ scene: Scene) throws -> [(usual: Double, flooded: Double)] {
            let load = try Throughput(
                from: scene.pair.dialler.space,
                to: scene.pair.listener.space,
                address: scene.pair.addresses[1],
                seconds: 60
            )
            Thread.sleep(forTimeInterval: 1)
            return try withExtendedLifetime(load) {
                try (0..<Self.rounds).map { _ in
                    try scene.shield(true)
                    let usual = try scene.rate()
                    try scene.shield(false)
                    return (usual, try scene.rate())
                }
            }
        }

        /// A node that nobody knew, from its start to the first answer; seconds.
        private func join(_ scene: Scene) throws -> Double {
            let lab = scene.pair.lab
            let space = try lab.space("late")
            let link = try lab.join(scene.pair.listener.space, space)
            let peer = "udp://[\(link.address(in: scene.pair.listener.space))]:9652"
            let options = NodeOptions(peers: [peer], listens: false)
            let began = monotonicSeconds()
            try lab.node(space, options).startAndWait()
            try space.waitToReach(scene.pair.addresses[1], seconds: 20)
            return monotonicSeconds() - began
        }
    }
}
