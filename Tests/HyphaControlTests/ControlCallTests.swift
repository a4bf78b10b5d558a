// SPDX-License-Identifier: Apache-2.0
import Foundation
import HyphaBase
import HyphaControl
import Testing

private func call(_ json: String) throws -> ControlCall {
    try JSONDecoder().decode(ControlCall.self, from: Data(json.utf8))
}

private func code(_ json: String) throws -> Int? {
    guard case .failure(let error) = try call(json).request else { return nil }
    #expect(error.data?.remedy.isEmpty == false)
    return error.code
}

@Suite struct ControlCallTests {
    @Test(arguments: [
        ControlRequest.status, .whoami, .peersList, .routesQueried, .configShow,
        .peersAdd(Endpoint(scheme: .tcp, host: .name("a.example"), port: 1)),
        .peersRemove(Endpoint(scheme: .tcp, host: .v6(.unspecified, zone: nil), port: 1)),
        .routesSelected(RoutePage()),
        .routesFallback(RoutePage(after: .overlay, limit: 7)),
        .peersForget(.unspecified), .whois(.unspecified, port: nil),
        .whois(IPv6Address(high: 1 << 58, low: 7), port: 443),
        .sessionsList(SessionPage()),
        .sessionsList(SessionPage(after: IPv6Address(high: 1 << 58, low: 7), limit: 9)),
    ])
    func whatAClientSendsIsWhatTheDaemonReads(request: ControlRequest) throws {
        let message = ControlMessage(id: .number(4), request: request)
        let read = try JSONDecoder().decode(
            ControlCall.self,
            from: JSONEncoder().encode(message)
        )
        #expect(read.id == .number(4))
        guard case .peersRemove = request else {
            #expect(read.request == .success(request))
            return
        }
        guard case .failure(let error) = read.request else {
            Issue.record("an address of no host was taken for a peer")
            return
        }
        #expect(error.code == ControlError.Code.invalidParams.rawValue)
    }

    @Test func idsComeBackAsTheyWere() throws {
        #expect(try call(#"{"jsonrpc":"2.0","id":"x","method":"status"}"#).id == .text("x"))
        #expect(try call(#"{"jsonrpc":"2.0","id":-3,"method":"status"}"#).id == .number(-3))
        #expect(try call(#"{"jsonrpc":"2.0","id":null,"method":"status"}"#).id == .null)
        #expect(try call(#"{"jsonrpc":"2.0","method":"status"}"#).id == nil)
    }

    @Test(arguments: [
        "{}", #"{"id":1,"method":"status"}"#, #"{"jsonrpc":"1.0","id":1,"method":"status"}"#,
        #"{"jsonrpc":"2.0","id":1}"#, #"{"jsonrpc":"2.0","id":1,"method":5}"#,
        #"{"jsonrpc":"2.0","id":[],"method":"status"}"#,
        #"{"jsonrpc":"2.0","id":1.5,"method":"status"}"#,
        #"{"jsonrpc":"2.0","id":true,"method":"status"}"#,
    ])
    func whatIsNoRequestIsAnsweredSo(json: String) throws {
        #expect(try code(json) == -32600)
        #expect(try call(json).id != nil)
    }

    @Test(arguments: ["[]", "5", "null", #""status""#]) func whatIsNoObjectThrows(json: String) {
        #expect(throws: (any Error).self) { try call(json) }
    }

    @Test func unknownMethodsNameTheNearest() throws {
        let json = #"{"jsonrpc":"2.0","id":1,"method":"peers.lst"}"#
        guard case .failure(let error) = try call(json).request else {
            Issue.record("taken")
            return
        }
        #expect(error.code == -32601)
        #expect(error.data?.remedy == "did you mean `peers.list`?")
    }

    @Test(arguments: ["null", "{}", "[]"]) func emptyParametersAreNone(params: String) throws {
        let json = #"{"jsonrpc":"2.0","id":1,"method":"status","params":\#(params)}"#
        #expect(try call(json).request == .success(.status))
    }

    @Test(arguments: [
        ("status", #"{"a":1}"#), ("status", "[1]"), ("status", "5"), ("peers.add", "{}"),
        ("peers.add", #"{"endpoint":5}"#), ("peers.add", #"{"endpoint":"x"}"#),
        ("peers.add", #"{"endpoint":"tcp://a:1","limit":1}"#),
        ("peers.add", #"["tcp://a:1"]"#),
        ("routes.selected", #"{"limit":0}"#), ("routes.selected", #"{"limit":1001}"#),
        ("routes.selected", #"{"limit":"5"}"#), ("routes.selected", #"{"after":"x"}"#),
        ("routes.fallback", #"{"endpoint":"tcp://a:1"}"#),
        ("routes.fallback", #"{"port":1}"#), ("peers.add", #"{"address":"400::1"}"#),
        ("peers.forget", "{}"), ("peers.forget", #"{"address":"x"}"#),
        ("peers.forget", #"{"address":"400::1","port":1}"#), ("whois", #"{"port":1}"#),
        ("whois", #"{"address":"400::1","port":0}"#),
        ("whois", #"{"address":"400::1","port":65536}"#),
        ("whois", #"{"address":"400::1","port":"1"}"#), ("whois", #"{"address":5}"#),
        ("whois", #"{"address":"400::1","limit":1}"#), ("sessions.list", #"{"limit":0}"#),
        ("sessions.list", #"{"limit":1001}"#), ("sessions.list", #"{"after":"400::/64"}"#),
        ("sessions.list", #"{"address":"400::1"}"#),
    ])
    func parametersAMethodDoesNotTakeAreRefused(method: String, params: String) throws {
        let json = #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":\#(params)}"#
        #expect(try code(json) == -32602)
    }
}

@Suite struct SessionPageTests {
    private let table = (UInt64(0)..<5).map { IPv6Address(high: 1 << 58, low: $0) }

    @Test func pagesCoverATableOnce() {
        var seen: [IPv6Address] = []
        var after: IPv6Address?
        var pages = 0
        repeat {
            let part = SessionPage(after: after, limit: 2).part(of: table) { $0 }
            seen += part.entries
            after = part.next
            pages += 1
        } while after != nil && pages < 10
        #expect(seen == table && pages == 3)
    }

    @Test func aTableThatFitsHasNoNextPage() {
        let part = SessionPage(limit: 5).part(of: table) { $0 }
        #expect(part.entries == table && part.next == nil)
        #expect(SessionPage().part(of: [IPv6Address]()) { $0 }.next == nil)
    }

    @Test func limitsAreClamped() {
        #expect(SessionPage(limit: 0).limit == 1)
        #expect(SessionPage(limit: .max).limit == Limits.sessionsPerAnswerMax)
    }
}

@Suite struct RoutePageTests {
    private let table = (UInt64(0)..<5).flatMap { n -> [Prefix] in
        let subnet = Prefix(
            IPv6Address(high: 0x0400_0000_0000_0000 | n, low: 0),
            length: 64
        )
        return [subnet, subnet]
    }

    @Test func pagesCoverATableOnceWithoutSplittingASubnet() {
        var seen: [Prefix] = []
        var after: Prefix?
        var pages = 0
        repeat {
            let part = RoutePage(after: after, limit: 2).part(of: table) { $0 }
            #expect(part.entries.count <= 4)
            seen += part.entries
            after = part.next
            pages += 1
        } while after != nil && pages < 10
        #expect(seen == table)
        #expect(pages == 3)
    }

    @Test func aTableThatFitsHasNoNextPage() {
        let part = RoutePage(limit: 5).part(of: table) { $0 }
        #expect(part.entries.count == 10 && part.next == nil)
    }

    @Test func limitsAreClamped() {
        #expect(RoutePage(limit: 0).limit == 1)
        #expect(RoutePage(limit: .max).limit == Limits.routesPerAnswerMax)
    }
}
