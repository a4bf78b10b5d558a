// SPDX-License-Identifier: Apache-2.0

import Foundation
import HyphaBase
import HyphaLab
import Testing

extension Integration {
    /// What nodes do when somebody would have base bodies in place of a session.
    ///
    /// In all lines n1 speaks only the base protocol.
    @Suite(.serialized) struct SealedPolicyTests {
        private static let plain = NodeOptions(listens: true, arguments: ["--base-protocol-only"])
        private static let transitPort = 7651

        /// How n0 protects packets to a node.
        private func state(_ mesh: Mesh, towards number: Int) throws -> String {
            try mesh.nodes[0].sessions().first { $0.address == mesh.addresses[number] }?.state ?? ""
        }

        private func waitForSession(_ mesh: Mesh) throws {
            _ = try wait(for: "n0 has a session with n2", seconds: 20) {
                try state(mesh, towards: 2) == "session" ? true : nil
            }
        }

        @Test(.timeLimit(.minutes(3)))
        func whoWasMetIsNotSpokenToWithoutASessionWhateverIsInBetween() throws {
            let mesh = try Mesh.line(
                3,
                options: { $0 == 1 ? Self.plain : SealedPair.standard },
                dials: { number, address in
                    "tcp://[\(address)]:\(number == 1 ? Self.transitPort : 9651)"
                }
            )
            let mode = mesh.lab.folder.path("mode")
            try "".write(toFile: mode, atomically: true, encoding: .utf8)
            let transit = try FrameTool.transit(
                in: mesh.spaces[0],
                port: Self.transitPort,
                to: 9651,
                key: try mesh.nodes[2].publicKey(),
                mode: mode
            )
            try mesh.waitToReach(from: 0, to: 2, seconds: 40)
            try waitForSession(mesh)

            try "marker handshakes".write(toFile: mode, atomically: true, encoding: .utf8)
            // Both have lost their session, and remember each other.
            for number in [0, 2] {
                mesh.nodes[number].kill()
                try mesh.nodes[number].startAndWait()
            }
            _ = try wait(for: "routes to both", seconds: 40) {
                // Its control socket may not be there yet.
                let subnets = try? mesh.nodes[0].routedSubnets()
                return (subnets?.count ?? 0) >= 2 ? true : nil
            }
            let ping = try mesh.spaces[0].run([
                "ping", "-6", "-n", "-c", "8", "-W", "1", mesh.addresses[2],
            ])
            #expect(!ping.output.contains("bytes from"), "\(ping.output)")
            #expect(try state(mesh, towards: 2) == "holding")

            try "marker".write(toFile: mode, atomically: true, encoding: .utf8)
            try mesh.waitToReach(from: 0, to: 2, seconds: 60)
            #expect(try state(mesh, towards: 2) == "session")
            let numbers = try transit.stop()
            #expect((numbers["erased"] ?? 0) > 0 && (numbers["dropped"] ?? 0) > 0, "\(numbers)")
        }

        @Test(.timeLimit(.minutes(2)))
        func whoRequiresSessionsRefusesEverythingElse() throws {
            let strict = NodeOptions(listens: false, arguments: ["--require-sessions"])
            let mesh = try Mesh.line(
                3,
                options: { [strict, Self.plain, SealedPair.standard][$0] },
                dials: { _, address in "tcp://[\(address)]:9651" }
            )
            try mesh.waitToReach(from: 0, to: 2, seconds: 40)
            try mesh.waitToReach(from: 2, to: 0)
            #expect(try state(mesh, towards: 2) == "session")
            // The first packets wait for a handshake, which takes its 20 s to fail.
            let ping = try mesh.spaces[0].run([
                "ping", "-6", "-n", "-c", "30", "-W", "1", mesh.addresses[1],
            ])
            let told = ping.output + ping.errors
            #expect(told.lowercased().contains("prohibited"), "\(told)")
            #expect(!told.contains("bytes from"), "\(told)")
            #expect(try !mesh.spaces[1].reaches(mesh.addresses[0]))
            #expect(try mesh.nodes[0].refusals().keys.contains("unprotected"))
            try mesh.waitToReach(from: 0, to: 2)
        }
    }
}
