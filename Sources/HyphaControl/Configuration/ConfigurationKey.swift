// SPDX-License-Identifier: Apache-2.0

/// The settings of a node; the raw value is the dotted key of the configuration file.
package enum ConfigurationKey: String, CaseIterable, Hashable, Sendable {
    case stateDirectory = "state-dir"
    case keyFile = "key-file"
    case control
    case listen
    case peers
    case baseProtocolOnly = "base-protocol-only"
    case networkName = "network.name"
    case networkKeyFile = "network.key-file"
    case tunEnabled = "tun.enabled"
    case tunName = "tun.name"
    case discoveryEnabled = "discovery.enabled"
    case discoveryInterfaces = "discovery.interfaces"
    case directLinks = "peering.direct-links"
    case requireSessions = "security.require-sessions"
    case keyRequests = "security.key-requests"
    case workers = "data-plane.workers"
    case cryptoBackend = "crypto.backend"
    case logLevel = "log.level"
    case logFormat = "log.format"

    /// The key as this program spells it: in a file `_` may stand for `-`.
    static func canonical(_ path: String) -> String {
        let spelled = path.replacing("_", with: "-")
        let isTable = allCases.contains { $0.rawValue.hasPrefix(spelled + ".") }
        return isTable || ConfigurationKey(rawValue: spelled) != nil ? spelled : path
    }
}

/// How much the log says.
package enum LogLevel: String, CaseIterable, Comparable, Codable, Sendable {
    case error, warning, info, debug, trace

    /// 0 for `error` up to 4 for `trace`.
    package var rank: Int {
        switch self {
        case .error: 0
        case .warning: 1
        case .info: 2
        case .debug: 3
        case .trace: 4
        }
    }

    package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }
}

/// How a log line is written.
package enum LogFormat: String, CaseIterable, Codable, Sendable {
    /// `key=value` pairs.
    case keyValue = "kv"
    /// One JSON object a line.
    case json
}

/// Which library encrypts packets.
package enum CryptoPreference: String, CaseIterable, Codable, Sendable {
    /// The fastest that passes its known-answer test.
    case automatic = "auto"
    case ipsecMB = "ipsec-mb"
    case openSSL = "openssl"
}
