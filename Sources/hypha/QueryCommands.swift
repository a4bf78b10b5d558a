// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaCommandLine
import HyphaControl

/// Commands that ask the daemon.
enum QueryCommands {
    static func status(_ invocation: Invocation) throws(ProgramFailure) {
        var client = try ControlClient(invocation)
        let answer = try client.ask(.status, as: StatusAnswer.self)
        Terminal.show(answer, invocation) { StatusText.render(answer, style: $0) }
    }

    static func listPeers(_ invocation: Invocation) throws(ProgramFailure) {
        var client = try ControlClient(invocation)
        let answer = try client.ask(.peersList, as: PeersAnswer.self)
        Terminal.show(answer, invocation) { PeersText.render(answer, style: $0) }
    }

    static func changePeer(_ invocation: Invocation, isAdded: Bool) throws(ProgramFailure) {
        let endpoint: Endpoint
        do throws(ConfigurationProblem) {
            let text = invocation.arguments.first ?? ""
            endpoint = try NodeSettings.peer(text, from: .defaultValue)
        } catch {
            throw .text(FailureText(error.message, remedies: [error.remedy]), .wrongUsage)
        }
        var client = try ControlClient(invocation)
        let request = isAdded ? ControlRequest.peersAdd(endpoint) : .peersRemove(endpoint)
        let answer = try client.ask(request, as: PeerChangeAnswer.self)
        Terminal.show(answer, invocation) { _ in
            isAdded ? PeersText.added(answer) : PeersText.removed(answer)
        }
    }

    static func forgetPeer(_ invocation: Invocation) throws(ProgramFailure) {
        let address = try address(invocation)
        var client = try ControlClient(invocation)
        let answer = try client.ask(.peersForget(address), as: ForgottenAnswer.self)
        Terminal.show(answer, invocation) { _ in PeersText.forgotten(answer) }
    }

    static func whois(_ invocation: Invocation) throws(ProgramFailure) {
        let address = try address(invocation)
        var port: UInt16?
        if invocation.arguments.count > 1 {
            port = UInt16(invocation.arguments[1])
            guard let port, port != 0 else {
                throw .text(.notAPort(invocation.arguments[1]), .wrongUsage)
            }
        }
        var client = try ControlClient(invocation)
        let answer = try client.ask(.whois(address, port: port), as: WhoisAnswer.self)
        Terminal.show(answer, invocation) { SessionsText.render(answer, style: $0) }
    }

    /// All pages of the sessions.
    static func sessions(_ invocation: Invocation) throws(ProgramFailure) {
        var client = try ControlClient(invocation)
        var sessions: [SessionAnswer] = []
        var page = SessionPage()
        while true {
            let answer = try client.ask(.sessionsList(page), as: SessionsAnswer.self)
            sessions += answer.sessions
            // Pages go up, so this ends however the table changes meanwhile.
            guard let next = answer.next.flatMap({ IPv6Address($0) }),
                page.after.map({ $0 < next }) ?? true
            else { break }
            page = SessionPage(after: next)
        }
        Terminal.show(sessions, invocation) { SessionsText.render(sessions, style: $0) }
    }

    private static func address(_ invocation: Invocation) throws(ProgramFailure) -> IPv6Address {
        let text = invocation.arguments.first ?? ""
        guard let address = IPv6Address(text) else {
            throw .text(.notAnAddress(text), .wrongUsage)
        }
        return address
    }

    /// What `routes --json` prints: the tables that were asked for.
    private struct Tables: Encodable {
        var selected: [RouteAnswer]?
        var fallback: [RouteAnswer]?
        var queried: [QueriedSubnet]?
    }

    static func routes(_ invocation: Invocation) throws(ProgramFailure) {
        let kind = invocation.arguments.first
        var client = try ControlClient(invocation)
        var tables = Tables()
        if kind ?? "selected" == "selected" {
            tables.selected = try all(&client) { .routesSelected($0) }
        }
        if kind ?? "fallback" == "fallback" {
            tables.fallback = try all(&client) { .routesFallback($0) }
        }
        if kind ?? "queried" == "queried" {
            tables.queried = try client.ask(.routesQueried, as: QueriedAnswer.self).queried
        }
        Terminal.show(tables, invocation) { style in
            [
                tables.selected.map {
                    RoutesText.render(title: "selected", routes: $0, style: style)
                },
                tables.fallback.map {
                    RoutesText.render(title: "fallback", routes: $0, style: style)
                },
                tables.queried.map { RoutesText.render(QueriedAnswer($0), style: style) },
            ].compactMap { $0 }.joined(separator: "\n")
        }
    }

    /// All pages of a table.
    private static func all(
        _ client: inout ControlClient,
        _ request: (RoutePage) -> ControlRequest
    ) throws(ProgramFailure) -> [RouteAnswer] {
        var routes: [RouteAnswer] = []
        var page = RoutePage()
        while true {
            let answer = try client.ask(request(page), as: RoutesAnswer.self)
            routes += answer.routes
            // Pages go up, so this ends however the table changes meanwhile.
            guard let next = answer.next.flatMap({ Prefix($0) }),
                page.after.map({ $0 < next }) ?? true
            else { return routes }
            page = RoutePage(after: next)
        }
    }
}
