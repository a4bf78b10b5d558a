// SPDX-License-Identifier: Apache-2.0

/// What a log line tells besides its message; the raw value is the key as written.
package enum LogKey: String, CaseIterable, Sendable {
    case configKey = "config.key"
    case configProblem = "config.problem"
    case cryptoBackend = "crypto.backend"
    case errorCode = "error.code"
    case errorReason = "error.reason"
    case filePath = "file.path"
    case interfaceName = "interface.name"
    case limitName = "limit.name"
    case linkID = "link.id"
    case listenEndpoint = "listen.endpoint"
    case nodeAddress = "node.address"
    case nodeVersion = "node.version"
    case peerAddress = "peer.address"
    case peerEndpoint = "peer.endpoint"
    case routePrefix = "route.prefix"
    case suppressedCount = "log.suppressed"
    case tunName = "tun.name"
    case tunOffloads = "tun.offloads"

    /// Whether it tells of others where they are or who: written at debug and trace only.
    ///
    /// The node's own address and endpoints that its operator configured are not others'.
    package var isPrivate: Bool {
        switch self {
        case .peerAddress, .routePrefix: true
        case .configKey, .configProblem, .cryptoBackend, .errorCode, .errorReason, .filePath,
            .interfaceName, .limitName, .linkID, .listenEndpoint, .nodeAddress, .nodeVersion,
            .peerEndpoint, .suppressedCount, .tunName, .tunOffloads:
            false
        }
    }
}
