// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HyphaLab
import Testing

extension Integration {
    /// Starting, ending, being told and being watched.
    @Suite(.serialized) struct LifecycleTests {
        private let tunRoutes = ["ip", "-6", "route", "show", "dev", LabNode.device]

        @Test(.timeLimit(.minutes(1)))
        func sigtermTakesDeviceRoutesAndSocketAway() throws {
            let lab = try Lab()
            let node = try lab.node(lab.space("a"))
            try node.startAndWait()
            #expect(try node.space.run(tunRoutes).output.contains("400::/7"))
            _ = try wait(for: "the control socket", seconds: 5) {
                FileManager.default.fileExists(atPath: node.controlPath) ? true : nil
            }
            let began = monotonicSeconds()
            #expect(node.stop())
            #expect(monotonicSeconds() - began < 2)
            #expect(node.process?.status == 0)
            #expect(try !node.space.interfaces().contains(LabNode.device))
            #expect(!FileManager.default.fileExists(atPath: node.controlPath))
        }

        @Test(.timeLimit(.minutes(1)))
        func aKilledNodeLeavesNothingInTheWayOfItsNextStart() throws {
            let mesh = try Mesh.line(2)
            try mesh.waitToReach(from: 1, to: 0)
            let first = mesh.addresses[0]
            mesh.nodes[0].kill()
            _ = try wait(for: "the kernel takes the device away", seconds: 2) {
                try mesh.spaces[0].interfaces().contains(LabNode.device) ? nil : true
            }
            #expect(try !mesh.spaces[0].ip("-6", "route").contains("400::/7"))
            #expect(try mesh.nodes[0].startAndWait() == first, "the key is kept")
            let back = try mesh.waitToReach(from: 1, to: 0, seconds: 10)
            report(String(format: "killed listener reachable %.2f s after its restart", back))
            #expect(back < 5)
            #expect(mesh.nodes[0].stop())
        }

        /// Of a node that goes the device is waited for, of one that stays it is not to be had.
        @Test(.timeLimit(.minutes(1)))
        func aDeviceThatAnotherNodeKeepsIsNamed() throws {
            let lab = try Lab()
            let node = try lab.node(lab.space("a"))
            try node.startAndWait()
            let second = try node.space.run(
                [
                    lab.program, "run", "--config", "/dev/null", "--state-dir",
                    lab.folder.path("second"), "--tun-name", LabNode.device, "--no-discovery",
                ],
                within: 10
            )
            #expect(second.status == 1, "\(second)")
            #expect(second.errors.contains("\(LabNode.device) is in use"), "\(second.errors)")
            #expect(second.errors.contains("waiting for it"), "\(second.errors)")
            #expect(node.process?.isRunning == true)
        }

        @Test(.timeLimit(.minutes(1)))
        func theKeyFileIsPrivateAndNeverReplaced() throws {
            let lab = try Lab()
            let node = try lab.node(lab.space("a"))
            let address = try node.startAndWait()
            node.stop()
            let key = node.folder + "/key"
            let attributes = try FileManager.default.attributesOfItem(atPath: key)
            #expect((attributes[.posixPermissions] as? Int) == 0o600)
            let before = FileManager.default.contents(atPath: key)
            #expect(before?.count == 32)
            // One that others can read is used, with a warning.
            try Shell.must("chmod", "644", key)
            #expect(try node.startAndWait() == address)
            #expect(FileManager.default.contents(atPath: key) == before)
            _ = try wait(for: "a warning about the key file", seconds: 2) {
                node.log.contains("key file can be read by others") ? true : nil
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func theServiceManagerHearsOfReadinessAndOfLife() throws {
            let lab = try Lab()
            let space = try lab.space("a")
            let manager = try ServiceManagerStub(in: space)
            let node = try lab.node(
                space,
                NodeOptions(environment: [
                    "NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "1000000",
                ])
            )
            try node.start()
            try manager.waitFor("READY=1", seconds: 5)
            #expect(
                try space.interfaces().contains(LabNode.device),
                "ready before the device is up"
            )
            Thread.sleep(forTimeInterval: 3)
            // At least once in half of the watchdog's time.
            #expect(manager.count(of: "WATCHDOG=1") >= 5, "\(manager.received)")
            node.stop()
            try manager.waitFor("STOPPING=1", seconds: 2)
        }

        @Test(.timeLimit(.minutes(1)))
        func sighupReadsTheConfigurationAgain() throws {
            let lab = try Lab()
            let spaces = try ["a", "b"].map(lab.space)
            let link = try lab.join(spaces[0], spaces[1])
            let listener = try lab.node(spaces[0])
            let target = try listener.startAndWait()
            let node = try lab.node(spaces[1], NodeOptions(configuration: "peers = []\n"))
            try node.startAndWait()
            #expect(try !spaces[1].reaches(target))

            // A mistake keeps what was there, and is named with file, line and key.
            node.options.configuration = "peers = []\nlog-levle = \"debug\"\n"
            try node.writeConfiguration()
            node.process?.send(SIGHUP)
            _ = try wait(for: "the mistake is named", seconds: 5, detail: { node.logTail }) {
                node.log.contains("hypha.toml:2") && node.log.contains("log-levle") ? true : nil
            }
            #expect(node.process?.isRunning == true)

            let peer = "tcp://[\(link.address(in: spaces[0]))]:9651"
            node.options.configuration = "peers = [\"\(peer)\"]\n"
            try node.writeConfiguration()
            node.process?.send(SIGHUP)
            try spaces[1].waitToReach(target, seconds: 10)
        }

        @Test(.timeLimit(.minutes(1)))
        func aHostNameIsResolvedAgainAtEachAttempt() throws {
            let lab = try Lab()
            let spaces = try ["a", "b"].map(lab.space)
            let link = try lab.join(spaces[0], spaces[1])
            let listener = try lab.node(spaces[0])
            let target = try listener.startAndWait()
            // `ip netns exec` shows /etc/netns/NAME/hosts as /etc/hosts.
            let folder = "/etc/netns/\(spaces[1].systemName)"
            try Shell.must("mkdir", "-p", folder)
            defer { _ = try? Shell.run(["rm", "-r", folder]) }
            let hosts = folder + "/hosts"
            try "::1 localhost\n\(link.address(in: spaces[1])) peer.example\n"
                .write(toFile: hosts, atomically: false, encoding: .utf8)
            let node = try lab.node(
                spaces[1],
                NodeOptions(
                    peers: ["tcp://peer.example:9651"],
                    listens: false,
                    configuration: "listen = []\n"
                )
            )
            try node.startAndWait()
            Thread.sleep(forTimeInterval: 1)
            #expect(try !spaces[1].reaches(target))
            try "::1 localhost\n\(link.address(in: spaces[0])) peer.example\n"
                .write(toFile: hosts, atomically: false, encoding: .utf8)
            try spaces[1].waitToReach(target, seconds: 10)
        }
    }
}
