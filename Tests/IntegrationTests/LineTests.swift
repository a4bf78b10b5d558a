// SPDX-License-Identifier: Apache-2.0

import Foundation
import HyphaBase
import HyphaLab
import Testing

extension Integration {
    /// n0 - n1 - n2.
    @Suite(.serialized) struct LineTests {
        @Test(.timeLimit(.minutes(3)))
        func aLineOfThreeCarriesPingsAndAWholeTransfer() throws {
            let mesh = try Mesh.line(3)
            let joined = try mesh.waitToReach(from: 0, to: 2)
            report(String(format: "line of 3 joined after %.2f s", joined))
            let pings = try mesh.spaces[0].ping(mesh.addresses[2], count: 50, interval: 0.02)
            #expect(pings.isWhole, "\(pings.text)")
            for (from, to) in [(0, 2), (2, 0)] {
                let transfer = try Transfer.run(
                    byteCount: 100 << 20,
                    from: mesh.spaces[from],
                    to: mesh.spaces[to],
                    address: mesh.addresses[to]
                )
                #expect(transfer.isIntact, "n\(from) to n\(to): \(transfer)")
                report(
                    String(format: "100 MiB from n%d to n%d in %.2f s", from, to, transfer.seconds)
                )
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func tracerouteAndMtrNameTheNodeBetween() throws {
            let mesh = try Mesh.line(3)
            try mesh.waitToReach(from: 0, to: 2)
            let trace = try mesh.spaces[0].run([
                "traceroute", "-6", "-n", "-q", "1", "-w", "2", mesh.addresses[2],
            ]).output
            let hops = trace.split(separator: "\n").dropFirst().map { line in
                line.split(separator: " ").dropFirst().first.map(String.init) ?? ""
            }
            // The base counts the sender and both tests of the destination as hops; a node reports
            // from the first address of its subnet.
            let between = try #require(IPv6Address(mesh.addresses[1]))
            let subnet = Prefix(subnetOf: between)
            #expect(
                hops.contains { IPv6Address($0).map(subnet.contains) ?? false },
                "\(trace)"
            )
            #expect(hops.last == mesh.addresses[2], "\(trace)")
            #expect(hops.count <= 4, "\(trace)")
            let mtr = try mesh.spaces[0].run([
                "mtr", "-6", "-n", "-r", "-w", "-c", "2", "-i", "0.2", mesh.addresses[2],
            ])
            #expect(mtr.output.contains("\(subnet.address)"), "\(mtr.output)\(mtr.errors)")
            #expect(mtr.output.contains(mesh.addresses[2]), "\(mtr.output)")
        }

        @Test(.timeLimit(.minutes(1)))
        func largePingsAndRefusalsCrossTheLine() throws {
            let mesh = try Mesh.line(3)
            try mesh.waitToReach(from: 0, to: 2)
            let nobody = try Nobody(soughtFrom: mesh.spaces[0])
            // 1400 bytes on the device: 40 of IPv6, 8 of ICMP.
            for options in [["-M", "do", "-s", "1352"], ["-s", "4000"]] {
                let pings = try mesh.spaces[0].ping(
                    mesh.addresses[2],
                    count: 3,
                    interval: 0.1,
                    options: options
                )
                #expect(pings.isWhole, "\(options): \(pings.text) \(mesh.losses)")
            }
            #expect(nobody.answer().contains("unreachable"), "\(nobody.answer())")
        }

        @Test(.timeLimit(.minutes(1)))
        func aNodeWithoutADeviceRoutesForOthers() throws {
            let mesh = try Mesh.line(3) { NodeOptions(hasTUN: $0 != 1) }
            try mesh.waitToReach(from: 0, to: 2)
            let transfer = try Transfer.run(
                byteCount: 4 << 20,
                from: mesh.spaces[0],
                to: mesh.spaces[2],
                address: mesh.addresses[2]
            )
            #expect(transfer.isIntact, "\(transfer)")
            #expect(try !mesh.spaces[1].interfaces().contains(LabNode.device))
        }

        @Test(.timeLimit(.minutes(1)))
        func udpOfEverySizeArrivesWhole() throws {
            // At a rate at which the receiver's socket holds what comes while its processor is away
            // for a quarter of a second, as those of shared machines are.
            let mesh = try Mesh.line(3)
            try mesh.waitToReach(from: 0, to: 2)
            let server = try mesh.spaces[2].start(["iperf3", "-s", "-p", "5998", "-1"])
            Thread.sleep(forTimeInterval: 0.5)
            let client = try mesh.spaces[0].run([
                "iperf3", "-6", "-c", mesh.addresses[2], "-p", "5998", "-u", "-b", "4M", "-l",
                "1300",
                "-t", "3", "-J",
            ])
            server.terminate()
            struct Report: Decodable {
                struct End: Decodable { let sum: Sum }
                struct Sum: Decodable { let lost_percent: Double }
                let end: End
            }
            let text = Data(client.output.utf8)
            let lost = try JSONDecoder().decode(Report.self, from: text).end.sum.lost_percent
            report(String(format: "4 Mbit/s of UDP over a line of 3: %.2f %% lost", lost))
            #expect(lost < 1, "\(mesh.losses)")
        }
    }
}
