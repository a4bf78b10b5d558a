// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaFakes
import HyphaSession
import HyphaWire
import Testing

/// Cookies under load.
@Suite struct HandshakeCookieTests {
    /// First parts from as many sources as make node 1 ask for cookies for a second.
    private func load(_ network: HandshakeNetwork) {
        var stranger = HandshakeStranger(77)
        for i in 0...Limits.initiationsPerSecondLoaded {
            let frames = stranger.frames(to: network.nodes[1].key, index: UInt32(i))
            let from = HandshakePath.datagram(HandshakeNode.address(1000 + i))
            network.give(.frame(frames[0], from: from), to: 1)
        }
    }

    @Test func underLoadAnInitiatorRepeatsItsBytesWithACookie() throws {
        let network = HandshakeNetwork(seed: 1)
        load(network)
        let receives = network.nodes[1].meter.receives
        network.sent = []
        network.initiate(0, to: 1)
        network.run(for: .milliseconds(15))
        #expect(network.nodes[1].engine.counters.partsWithoutCookie == 3)
        #expect(network.count(type: 3) == 2)
        network.run(for: .milliseconds(500))
        #expect(network.agree(0, 1))
        #expect(network.nodes[0].engine.counters.initiationsSent == 1)
        #expect(network.nodes[0].engine.counters.cookiesUsed == 1)
        #expect(network.nodes[1].meter.receives == receives + 1)
        let frames = network.sent.filter { $0.type == 1 }.map { packet -> [UInt8] in
            if case .frame(let bytes) = packet.content { bytes } else { [] }
        }
        try #require(frames.count == 4)
        for part in 0..<2 {
            let (first, second) = (frames[part], frames[part + 2])
            let covered = FrameMACs.coveredByMAC2(first.count)
            #expect(first[..<covered] == second[..<covered])
            #expect(first[covered...].allSatisfy { $0 == 0 })
            #expect(second[covered...].contains { $0 != 0 })
        }
    }

    @Test func aCookieServesTheNextMessage1Too() {
        let network = HandshakeNetwork(seed: 2)
        load(network)
        network.faults.drops = { $0.type == 2 }
        network.initiate(0, to: 1)
        network.run(for: .milliseconds(900))
        load(network)
        network.faults.drops = { _ in false }
        let replies = network.count(type: 3)
        network.run(for: .seconds(1))
        #expect(network.agree(0, 1))
        #expect(network.nodes[0].engine.counters.initiationsSent == 2)
        #expect(network.nodes[0].engine.counters.cookiesUsed == 1)
        #expect(network.count(type: 3) == replies)
    }

    @Test func onlyAGenuineCookieReplyToAPendingInitiationCounts() throws {
        let network = HandshakeNetwork(seed: 3)
        network.faults.drops = { $0.from == 1 }
        load(network)
        network.initiate(0, to: 1)
        network.run(for: .milliseconds(100))
        let packet = try #require(network.sent.last { $0.type == 3 })
        guard case .frame(let genuine) = packet.content else { return }
        func give(_ frame: [UInt8], from path: HandshakePath) {
            network.give(.frame(frame, from: path), to: 0)
            #expect(network.nodes[0].engine.counters.cookiesUsed == 0)
        }
        // The index, the part, the nonce and the cookie belong together, and so does the endpoint.
        for byte in [2, 4, 8, 32, 63] {
            var forged = genuine
            forged[byte] ^= 1
            give(forged, from: packet.path)
        }
        give(genuine, from: .datagram(HandshakeNode.address(9)))
        #expect(network.nodes[0].engine.counters.unexpected == 6)
        network.give(.frame(genuine, from: packet.path), to: 0)
        #expect(network.nodes[0].engine.counters.cookiesUsed == 1)
        // The same cookie again is no reason to send again.
        network.give(.frame(genuine, from: packet.path), to: 0)
        #expect(network.nodes[0].engine.counters.cookiesUsed == 1)
    }

    @Test func whoMakesUpCookiesIsNotRepeatedForEver() throws {
        let network = HandshakeNetwork(seed: 4)
        network.faults.drops = { _ in true }
        network.initiate(0, to: 1)
        let packet = try #require(network.sent.first)
        guard case .frame(let frame) = packet.content else { return }
        let initiation = try HandshakeFrame.decode(frame.span)
        guard case .initiation(let part) = initiation else { return }
        let liar = HandshakeStranger(1)
        for i in UInt8(0)..<20 {
            let nonce = [UInt8](repeating: i, count: 24)
            let sealed = liar.crypto.sealCookie(
                [UInt8](repeating: i, count: 16),
                replier: network.nodes[1].key,
                nonce: nonce,
                additionalData: FrameMACs.mac1(of: frame.span)
            )
            let reply = CookieReply(
                part: 0,
                receiverIndex: part.senderIndex,
                nonce: nonce,
                sealedCookie: sealed
            )
            let path = HandshakePath.datagram(network.nodes[1].address)
            network.give(.frame(reply.encoded(), from: path), to: 0)
        }
        #expect(network.nodes[0].engine.counters.cookiesUsed == 4)
        #expect(network.nodes[0].engine.counters.repliesIgnored == 16)
        #expect(network.sent.count == 10)
    }

    /// A source whose four places are taken, which asks for a cookie.
    private struct Client: ~Copyable {
        var stranger = HandshakeStranger(5)
        let network: HandshakeNetwork
        let path = HandshakePath.datagram(HandshakeNode.address(50))
        var index: UInt32 = 0

        init(network: HandshakeNetwork) { self.network = network }

        /// A first part; whether it was kept.
        mutating func send(cookie: [UInt8]? = nil) -> (isKept: Bool, frame: [UInt8]) {
            index += 1
            var frame = stranger.frames(to: network.nodes[1].key, index: index)[0]
            stranger.authenticate(&frame, for: network.nodes[1].key, cookie: cookie)
            let refused = network.nodes[1].engine.counters.partsWithoutCookie
            network.give(.frame(frame, from: path), to: 1)
            return (network.nodes[1].engine.counters.partsWithoutCookie == refused, frame)
        }

        /// Takes the four places, then asks for a cookie.
        mutating func fetchCookie() throws -> [UInt8] {
            for _ in 0..<4 {
                let isKept = send().isKept
                #expect(isKept)
            }
            let frame = send().frame
            return try #require(reply(to: frame))
        }

        private func reply(to frame: [UInt8]) -> [UInt8]? {
            guard case .frame(let bytes) = network.unroutable.last?.content,
                case .cookieReply(let reply) = try? HandshakeFrame.decode(bytes.span)
            else { return nil }
            return stranger.crypto.openCookie(
                reply.sealedCookie,
                replier: network.nodes[1].key,
                nonce: reply.nonce,
                additionalData: FrameMACs.mac1(of: frame.span)
            )
        }
    }

    @Test func aSourceHasFourPlacesAndNeedsACookieForMore() throws {
        let network = HandshakeNetwork(seed: 5)
        var client = Client(network: network)
        let cookie = try client.fetchCookie()
        #expect(network.nodes[1].engine.occupancy.halfInitiations == 4)
        let isKept = client.send(cookie: cookie).isKept
        #expect(isKept)
        // The oldest of the source's own gave way.
        #expect(network.nodes[1].engine.occupancy.halfInitiations == 4)
        #expect(network.nodes[1].engine.counters.halvesEvicted == 1)
        var wrong = cookie
        wrong[0] ^= 1
        let isWrongKept = client.send(cookie: wrong).isKept
        #expect(!isWrongKept)
    }

    @Test func aCookieIsGoodForTheSecretBeforeTheCurrentOneToo() throws {
        let network = HandshakeNetwork(seed: 6)
        var client = Client(network: network)
        let cookie = try client.fetchCookie()
        var isKept: [Bool] = []
        for seconds in [119, 2, 117, 3] {
            network.run(for: .seconds(seconds))
            for _ in 0..<4 { _ = client.send() }
            isKept.append(client.send(cookie: cookie).isKept)
        }
        // After 119, 121, 238 and 241 s: the secret was replaced at 121 s.
        #expect(isKept == [true, true, true, false])
    }
}
