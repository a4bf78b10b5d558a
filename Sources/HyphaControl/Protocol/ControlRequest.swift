// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// The methods of the control socket.
package enum ControlMethod: String, CaseIterable, Codable, Hashable, Sendable {
    case status
    case whoami
    case peersList = "peers.list"
    case peersAdd = "peers.add"
    case peersRemove = "peers.remove"
    case peersForget = "peers.forget"
    case whois
    case sessionsList = "sessions.list"
    case routesSelected = "routes.selected"
    case routesFallback = "routes.fallback"
    case routesQueried = "routes.queried"
    case configShow = "config.show"

    /// The parameters it takes, as an instruction.
    package var parametersText: String {
        switch self {
        case .status, .whoami, .peersList, .routesQueried, .configShow: "call it without params"
        case .peersForget: #"give "params": {"address": ADDRESS}"#
        case .whois: #"give "params": {"address": ADDRESS}, and "port": 1...65535 if you like"#
        case .sessionsList:
            #"give no params, or {"after": ADDRESS, "limit": 1...\#(Limits.sessionsPerAnswerMax)}"#
        case .peersAdd, .peersRemove: #"give "params": {"endpoint": "tcp://HOST:PORT"}"#
        case .routesSelected, .routesFallback:
            #"give no params, or {"after": SUBNET, "limit": 1...\#(Limits.routesPerAnswerMax)}"#
        }
    }
}

/// A request with checked parameters.
package enum ControlRequest: Hashable, Sendable {
    case status
    case whoami
    case peersList
    case peersAdd(Endpoint)
    case peersRemove(Endpoint)
    /// Forget that a session with this node was ever confirmed.
    case peersForget(IPv6Address)
    /// Whose address it is, or whose connection with this port of the address.
    case whois(IPv6Address, port: UInt16?)
    case sessionsList(SessionPage)
    case routesSelected(RoutePage)
    case routesFallback(RoutePage)
    case routesQueried
    case configShow

    /// Which method it calls.
    package var method: ControlMethod {
        switch self {
        case .status: .status
        case .whoami: .whoami
        case .peersList: .peersList
        case .peersAdd: .peersAdd
        case .peersRemove: .peersRemove
        case .peersForget: .peersForget
        case .whois: .whois
        case .sessionsList: .sessionsList
        case .routesSelected: .routesSelected
        case .routesFallback: .routesFallback
        case .routesQueried: .routesQueried
        case .configShow: .configShow
        }
    }
}

/// Which part of a route table is asked for.
package struct RoutePage: Hashable, Sendable {
    /// Only subnets behind this one; `nil` from the start.
    package let after: Prefix?
    /// Subnets at most, 1...``HyphaBase/Limits/routesPerAnswerMax``.
    package let limit: Int

    /// - Parameters:
    ///   - after: Only subnets behind this one.
    ///   - limit: Clamped to 1...``HyphaBase/Limits/routesPerAnswerMax``.
    package init(after: Prefix? = nil, limit: Int = Limits.routesPerAnswerMax) {
        self.after = after
        self.limit = max(1, min(limit, Limits.routesPerAnswerMax))
    }

    /// The part of `sorted` that was asked for.
    ///
    /// All entries of one subnet stay together, so that `after` can name where to go on.
    ///
    /// - Parameters:
    ///   - sorted: All entries by ascending subnet.
    ///   - subnet: An entry's subnet.
    /// - Returns: The part, and the subnet to go on after, or `nil` at the end.
    package func part<Entry>(
        of sorted: [Entry],
        subnet: (Entry) -> Prefix
    ) -> (entries: [Entry], next: Prefix?) {
        var entries: [Entry] = []
        var subnets = 0
        var last: Prefix?
        for entry in sorted {
            let current = subnet(entry)
            if let after, current <= after { continue }
            if current != last {
                guard subnets < limit else { return (entries, last) }
                subnets += 1
                last = current
            }
            entries.append(entry)
        }
        return (entries, nil)
    }
}
