// SPDX-License-Identifier: Apache-2.0

import Foundation
import HyphaBase
import HyphaLab
import Testing

extension Integration {
    /// Nodes that speak only the base protocol among those that speak ours, and sessions through them.
    @Suite(.serialized) struct SealedMixTests {
        private static let plain = NodeOptions(listens: true, arguments: ["--base-protocol-only"])

        /// A line of three; `plain` speaks only the base protocol, the others prefer UDP.
        private func line(plain: Int?) throws -> Mesh {
            let mesh = try unmet(plain: plain)
            try mesh.waitToReach(from: 0, to: 2)
            try mesh.waitToReach(from: 2, to: 0)
            return mesh
        }

        /// The same, before the ends have sent each other anything.
        private func unmet(plain: Int?) throws -> Mesh {
            try Mesh.line(
                3,
                options: { $0 == plain ? Self.plain : SealedPair.standard },
                dials: { number, address in
                    // The node dialled is the one before.
                    [number, number - 1].contains(plain)
                        ? "tcp://[\(address)]:9651" : "udp://[\(address)]:9652"
                }
            )
        }

        /// Packets of 1400 bytes both ways between all, and a transfer each way.
        private func carriesFullSize(_ mesh: Mesh) throws {
            for (from, to) in [(0, 1), (1, 0), (1, 2), (2, 1), (0, 2), (2, 0)] {
                try mesh.waitToReach(from: from, to: to)
                for hint in ["dont", "do"] {
                    // 40 bytes of IPv6, 8 of ICMP.
                    let options = ["-M", hint, "-s", "1352"]
                    let space = mesh.spaces[from]
                    // The first ones may tell their sender, here or there, of a smaller path MTU.
                    _ = try space.run(
                        ["ping", "-6", "-n", "-i", "0.1", "-c", "3"] + options
                            + [mesh.addresses[to]]
                    )
                    let pings = try space.ping(
                        mesh.addresses[to],
                        count: 4,
                        interval: 0.1,
                        options: options
                    )
                    let told = pings.text.lowercased()
                    let isRefused = told.contains("too long") || told.contains("too big")
                    let ways = "n\(from) to n\(to), \(hint): \(told) \(mesh.losses)"
                    #expect(pings.isWhole || hint == "do" && isRefused, "\(ways)")
                }
            }
            for (from, to) in [(0, 2), (2, 0)] {
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

        @Test(.timeLimit(.minutes(2)), arguments: [0, 1, 2])
        func aBaseNodeInAnyPlaceOfALineCarriesFullSizePackets(place: Int) throws {
            let mesh = try line(plain: place)
            try carriesFullSize(mesh)
            let carriers = try mesh.nodes.map { try $0.peers().map(\.carrier) }
            report("base node at \(place): carriers \(carriers)")
            let neighbours = carriers[place].count
            #expect(carriers[place] == [String](repeating: "tcp", count: neighbours))
            // Where the other two are neighbours, they are so over UDP.
            if place != 1 { #expect(carriers[1].sorted() == ["tcp", "udp"], "\(carriers)") }
        }

        /// n0 - n1 - n2 and n0 - n2 over UDP, with n1 of the base.
        @Test(.timeLimit(.minutes(2)))
        func aBaseNodeBetweenTwoThatAreJoinedOverUDPToo() throws {
            let mesh = try Mesh(
                3,
                [(0, 1), (1, 2), (0, 2)],
                options: { $0 == 1 ? Self.plain : SealedPair.standard },
                dials: { _, address in "tcp://[\(address)]:9651" }
            )
            try mesh.waitToReach(from: 0, to: 2)
            try mesh.nodes[0].waitForCarrier("udp", within: 20)
            try carriesFullSize(mesh)
            // And by way of the base node when the direct link is gone.
            let ping = try PingWatch(from: mesh.spaces[0], to: mesh.addresses[2])
            Thread.sleep(forTimeInterval: 1)
            let cut = wallSeconds()
            try mesh.lab.set(mesh.links[2], at: mesh.spaces[0], isUp: false)
            let pause = try ping.longestPause(since: cut, within: 60)
            report(String(format: "from the UDP link to the base node: pause %.3f s", pause))
            #expect(pause < 5)
            try carriesFullSize(mesh)
        }

        @Test(.timeLimit(.minutes(2)), arguments: [nil, 1])
        func endsHaveASessionThroughTheNodeBetween(plain: Int?) throws {
            let mesh = try line(plain: plain)
            let nobody = try Nobody(soughtFrom: mesh.spaces[0])
            let ends = [(0, 2), (2, 0)]
            for (from, to) in ends {
                _ = try wait(
                    for: "n\(from) has a session with n\(to)",
                    seconds: 10,
                    detail: { "\((try? mesh.nodes[from].sessions()) ?? [])" }
                ) {
                    let sessions = try mesh.nodes[from].sessions()
                    let isUp = sessions.contains {
                        $0.address == mesh.addresses[to] && $0.isProtected
                    }
                    return isUp ? true : nil
                }
                let whois = try mesh.nodes[from].command("whois", mesh.addresses[to])
                let key = try mesh.nodes[to].publicKey()
                #expect(whois.isSuccess && whois.output.contains(key), "\(whois)")
            }
            try carriesFullSize(mesh)
            try tracerouteNamesTheNodeBetween(mesh)
            #expect(nobody.answer().contains("unreachable"), "\(nobody.answer())")
        }

        private func tracerouteNamesTheNodeBetween(_ mesh: Mesh) throws {
            let trace = try mesh.spaces[0].run([
                "traceroute", "-6", "-n", "-q", "1", "-w", "2", mesh.addresses[2],
            ]).output
            let hops = trace.split(separator: "\n").dropFirst().map { line in
                line.split(separator: " ").dropFirst().first.map(String.init) ?? ""
            }
            let between = try #require(IPv6Address(mesh.addresses[1]))
            let subnet = Prefix(subnetOf: between)
            #expect(hops.contains { IPv6Address($0).map(subnet.contains) ?? false }, "\(trace)")
            #expect(hops.last == mesh.addresses[2], "\(trace)")
        }

        /// The first packets wait for the handshake; none is lost, none is late.
        @Test(.timeLimit(.minutes(1)))
        func goingOverToASessionLosesNothing() throws {
            let mesh = try unmet(plain: nil)
            _ = try wait(for: "a route to the far end", seconds: 20) {
                try mesh.nodes[0].routedSubnets().count >= 2 ? true : nil
            }
            let ping = try PingWatch(from: mesh.spaces[0], to: mesh.addresses[2], interval: 0.005)
            Thread.sleep(forTimeInterval: 4)
            let first = try #require(ping.answers.first)
            #expect(first.sequence <= 2, "the first answer is to request \(first.sequence)")
            #expect(ping.stop() < 0.005)
        }

        @Test(.timeLimit(.minutes(1)))
        func aPeerThatWasMetIsForgottenByCommand() throws {
            let mesh = try line(plain: nil)
            let forgotten = try mesh.nodes[0].command("peers", "forget", mesh.addresses[2])
            #expect(forgotten.isSuccess, "\(forgotten)")
            try mesh.waitToReach(from: 0, to: 2)
        }

        /// The far end comes back without any session, and the near end does not know it.
        @Test(.timeLimit(.minutes(1)), arguments: [nil, 1])
        func aRestartedFarEndIsBackWithinTenSeconds(plain: Int?) throws {
            let mesh = try line(plain: plain)
            let ping = try PingWatch(from: mesh.spaces[0], to: mesh.addresses[2])
            Thread.sleep(forTimeInterval: 1)
            mesh.nodes[2].kill()
            let killed = wallSeconds()
            try mesh.nodes[2].startAndWait()
            let back = try ping.firstAnswer(after: killed + 0.1, within: 30)
            report(String(format: "far end restarted: session again after %.2f s", back))
            #expect(back < 10)
        }
    }
}
