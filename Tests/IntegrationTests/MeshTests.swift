// SPDX-License-Identifier: Apache-2.0

import Foundation
import HyphaLab
import Testing

extension Integration {
    /// Rings, stars, partitions and LANs.
    @Suite(.serialized) struct MeshTests {
        /// Five nodes; the short way from n0 to n2 is over n1.
        ///
        ///     n0 - n1 - n2
        ///      \        /
        ///       n4 -- n3
        @Test(.timeLimit(.minutes(2)))
        func aRingGoesTheOtherWayWhenAnInterfaceGoesDown() throws {
            let mesh = try Mesh.ring(5)
            try mesh.waitToReach(from: 0, to: 2)
            let ping = try PingWatch(from: mesh.spaces[0], to: mesh.addresses[2])
            Thread.sleep(forTimeInterval: 2)
            let cut = wallSeconds()
            // n0 - n1, the first step of the short way.
            try mesh.lab.set(mesh.links[0], at: mesh.spaces[0], isUp: false)
            let pause = try ping.longestPause(since: cut, within: 90)
            report(String(format: "ring of 5, interface down: recovered after %.3f s", pause))
            #expect(pause < 5)
            try mesh.lab.set(mesh.links[0], at: mesh.spaces[0], isUp: true)
            let steady = wallSeconds()
            Thread.sleep(forTimeInterval: 5)
            #expect(try ping.longestPause(since: steady, within: 30) < 2)
        }

        @Test(.timeLimit(.minutes(3)))
        func aRingGoesTheOtherWayWhenALinkIsSilent() throws {
            let mesh = try Mesh.ring(5)
            try mesh.waitToReach(from: 0, to: 2)
            let ping = try PingWatch(from: mesh.spaces[0], to: mesh.addresses[2])
            Thread.sleep(forTimeInterval: 2)
            let cut = wallSeconds()
            try mesh.lab.silence(mesh.links[0])
            let pause = try ping.longestPause(since: cut, within: 100)
            report(String(format: "ring of 5, silent loss: recovered after %.1f s", pause))
            // A Hello every 20 s: the base's own figure is 31 to 46 s.
            #expect(pause < 50)
        }

        /// One hub, eleven leaves; the last one comes late, and one leaves.
        @Test(.timeLimit(.minutes(2)))
        func aStarOfTwelveTakesANodeAndLosesOne() throws {
            let leaves = 1..<11
            let mesh = try Mesh(11, leaves.map { (0, $0) })
            for leaf in leaves.dropFirst() { try mesh.waitToReach(from: 1, to: leaf) }
            let hub = mesh.spaces[0]
            let lateSpace = try mesh.lab.space("late")
            let link = try mesh.lab.join(hub, lateSpace)
            let late = try mesh.lab.node(
                lateSpace,
                NodeOptions(peers: ["tcp://[\(link.address(in: hub))]:9651"])
            )
            let began = wallSeconds()
            let address = try late.startAndWait()
            try mesh.spaces[5].waitToReach(address, seconds: 10)
            report(
                String(
                    format: "star of 12: a leaf reached %.2f s after exec",
                    wallSeconds() - began
                )
            )
            let ping = try PingWatch(from: mesh.spaces[1], to: mesh.addresses[2])
            Thread.sleep(forTimeInterval: 1)
            #expect(late.stop())
            let left = try mesh.spaces[5].run(["ping", "-6", "-n", "-c1", "-W5", address])
            #expect(!left.isSuccess)
            Thread.sleep(forTimeInterval: 1)
            #expect(ping.stop() < 0.01)
        }

        /// n0 - n1 = n2 - n3: the link in the middle goes and comes back.
        @Test(.timeLimit(.minutes(3)))
        func aPartitionHeals() throws {
            let mesh = try Mesh.line(4)
            try mesh.waitToReach(from: 0, to: 3)
            try mesh.lab.set(mesh.links[1], at: mesh.spaces[1], isUp: false)
            Thread.sleep(forTimeInterval: 2)
            #expect(try !mesh.spaces[0].reaches(mesh.addresses[3]))
            // Each half lives on.
            #expect(try mesh.spaces[0].reaches(mesh.addresses[1]))
            #expect(try mesh.spaces[3].reaches(mesh.addresses[2]))
            try mesh.lab.set(mesh.links[1], at: mesh.spaces[1], isUp: true)
            let healed = try mesh.waitToReach(from: 0, to: 3, seconds: 60)
            report(String(format: "partition healed %.2f s after the link", healed))
            #expect(healed < 15)
        }

        /// Two bridges and one node on both; nobody is told an address.
        @Test(.timeLimit(.minutes(2)))
        func twoLANsFindTogetherByDiscoveryAlone() throws {
            let lab = try Lab()
            let spaces = try ["left", "left2", "both", "right"].map(lab.space)
            try lab.lan("lan1", [spaces[0], spaces[1], spaces[2]])
            try lab.lan("lan2", [spaces[2], spaces[3]])
            let nodes = try spaces.map { try lab.node($0, NodeOptions(discovers: true)) }
            for node in nodes { try node.start() }
            let addresses = try nodes.map { try $0.address() }
            let seconds = try spaces[0].waitToReach(addresses[3], seconds: 60)
            report(String(format: "two LANs: found across the router in %.2f s", seconds))
            try spaces[3].waitToReach(addresses[1], seconds: 20)
            try spaces[1].waitToReach(addresses[0], seconds: 20)
        }
    }
}
