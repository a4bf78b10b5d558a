// SPDX-License-Identifier: Apache-2.0
import Foundation
import HyphaBase
import HyphaControl
import Testing

private func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

private let key = "bb39b4a3a4efd70f3e05e37887677e02efbda14681d0acd3882bc0f754792c32"

@Suite struct ControlAnswerTests {
    @Test func repliesLookAsTheStandardSays() throws {
        let endpoint = Endpoint(scheme: .tcp, host: .name("a.example"), port: 1)
        let good = ControlReply(id: .number(1), outcome: .success(.peerChanged(.init(endpoint))))
        #expect(
            try json(good)
                == #"{"id":1,"jsonrpc":"2.0","result":{"endpoint":"tcp://a.example:1"}}"#
        )
        let bad = ControlReply(id: .null, outcome: .failure(.parseError))
        #expect(
            try json(bad) == """
                {"error":{"code":-32700,"data":{"remedy":"send one JSON object a line, in UTF-8"},\
                "message":"the request is no JSON"},"id":null,"jsonrpc":"2.0"}
                """
        )
    }

    @Test func aClientReadsWhatTheDaemonWrites() throws {
        let identity = IdentityAnswer(try #require(PublicKey(hexadecimal: key)))
        let reply = ControlReply(id: .text("a"), outcome: .success(.identity(identity)))
        let read = try JSONDecoder().decode(
            ReceivedReply<IdentityAnswer>.self,
            from: Data(try json(reply).utf8)
        )
        #expect(read.id == .text("a") && read.outcome == .success(identity))
        let failed = ControlReply(id: .null, outcome: .failure(.stopping))
        let readFailed = try JSONDecoder().decode(
            ReceivedReply<IdentityAnswer>.self,
            from: Data(try json(failed).utf8)
        )
        #expect(readFailed.outcome == .failure(.stopping))
    }

    @Test func anIdentityFollowsFromItsKey() throws {
        let identity = IdentityAnswer(try #require(PublicKey(hexadecimal: key)))
        #expect(identity.publicKey == key)
        #expect(identity.subnet.hasSuffix("::/64"))
        let subnet = try #require(Prefix(identity.subnet))
        #expect(subnet.contains(try #require(IPv6Address(identity.address))))
    }

    @Test func connectedPeersComeFirst() {
        func peer(_ name: String, _ state: PeerAnswer.State) -> PeerAnswer {
            PeerAnswer(endpoint: name, remote: nil, origin: .static, state: state)
        }
        let sorted = PeersAnswer([
            peer("a", .waiting), peer("c", .connected), peer("b", .connected),
            peer("0", .connecting),
        ])
        #expect(sorted.peers.map(\.endpoint) == ["b", "c", "0", "a"])
    }

    @Test func aRetractedRouteHasNoMetric() throws {
        let route = RouteAnswer(
            subnet: .overlay,
            nextHop: SocketAddress(host: .v4(IPv4Address(bits: 0x0102_0304)), port: 5),
            link: LinkID(3),
            metric: .infinite,
            seqno: Seqno(7),
            routerID: RouterID(
                publicKey: try #require(PublicKey(hexadecimal: key)),
                zone: 0,
                tail: 1
            ),
            expiresSeconds: 2,
            isDirect: false,
            isSelected: false
        )
        #expect(route.metric == nil && route.nextHop == "1.2.3.4:5")
        #expect(try !json(route).contains("metric"))
    }

    @Test func settingsAreBareJSONValues() throws {
        let settings = try NodeSettings.resolve(ConfigurationInputs(isRoot: true), file: nil)
        let answer = ConfigurationAnswer(settings.effective)
        let text = try json(answer)
        #expect(text.contains(#"{"key":"tun.enabled","source":"default","value":true}"#))
        #expect(
            text.contains(
                #"{"key":"listen","source":"default","value":["tcp://[::]:9651","udp://[::]:9652"]}"#
            )
        )
        #expect(
            try JSONDecoder().decode(ConfigurationAnswer.self, from: Data(text.utf8)) == answer
        )
    }

    @Test func errorCodesAreDistinct() {
        #expect(
            Set(ControlError.Code.allCases.map(\.rawValue)).count
                == ControlError.Code.allCases.count
        )
    }
}
