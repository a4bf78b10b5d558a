// SPDX-License-Identifier: Apache-2.0

import Foundation
import HyphaBase
import HyphaCrypto
import HyphaLab
import HyphaSession
import Testing

extension Integration {
    /// Real frames, recorded, sent again, changed, forged and attacked with stolen keys.
    @Suite(.serialized) struct SealedFrameTests {
        private func made(
            _ url: (String, String) -> String = { address, _ in "udp://[\(address)]:9652" },
            options: (Int) -> NodeOptions = { _ in SealedPair.standard }
        ) throws -> SealedPair {
            let pair = try SealedPair(url: url, options: options)
            try pair.waitToReach()
            return pair
        }

        private func answersAll(_ pair: SealedPair, count: Int) throws {
            let pings = try pair.dialler.space.ping(pair.addresses[1], count: count, interval: 0.02)
            #expect(pings.isWhole, "\(pings.text)")
        }

        @Test(.timeLimit(.minutes(1)))
        func recordedFramesSentAgainAreDroppedAndCounted() throws {
            let pair = try made()
            try pair.dialler.waitForCarrier("udp", within: 5)
            let file = try pair.captured("recorded") {
                try answersAll(pair, count: 50)
            }
            let before = try pair.listener.refusalCount()
            let echoes = try pair.listener.space.networkCounter("Icmp6InEchos")
            let sent = try FrameTool.replay(
                file,
                by: pair.middle.interface(towards: 1),
                in: pair.middle.space,
                to: pair.middle.address(of: 1)
            )
            #expect(sent >= 50)
            Thread.sleep(forTimeInterval: 0.5)
            let counted = try pair.listener.refusalCount() - before
            let delivered = try pair.listener.space.networkCounter("Icmp6InEchos") - echoes
            report("\(sent) frames sent again: \(delivered) delivered, \(counted) counted")
            #expect(delivered == 0)
            #expect(counted >= sent, "\(pair.listener.refusalList)")
            try answersAll(pair, count: 10)
        }

        /// Every frame of a ping is held back, sent with a bit flipped, then as it was.
        @Test(.timeLimit(.minutes(1)))
        func aFlippedBitAnywhereIsDropped() throws {
            let pair = try made()
            try pair.dialler.waitForCarrier("udp", within: 5)
            let first = try echoes(pair)
            let file = pair.lab.folder.path("held")
            let capture = try FrameTool.capture(
                pair.middle.interface(towards: 0),
                in: pair.middle.space,
                to: file
            )
            // Twenty requests within a tenth of a second, before anybody finds the path dead.
            try pair.middle.change { $0.blocksUDP = true }
            try pair.dialler.space.run([
                "ping", "-6", "-n", "-c", "20", "-i", "0.004", "-W", "0.1", "-q",
                pair.addresses[1],
            ])
            try pair.middle.change { $0.blocksUDP = false }
            try capture.stop()
            let held = CapturedPacket.read(file).filter {
                $0.transport == .udp && "\($0.destination)" == pair.middle.address(of: 1)
            }
            #expect(held.count >= 20)
            let unsent = try echoes(pair) - first
            #expect(unsent == 0)
            let before = try pair.listener.refusalCount()
            // Captured at one side, so the link layer's addresses are those of that side.
            let sent = try forward(held, pair, flipping: true, rounds: 20)
            Thread.sleep(forTimeInterval: 0.5)
            let counted = try pair.listener.refusalCount() - before
            let delivered = try echoes(pair) - first
            report("\(sent) flipped frames: \(delivered) delivered, \(counted) counted")
            #expect(delivered == 0)
            #expect(Double(counted) >= 0.95 * Double(sent), "\(pair.listener.refusalList)")
            // The same frames unchanged: they were not what was wrong.
            _ = try forward(held, pair, flipping: false, rounds: 1)
            Thread.sleep(forTimeInterval: 0.5)
            let genuine = try echoes(pair) - first
            #expect(genuine >= 20)
        }

        /// Echo requests that the listener's host has received.
        private func echoes(_ pair: SealedPair) throws -> Int {
            try pair.listener.space.networkCounter("Icmp6InEchos")
        }

        /// Sends UDP payloads from the middle under the dialler's address.
        private func forward(
            _ packets: [CapturedPacket],
            _ pair: SealedPair,
            flipping: Bool,
            rounds: Int
        ) throws -> Int {
            let lines = packets.map { packet in
                let hex = packet.payload.map { String(format: "%02x", $0) }.joined()
                return "\(packet.sourcePort) \(packet.destinationPort) \(hex)"
            }
            let file = pair.lab.folder.path("payloads")
            try lines.joined(separator: "\n").write(
                toFile: file,
                atomically: true,
                encoding: .utf8
            )
            let script = """
                import random, socket, time
                random.seed(1)
                for line in list(open("\(file)")) * \(rounds):
                    source, port, text = line.split()
                    octets = bytearray.fromhex(text)
                    if \(flipping ? "True" : "False"):
                        octets[random.randrange(len(octets))] ^= 1 << random.randrange(8)
                    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
                    s.setsockopt(socket.IPPROTO_IPV6, 78, 1)  # IPV6_FREEBIND
                    s.setsockopt(socket.IPPROTO_IPV6, 75, 1)  # IPV6_TRANSPARENT
                    s.bind(("\(pair.middle.address(of: 0))", int(source)))
                    s.sendto(octets, ("\(pair.middle.address(of: 1))", int(port)))
                    s.close(); time.sleep(0.0005)
                """
            let result = try pair.middle.space.run(["python3", "-c", script])
            #expect(result.isSuccess, "\(result.errors)")
            return packets.count * rounds
        }

        @Test(.timeLimit(.minutes(1)))
        func aPathThatFlipsBitsOnlyLosesPackets() throws {
            let pair = try made()
            try pair.dialler.waitForCarrier("udp", within: 5)
            // For a moment frames go both ways round; nothing may be blocked before the tools run, or
            // the link goes over to TCP.
            let there = try FrameTool.tamper(pair.middle, towards: 1, share: 0.1)
            let back = try FrameTool.tamper(pair.middle, towards: 0, share: 0.1)
            try pair.middle.change { $0.blocksUDP = true }
            try pair.dialler.waitForCarrier("udp", within: 60)
            let before = try pair.listener.refusalCount()
            let transfer = try pair.transfer(byteCount: 1 << 20)
            let changed = try there.stop()["changed"] ?? 0
            try back.stop()
            let counted = try pair.listener.refusalCount() - before
            report("\(Int(changed)) frames changed on the way, \(counted) counted")
            #expect(transfer.isIntact, "\(transfer)")
            #expect(changed > 20)
            #expect(Double(counted) >= 0.9 * changed, "\(pair.listener.refusalList)")
        }

        /// The other has a key of another network, another name, or none.
        @Test(.timeLimit(.minutes(2)), arguments: ["key", "name", "none"])
        func nobodyOutsideAPrivateNetworkIsAnswered(difference: String) throws {
            let folder = try TemporaryFolder()
            for (name, byte) in [("ours", "\\001"), ("theirs", "\\002")] {
                let path = folder.path(name)
                try Shell.must(
                    "sh",
                    "-c",
                    "for i in $(seq 32); do printf '\(byte)'; done >\(path); chmod 600 \(path)"
                )
            }
            func network(_ name: String, _ key: String) -> [String] {
                ["--network-name", name, "--network-key-file", folder.path(key)]
            }
            let outside =
                switch difference {
                case "key": network("home", "theirs")
                case "name": network("away", "ours")
                default: [String]()
                }
            for scheme in ["udp", "tcp"] {
                let pair = try SealedPair(
                    url: { address, _ in "\(scheme)://[\(address)]:\(scheme == "udp" ? 9652 : 9651)"
                    },
                    options: { number in
                        NodeOptions(
                            listens: false,
                            arguments: number == 1 ? network("home", "ours") : outside
                        )
                    }
                )
                let file = try pair.captured("answers") { Thread.sleep(forTimeInterval: 4) }
                let packets = CapturedPacket.read(file)
                let asked = packets.filter {
                    "\($0.destination)" == pair.middle.address(of: 1) && !$0.payload.isEmpty
                }
                let answers = packets.filter {
                    "\($0.source)" == pair.middle.address(of: 1) && !$0.payload.isEmpty
                }
                report("\(scheme), other \(difference): \(asked.count) asked")
                #expect(!asked.isEmpty)
                #expect(answers.isEmpty, "\(answers.count) answers")
                #expect(try !pair.dialler.peers().contains { $0.isConnected })
            }
            // With name and key they do talk.
            let friends = try SealedPair(options: { _ in
                NodeOptions(listens: false, arguments: network("home", "ours"))
            })
            try friends.waitToReach(seconds: 5)
        }

        /// A stream of base nodes believes what is injected; one of ours ends.
        @Test(.timeLimit(.minutes(1)), arguments: [true, false])
        func aPlainPacketInjectedIntoASealedStreamClosesIt(isBase: Bool) throws {
            let pair = try made(
                { address, _ in "tcp://[\(address)]:9651" },
                options: { _ in
                    NodeOptions(listens: true, arguments: isBase ? ["--base-protocol-only"] : [])
                }
            )
            Thread.sleep(forTimeInterval: 2)
            let routes = try pair.listener.routedSubnets()
            let age = try pair.listener.peers().map(\.connectedSeconds).max() ?? 0
            try FrameTool.inject(
                try forgedUpdate(),
                by: pair.middle.interface(towards: 1),
                in: pair.middle.space,
                to: pair.middle.address(of: 1),
                // One and no more: the segment is sent once the stream is quiet.
                after: {
                    let isAnswered = try pair.dialler.space.reaches(pair.addresses[1])
                    #expect(isAnswered)
                }
            )
            guard !isBase else {
                _ = try wait(for: "the forged route", seconds: 5) {
                    try pair.listener.routedSubnets() == routes ? nil : true
                }
                return
            }
            _ = try wait(for: "the stream is closed", seconds: 5) {
                let links = try pair.listener.peers().filter(\.isConnected)
                return links.allSatisfy { $0.connectedSeconds < age } ? true : nil
            }
            #expect(try pair.listener.routedSubnets().subtracting(routes).isEmpty)
            try pair.waitToReach(seconds: 15)
            #expect(try pair.listener.routedSubnets() == routes)
        }

        /// An Update for the subnet of a key that nobody has, as a base node writes it.
        private func forgedUpdate() throws -> [UInt8] {
            let key = [UInt8](repeating: 7, count: 32)
            let owner = try #require(PublicKey(key))
            let subnet = IPv6Address(derivedFrom: owner).bytes.prefix(8)
            // Encoding, flags, prefix length, zero; interval, sequence number, metric.
            let fields: [UInt8] = [2, 0, 64, 0, 0x75, 0x30, 0, 0, 0, 0]
            let update = fields + subnet + key + [0, 0, 0, 0, 0, 0, 0, 1]
            let tlv = [8, UInt8(update.count)] + update
            return [1, 1, 0, 0, 42, 3, 0, UInt8(tlv.count)] + tlv
        }

        /// Keys stolen afterwards open what the base protocol carried, and nothing of ours.
        @Test(.timeLimit(.minutes(1)), arguments: ["base", "udp", "tcp"])
        func stolenKeysOpenNothingThatWasCapturedBefore(carrier: String) throws {
            let base = NodeOptions(arguments: ["--base-protocol-only"])
            let streams = NodeOptions(listens: true)
            let pair = try made(
                { address, _ in
                    carrier == "udp" ? "udp://[\(address)]:9652" : "tcp://[\(address)]:9651"
                },
                options: { _ in
                    carrier == "base" ? base : carrier == "udp" ? SealedPair.standard : streams
                }
            )
            Thread.sleep(forTimeInterval: 2)
            let file = try pair.captured("yesterday") {
                try answersAll(pair, count: 20)
            }
            for node in pair.nodes { node.stop() }
            let identities = try pair.nodes.map { node in
                let loaded = try KeyFile(path: node.folder + "/key").load()
                guard let identity = NodeIdentity(secret: loaded.takeSecret()) else {
                    throw KeyFileError.tooShort(path: node.folder, byteCount: 0)
                }
                return identity
            }
            let made = identities[0].makeCipher(for: identities[1].publicKey, backend: .openSSL)
            guard var cipher = made else {
                Issue.record("no cipher of the two keys")
                return
            }
            let packets = CapturedPacket.read(file).filter { $0.payload.count > 60 }
            // Twenty each way; a busy stream may put two frames into a segment.
            #expect(packets.count >= 20)
            var opened = 0
            for packet in packets { opened += opens(packet.payload, with: &cipher) ? 1 : 0 }
            report("\(carrier): \(opened) of \(packets.count) captured frames opened")
            if carrier == "base" { #expect(opened >= 20) } else { #expect(opened == 0) }
        }

        /// Whether a base body begins anywhere in a frame and goes to its end.
        private func opens(_ frame: [UInt8], with cipher: inout PacketCipher) -> Bool {
            for offset in 0...(frame.count - BaseBody.overheadByteCount) {
                var body = [UInt8](frame[offset...])
                var span = body.mutableSpan
                if BaseBody.open(inPlace: &span, with: &cipher) { return true }
            }
            return false
        }
    }
}
