// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HyphaLab
import Testing

extension Integration {
    /// What an operator types, against running nodes.
    @Suite(.serialized) struct OperatorTests {
        @Test(.timeLimit(.minutes(1)))
        func statusPeersAndRoutesDescribeTheMesh() throws {
            let mesh = try Mesh.line(3)
            try mesh.waitToReach(from: 0, to: 2)
            let node = mesh.nodes[0]
            let status = try node.command("status")
            #expect(status.isSuccess, "\(status.errors)")
            #expect(status.output.contains(mesh.addresses[0]), "\(status.output)")
            let peers = try node.command("peers", "list")
            #expect(peers.output.contains(mesh.links[0].address(in: mesh.spaces[1])), "\(peers)")
            let routes = try node.command("routes", "selected")
            let subnet = mesh.addresses[2].split(separator: ":").prefix(2).joined(separator: ":")
            #expect(routes.output.contains(subnet), "\(routes)")
            for words in [
                ["status"], ["peers", "list"], ["routes", "selected"], ["routes", "fallback"],
            ] {
                let answer = try mesh.spaces[0].run(
                    [mesh.lab.program] + words + ["--json", "--control", node.controlPath]
                )
                #expect(answer.isSuccess, "\(words): \(answer.errors)")
                #expect(throws: Never.self, "\(words): \(answer.output)") {
                    _ = try JSONSerialization.jsonObject(with: Data(answer.output.utf8))
                }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func aScriptNeedsOnlyNetcat() throws {
            let lab = try Lab()
            let node = try lab.node(lab.space("a"))
            let address = try node.startAndWait()
            let request = #"{"jsonrpc":"2.0","id":7,"method":"status"}"#
            let answer = try node.space.run([
                "sh", "-c", "printf '%s\\n' '\(request)' | nc -U -N \(node.controlPath)",
            ])
            let object = try JSONSerialization.jsonObject(with: Data(answer.output.utf8))
            let fields = try #require(object as? [String: Any])
            #expect(fields["id"] as? Int == 7)
            #expect(fields["jsonrpc"] as? String == "2.0")
            #expect(answer.output.contains(address), "\(answer.output)")
            let attributes = try FileManager.default.attributesOfItem(atPath: node.controlPath)
            #expect((attributes[.posixPermissions] as? Int).map { $0 & 0o007 } == 0)
        }

        @Test(.timeLimit(.minutes(1)))
        func aPeerAddedByCommandIsDialledAndOneRemovedIsLeft() throws {
            let lab = try Lab()
            let spaces = try ["a", "b"].map(lab.space)
            let link = try lab.join(spaces[0], spaces[1])
            let nodes = try spaces.map { try lab.node($0) }
            let addresses = try nodes.map { try $0.startAndWait() }
            let peer = "tcp://[\(link.address(in: spaces[1]))]:9651"
            #expect(try !spaces[0].reaches(addresses[1]))
            let added = try nodes[0].command("peers", "add", peer)
            #expect(added.isSuccess, "\(added.errors)")
            try spaces[0].waitToReach(addresses[1], seconds: 5)
            let removed = try nodes[0].command("peers", "remove", peer)
            #expect(removed.isSuccess, "\(removed.errors)")
            _ = try wait(for: "the link is given up", seconds: 5) {
                try spaces[0].reaches(addresses[1]) ? nil : true
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func exitCodesTellWhatToDo() throws {
            let lab = try Lab()
            let node = try lab.node(lab.space("a"))
            let nobody = try node.command("status")
            #expect(nobody.status == 3, "\(nobody)")
            #expect(!nobody.errors.isEmpty)
            let wrong = try node.command("sattus")
            #expect(wrong.status == 2, "\(wrong)")
            let good = node.folder + "/good.toml"
            try "peers = []\n".write(toFile: good, atomically: true, encoding: .utf8)
            #expect(try node.command("config", "check", good).status == 0)
            let bad = node.folder + "/bad.toml"
            try "\npeers = 7\n".write(toFile: bad, atomically: true, encoding: .utf8)
            let refused = try node.command("config", "check", bad)
            #expect(refused.status == 1, "\(refused)")
            #expect(refused.errors.contains("bad.toml:2"), "\(refused.errors)")
            #expect(refused.errors.contains("peers"), "\(refused.errors)")
        }

        @Test(.timeLimit(.minutes(1)))
        func withoutTheRightToADeviceBothWaysOutAreNamed() throws {
            let lab = try Lab()
            let space = try lab.space("a")
            let node = try lab.node(
                space,
                NodeOptions(wrapper: [
                    "setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin",
                ])
            )
            try node.start()
            let process = try #require(node.process)
            #expect(process.waits(seconds: 5))
            #expect(process.status == 1)
            #expect(node.log.contains("--no-tun"), "\(node.log)")
            #expect(node.log.lowercased().contains("cap_net_admin"), "\(node.log)")
        }

        /// Generous bounds; the figures themselves come from `make bench-startup`.
        @Test(.timeLimit(.minutes(1)))
        func aNodeIsPartOfTheMeshAtOnce() throws {
            let mesh = try Mesh.line(2)
            try mesh.waitToReach(from: 1, to: 0)
            let space = try mesh.lab.space("late")
            let link = try mesh.lab.join(mesh.spaces[1], space)
            let peer = "tcp://[\(link.address(in: mesh.spaces[1]))]:9651"
            let late = try mesh.lab.node(space, NodeOptions(peers: [peer]))
            // Once for its key, so that its address is known.
            let address = try late.startAndWait()
            late.stop()
            let ping = try PingWatch(from: mesh.spaces[0], to: address, interval: 0.005)
            Thread.sleep(forTimeInterval: 1)
            let exec = wallSeconds()
            try late.start()
            let seconds = try ping.firstAnswer(after: exec, within: 10)
            report(String(format: "joined a line of 3 in %.3f s", seconds))
            #expect(seconds < 1)
        }
    }
}
