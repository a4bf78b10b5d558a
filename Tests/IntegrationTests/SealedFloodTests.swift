// SPDX-License-Identifier: Apache-2.0

import Foundation
import HyphaLab
import Testing

extension Integration {
    /// Ten thousand handshake initiations a second from somebody who has no key.
    @Suite(.serialized) struct SealedFloodTests {
        private static let seconds = 12.0
        private static let rounds = 3

        /// The flooder has a link of its own to the listener, and one to a place that is nobody's.
        private struct Scene {
            let pair: SealedPair
            let flooder: Space
            let elsewhere: Space
            let links: [Lab.Link]

            init() throws {
                pair = try SealedPair()
                let lab = pair.lab
                flooder = try lab.space("flood")
                elsewhere = try lab.space("else")
                links = [
                    try lab.join(flooder, pair.listener.space), try lab.join(flooder, elsewhere),
                ]
                // Answers to forged sources go back to where they came from, and vanish.
                for (space, link) in [(pair.listener.space, links[0]), (elsewhere, links[1])] {
                    try space.ip("route", "add", "fd77::/16", "via", link.address(in: flooder))
                    try flooder.waitToReach(link.address(in: space), seconds: 5)
                }
                try pair.waitToReach()
                try pair.dialler.waitForCarrier("udp", within: 5)
            }

            func flood(_ kind: FrameTool.Flood, at number: Int) throws -> FrameTool.Running {
                try FrameTool.flood(
                    kind,
                    over: links[number],
                    from: flooder,
                    to: number == 0 ? pair.listener.space : elsewhere,
                    key: try pair.listener.publicKey(),
                    seconds: SealedFloodTests.seconds
                )
            }

            func throughput(seconds: Double) throws -> Double {
                try Throughput(
                    from: pair.dialler.space,
                    to: pair.listener.space,
                    address: pair.addresses[1],
                    seconds: seconds
                ).finish()
            }
        }

        @Test(.timeLimit(.minutes(3)), arguments: FrameTool.Flood.allCases)
        func aFloodKeepsNobodyOutAndSlowsNobodyDown(kind: FrameTool.Flood) throws {
            let scene = try Scene()

            // The same sender at the same rate, elsewhere, takes its share of the two cores. The
            // machine swings between two measurements, so their ratio is taken several times.
            var ratios: [Double] = []
            for _ in 1..<Self.rounds {
                let usual = try throughput(scene, kind, at: 1)
                ratios.append(try throughput(scene, kind, at: 0) / usual)
            }
            let usual = try throughput(scene, kind, at: 1)

            let before = scene.pair.listener.processorSeconds
            let began = monotonicSeconds()
            let flood = try scene.flood(kind, at: 0)
            let ping = try PingWatch(from: scene.pair.dialler.space, to: scene.pair.addresses[1])
            Thread.sleep(forTimeInterval: 2)
            let used = scene.pair.listener.processorSeconds - before
            let share = used / (monotonicSeconds() - began)
            let fast = try scene.throughput(seconds: 3)
            let newcomer = try join(scene)
            let lost = ping.stop()
            let numbers = try flood.finish(within: 20)
            ratios.append(fast / usual)
            let ratio = ratios.sorted()[ratios.count / 2]
            report(
                String(
                    format: "\(kind) at %.0f/s: %.2f of the throughput (%@), processor %.0f %%, "
                        + "%.2f %% lost, newcomer %.2f s",
                    numbers["rate"] ?? 0,
                    ratio,
                    ratios.map { String(format: "%.2f", $0) }.joined(separator: " "),
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

        private func throughput(
            _ scene: Scene,
            _ kind: FrameTool.Flood,
            at number: Int
        ) throws -> Double {
            let flood = try scene.flood(kind, at: number)
            let rate = try scene.throughput(seconds: 3)
            try flood.stop()
            return rate
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
