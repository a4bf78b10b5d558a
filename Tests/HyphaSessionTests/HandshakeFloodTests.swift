// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaFakes
import HyphaSession
import HyphaWire
import Testing

/// Ten thousand initiations a second cost little, and an honest node gets through.
@Suite struct HandshakeFloodTests {
    private static let count = 10_000

    /// Gives node 1 frames evenly over a second, while node 0 connects; the peaks of occupancy.
    private func flood(
        _ network: HandshakeNetwork,
        _ frames: (Int) -> [(frame: [UInt8], from: HandshakePath)]
    ) -> HandshakeOccupancy {
        let node = network.nodes[1]
        var peak = node.engine.occupancy
        for i in 0..<Self.count {
            if i == Self.count / 2 { network.initiate(0, to: 1) }
            network.run(for: .microseconds(100))
            for (frame, path) in frames(i) { network.give(.frame(frame, from: path), to: 1) }
            let occupancy = node.engine.occupancy
            if occupancy.halfInitiations > peak.halfInitiations { peak = occupancy }
        }
        return peak
    }

    private func v6(_ subnet: UInt64, _ host: UInt64) -> HandshakePath {
        let address = IPv6Address(high: 0x2001_0db8_0000_0000 | subnet, low: host)
        return .datagram(SocketAddress(host: .v6(address, scope: 0), port: 9))
    }

    @Test func wrongMACsCostOneHashEach() {
        let network = HandshakeNetwork(seed: 1)
        var stranger = HandshakeStranger(1)
        let frames = stranger.frames(to: network.nodes[0].key, index: 1)
        let peak = flood(network) { [(frames[0], v6(UInt64($0), 1))] }
        #expect(network.nodes[1].engine.counters.wrongMAC == UInt64(Self.count))
        #expect(network.unroutable.isEmpty)
        #expect(peak.halfInitiations <= 1)
        #expect(network.nodes[1].meter.receives == 1)
        // One hash for each, and a few for node 0.
        #expect(network.nodes[1].meter.authenticators < Self.count + 10)
        #expect(network.agree(0, 1))
    }

    @Test func oneSubnetGetsFourPlacesAndItsShareOfTheMathematics() {
        let network = HandshakeNetwork(seed: 2)
        var stranger = HandshakeStranger(2)
        let message = stranger.message(to: network.nodes[1].key)
        let peak = flood(network) { i in
            // Both parts, so that nothing waits; half of them only the first.
            var changed = message
            changed[0] = UInt8(truncatingIfNeeded: i)
            changed[1] = UInt8(truncatingIfNeeded: i >> 8)
            let parts = InitiationPart.parts(
                of: changed,
                senderIndex: UInt32(i),
                over: .datagram
            )
            return parts.prefix(1 + i % 2).map { part in
                var frame = part.encoded()
                stranger.authenticate(&frame, for: network.nodes[1].key)
                return (frame, v6(7, UInt64(i)))
            }
        }
        #expect(peak.halfInitiations <= 5)
        let limit = Limits.linkInitiationsBurst + Limits.linkInitiationsPerSecond
        #expect(network.nodes[1].meter.receives <= limit + 1)
        #expect(network.agree(0, 1))
        #expect(network.nodes[0].engine.counters.cookiesUsed <= 1)
        #expect(network.unroutable.count <= 20)
    }

    @Test func manySourcesMakeItAskForCookies() {
        let network = HandshakeNetwork(seed: 3)
        var stranger = HandshakeStranger(3)
        let message = stranger.message(to: network.nodes[1].key)
        let parts = InitiationPart.parts(of: message, senderIndex: 1, over: .datagram)
        let frames = parts.map { part -> [UInt8] in
            var frame = part.encoded()
            stranger.authenticate(&frame, for: network.nodes[1].key)
            return frame
        }
        let peak = flood(network) { i in frames.map { ($0, v6(UInt64(i), 1)) } }
        let node = network.nodes[1]
        #expect(peak.halfInitiations <= Limits.halfInitiationsLoaded)
        #expect(node.meter.receives <= Limits.initiationsPerSecondLoaded + 1)
        #expect(
            node.engine.counters.cookieReplies
                <= UInt64(Limits.cookieRepliesBurst + Limits.cookieRepliesPerSecond + 1)
        )
        #expect(node.engine.counters.cookieRepliesRefused > 0)
        #expect(node.engine.occupancy.sources <= Limits.cookieSourcesMax)
        network.run(for: .seconds(10))
        #expect(network.agree(0, 1))
        #expect(node.engine.occupancy.halfInitiations == 0)
    }

    @Test func whoHadNoCookieReplyGoesBeforeThoseThatHadOne() {
        let network = HandshakeNetwork(seed: 6)
        var stranger = HandshakeStranger(6)
        let node = network.nodes[1]
        let frame = stranger.frames(to: node.key, index: 1)[0]
        let flooders = 1500
        func replies(to path: HandshakePath) -> UInt64 {
            let before = node.engine.counters.cookieReplies
            network.give(.frame(frame, from: path), to: 1)
            return node.engine.counters.cookieReplies - before
        }
        var newcomers: UInt64 = 0
        var others: UInt64 = 0
        for i in 0..<(5 * flooders) {
            network.run(for: .microseconds(200))
            let count = replies(to: v6(UInt64(i % flooders), 1))
            guard i >= 4 * flooders else { continue }
            others += count
            if i % 100 == 0 { newcomers += replies(to: v6(UInt64(10_000 + i), 1)) }
        }
        #expect(newcomers == UInt64(flooders / 100))
        // A round takes 0.3 s; and some were let in without a cookie when the flood began.
        let repeated = Limits.repeatedCookieRepliesPerSecond * 3 / 10 + 1
        #expect(others <= UInt64(repeated + 2 * Limits.initiationsPerSecondLoaded))
    }

    @Test func theMathematicsOfAllSourcesTogetherIsBounded() {
        // Streams need no cookie, so there the last bound is the one that works.
        let network = HandshakeNetwork(seed: 4)
        var stranger = HandshakeStranger(4)
        let message = stranger.message(to: network.nodes[1].key)
        let limit = Limits.handshakesBurst + Limits.handshakesPerSecond
        for i in 0..<2000 {
            network.run(for: .microseconds(500))
            var changed = message
            changed[99] ^= 1
            changed[0] = UInt8(truncatingIfNeeded: i)
            let part = InitiationPart(part: 0, parts: 1, senderIndex: UInt32(i), message: changed)
            var frame = part.encoded()
            stranger.authenticate(&frame, for: network.nodes[1].key)
            let path = HandshakePath.stream(LinkID(UInt32(5000 + i % 300)))
            network.give(.frame(frame, from: path), to: 1)
        }
        let node = network.nodes[1]
        #expect(node.meter.receives > Limits.handshakesBurst)
        #expect(node.meter.receives <= limit)
        #expect(node.engine.counters.rateLimited >= UInt64(2000 - limit))
        // The log hears of it once.
        #expect(node.events == [.ceiling(.initiations)])
    }

    @Test func halfInitiationsHaveACeilingAndTheOldestGivesWay() {
        let network = HandshakeNetwork(seed: 5)
        var stranger = HandshakeStranger(5)
        let node = network.nodes[1]
        let message = stranger.message(to: node.key)
        func part(_ index: UInt32, _ source: UInt64, cookie: [UInt8]?) -> [UInt8] {
            let parts = InitiationPart.parts(of: message, senderIndex: index, over: .datagram)
            var frame = parts[0].encoded()
            stranger.authenticate(&frame, for: node.key, cookie: cookie)
            network.give(.frame(frame, from: v6(source, 1)), to: 1)
            return frame
        }
        for source in UInt64(0)..<400 {
            var cookie: [UInt8]?
            for index in UInt32(0)..<4 {
                let kept = node.engine.counters.partsWithoutCookie
                let frame = part(index, source, cookie: cookie)
                guard node.engine.counters.partsWithoutCookie > kept,
                    case .frame(let bytes) = network.unroutable.last?.content,
                    case .cookieReply(let reply) = try? HandshakeFrame.decode(bytes.span)
                else { continue }
                cookie = stranger.crypto.openCookie(
                    reply.sealedCookie,
                    replier: node.key,
                    nonce: reply.nonce,
                    additionalData: FrameMACs.mac1(of: frame.span)
                )
                _ = part(index, source, cookie: cookie)
            }
            network.run(for: .milliseconds(1))
        }
        #expect(node.engine.occupancy.halfInitiations == Limits.halfInitiationsMax)
        #expect(node.engine.counters.halvesEvicted == 1600 - UInt64(Limits.halfInitiationsMax))
        #expect(node.events == [.ceiling(.halfInitiations)])
        // The rate is long over; so many that wait are reason enough to ask for a cookie.
        network.run(for: .milliseconds(1650))
        #expect(node.engine.occupancy.halfInitiations > Limits.halfInitiationsLoaded)
        let refused = node.engine.counters.partsWithoutCookie
        _ = part(9, 9000, cookie: nil)
        #expect(node.engine.counters.partsWithoutCookie == refused + 1)
        network.run(for: .milliseconds(400))
        _ = part(9, 9000, cookie: nil)
        #expect(node.engine.counters.partsWithoutCookie == refused + 1)
        network.run(for: .seconds(2))
        #expect(node.engine.occupancy.halfInitiations == 0)
        #expect(node.engine.nextDeadline() == nil)
    }
}
