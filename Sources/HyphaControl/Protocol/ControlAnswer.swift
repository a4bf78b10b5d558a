// SPDX-License-Identifier: Apache-2.0

/// What the daemon answers; on the wire the payload alone.
package enum ControlAnswer: Encodable, Hashable, Sendable {
    case status(StatusAnswer)
    case identity(IdentityAnswer)
    case peers(PeersAnswer)
    /// For `peers.add` and `peers.remove`.
    case peerChanged(PeerChangeAnswer)
    case forgotten(ForgottenAnswer)
    case whois(WhoisAnswer)
    case sessions(SessionsAnswer)
    /// For `routes.selected` and `routes.fallback`.
    case routes(RoutesAnswer)
    case queried(QueriedAnswer)
    case configuration(ConfigurationAnswer)

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .status(let answer): try container.encode(answer)
        case .identity(let answer): try container.encode(answer)
        case .peers(let answer): try container.encode(answer)
        case .peerChanged(let answer): try container.encode(answer)
        case .forgotten(let answer): try container.encode(answer)
        case .whois(let answer): try container.encode(answer)
        case .sessions(let answer): try container.encode(answer)
        case .routes(let answer): try container.encode(answer)
        case .queried(let answer): try container.encode(answer)
        case .configuration(let answer): try container.encode(answer)
        }
    }
}
