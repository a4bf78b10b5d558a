// SPDX-License-Identifier: Apache-2.0

import Foundation
import HyphaLab
import Testing

extension Integration {
    /// Which carrier two nodes choose.
    @Suite(.serialized) struct SealedLinkTests {
        @Test(.timeLimit(.minutes(1)), arguments: [false, true])
        func aUDPPeerNeedsNoKeyAndMayHaveOne(isPinned: Bool) throws {
            let pair = try SealedPair(url: { address, key in
                "udp://[\(address)]:9652" + (isPinned ? "?key=\(key)" : "")
            })
            let seconds = try pair.waitToReach(seconds: 5)
            try pair.waitToReach(from: 1, seconds: 5)
            report(String(format: "udp peer, key pinned: \(isPinned): %.2f s", seconds))
            for node in pair.nodes { try node.waitForCarrier("udp", within: 5) }
            #expect(try pair.transfer(byteCount: 20 << 20).isIntact)
        }

        @Test(.timeLimit(.minutes(1)), arguments: ["udp", "tcp"])
        func anotherKeyThanThePinnedOneIsRefused(scheme: String) throws {
            let wrong = String(repeating: "09", count: 32)
            let pair = try SealedPair(url: { address, _ in
                "\(scheme)://[\(address)]:\(scheme == "udp" ? 9652 : 9651)?key=\(wrong)"
            })
            Thread.sleep(forTimeInterval: 5)
            #expect(try !pair.dialler.peers().contains { $0.isConnected })
            #expect(try pair.dialler.routedSubnets().isEmpty)
            #expect(try !pair.dialler.space.reaches(pair.addresses[1]))
        }

        @Test(.timeLimit(.minutes(1)))
        func plainTCPPeersEndUpOnUDPAndLoseNothing() throws {
            let pair = try SealedPair(url: { address, _ in "tcp://[\(address)]:9651" })
            try pair.waitToReach()
            let ping = try PingWatch(from: pair.dialler.space, to: pair.addresses[1])
            let seconds = try pair.dialler.waitForCarrier("udp", within: 15)
            try pair.listener.waitForCarrier("udp", within: 5)
            Thread.sleep(forTimeInterval: 1)
            let lost = ping.stop()
            report(String(format: "on UDP after %.2f s, %.2f %% lost", seconds, lost * 100))
            #expect(lost < 0.01)
        }

        @Test(.timeLimit(.minutes(1)), arguments: [0, 1])
        func withoutAUDPListenerALinkStaysOnTCP(number: Int) throws {
            let pair = try SealedPair(
                url: { address, _ in "tcp://[\(address)]:9651" },
                options: { $0 == number ? NodeOptions(listens: true) : SealedPair.standard }
            )
            try pair.waitToReach()
            Thread.sleep(forTimeInterval: 5)
            for node in pair.nodes {
                let links = try node.peers().filter(\.isConnected)
                #expect(links.map(\.carrier) == ["tcp"], "\(links)")
                #expect(links.map(\.isSealed) == [true], "\(links)")
            }
            #expect(try pair.transfer(byteCount: 20 << 20).isIntact)
        }

        @Test(.timeLimit(.minutes(1)))
        func neighboursOnALANChooseUDP() throws {
            let lab = try Lab()
            let spaces = try ["a", "b"].map(lab.space)
            try lab.lan("lan1", spaces)
            let nodes = try spaces.map {
                try lab.node($0, NodeOptions(listens: false, discovers: true))
            }
            let addresses = try nodes.map { try $0.startAndWait() }
            try spaces[0].waitToReach(addresses[1], seconds: 20)
            for node in nodes { try node.waitForCarrier("udp", within: 15) }
        }

        /// A name that means this node itself: known in clear, by its key, or by a handshake.
        @Test(
            .timeLimit(.minutes(1)),
            arguments: ["tcp://localhost:9651", "udp://localhost:9652"],
            [false, true]
        )
        func aPeerThatIsThisNodeItselfIsLeftAlone(url: String, isPrivate: Bool) throws {
            let lab = try Lab()
            let network = lab.folder.path("network")
            try Shell.must(
                "sh",
                "-c",
                "head -c 32 /dev/urandom >\(network); chmod 600 \(network)"
            )
            let words = ["--network-name", "home", "--network-key-file", network]
            let node = try lab.node(
                try lab.space("self"),
                NodeOptions(peers: [url], listens: false, arguments: isPrivate ? words : [])
            )
            try node.startAndWait()
            Thread.sleep(forTimeInterval: 5)
            let peers = try node.peers()
            report("\(url), private \(isPrivate): \(peers.map(\.lastError))")
            #expect(peers.count == 1, "\(peers)")
            #expect(peers.first?.isConnected == false)
            #expect(peers.first?.lastError == "this is our own address", "\(peers)")
            #expect((peers.first?.attempts ?? 0) <= 2, "\(peers)")
        }

        @Test(.timeLimit(.minutes(1)), arguments: ["exposed", "short", "long"])
        func aKeyOfANetworkThatIsNotInOrderIsRefused(fault: String) throws {
            let lab = try Lab()
            let path = lab.folder.path("network")
            let count = fault == "short" ? 31 : fault == "long" ? 64 : 32
            let mode = fault == "exposed" ? "644" : "600"
            try Shell.must(
                "sh",
                "-c",
                "head -c \(count) /dev/urandom >\(path); chmod \(mode) \(path)"
            )
            let words = ["--network-name", "home", "--network-key-file", path]
            let node = try lab.node(
                try lab.space("one"),
                NodeOptions(listens: false, arguments: words)
            )
            try node.start()
            #expect(node.process?.waits(seconds: 5) == true)
            #expect(node.process?.status == 1)
            let problem =
                fault == "exposed" ? "can be read by others" : "does not hold exactly 32 bytes"
            #expect(node.log.contains(problem), "\(node.log)")
        }

        /// Keys are replaced after 120 s.
        ///
        /// At a rate that leaves the machine to the tests beside it.
        @Test(.timeLimit(.minutes(4)))
        func newKeysLoseNothing() throws {
            let pair = try SealedPair()
            try pair.waitToReach()
            try pair.dialler.waitForCarrier("udp", within: 5)
            let ping = try PingWatch(from: pair.dialler.space, to: pair.addresses[1])
            let load = try Throughput(
                from: pair.dialler.space,
                to: pair.listener.space,
                address: pair.addresses[1],
                seconds: 130,
                megabitsPerSecond: 200
            )
            let rate = try load.finish()
            let lost = ping.stop()
            report(String(format: "rekey at %.0f Mbit/s: %.3f %% lost", rate / 1e6, lost * 100))
            #expect(rate > 150e6)
            #expect(lost < 0.001)
            let age = try pair.dialler.peers().map(\.connectedSeconds).max() ?? 0
            #expect(age > 128, "the link was never down: \(age) s")
        }
    }
}
