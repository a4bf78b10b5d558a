// SPDX-License-Identifier: Apache-2.0
package import HyphaControl

/// Everything the daemon logs: the raw value is the message, which never changes.
///
/// The table in `Docs/log.md` is made from this one and compared with it by a test.
package enum LogEvent: String, CaseIterable, Sendable {
    // error: the node cannot do what it is for
    case tunLost = "tun device lost"
    case reloadRejected = "configuration rejected, the one in use stays"

    // warning: worth an operator's look
    case configurationDoubtful = "configuration looks mistaken"
    case restartNeeded = "changed setting takes effect after a restart"
    case keyFileExposed = "key file can be read by others"
    case cipherFallback = "faster cipher library not usable"
    case offloadMissing = "kernel lacks an offload"
    case listenFailed = "cannot listen, trying again"
    case acceptPaused = "cannot accept, pausing"
    case limitReached = "limit reached"
    case protocolViolated = "neighbour broke the protocol, link closed"
    case identityConflict = "another node announces our subnet"
    case discoveryFailed = "cannot discover on interface"
    case controlFailed = "control socket failed"
    case networkMonitorFailed = "cannot watch network interfaces"
    case stateNotKept = "cannot write state, restarts may be slower"
    case sessionMissing = "no session came about, base encryption used"
    case sessionAwaited = "no session with a node met before, packets wait"
    case keyRefused = "subnet claimed with another key, refused"

    // info: a change an operator acts on
    case started = "node started"
    case ready = "node ready"
    case stopping = "node stopping"
    case reloaded = "configuration reloaded"
    case keyCreated = "key created"
    case cipherChosen = "cipher library chosen"
    case tunAwaited = "tun device in use, waiting for it"
    case tunReady = "tun device ready"
    case listening = "listening"
    case discovering = "discovering on interface"
    case linkUp = "link up"
    case linkDown = "link down"
    case peerAdded = "peer added"
    case peerRemoved = "peer removed"
    case sessionFirst = "first session with node"

    // debug: what happens and with whom
    case dialling = "dialling peer"
    case dialFailed = "dial failed"
    case peerDiscovered = "peer discovered"
    case searchFailed = "route search failed"
    case handshake = "handshake"

    // trace: every step of the control plane
    case controlPacketReceived = "control packet received"
    case controlPacketSent = "control packet sent"

    /// How loud it is.
    package var level: LogLevel {
        switch self {
        case .tunLost, .reloadRejected: .error
        case .configurationDoubtful, .restartNeeded, .keyFileExposed, .cipherFallback,
            .offloadMissing, .listenFailed, .acceptPaused, .limitReached, .protocolViolated,
            .identityConflict, .discoveryFailed, .controlFailed,
            .networkMonitorFailed, .stateNotKept, .sessionMissing, .sessionAwaited, .keyRefused:
            .warning
        case .started, .ready, .stopping, .reloaded, .keyCreated, .cipherChosen, .tunAwaited,
            .tunReady, .listening, .discovering, .linkUp, .linkDown, .peerAdded, .peerRemoved,
            .sessionFirst:
            .info
        case .dialling, .dialFailed, .peerDiscovered, .searchFailed, .handshake:
            .debug
        case .controlPacketReceived, .controlPacketSent: .trace
        }
    }

    /// Whether only the operator's own doing can cause it, a few times at each start.
    ///
    /// Such an event is never suppressed; everything else is written once a second at most.
    package var isOperatorsOwn: Bool {
        switch self {
        case .reloadRejected, .configurationDoubtful, .restartNeeded, .offloadMissing,
            .started, .ready, .stopping, .reloaded, .keyCreated, .cipherChosen, .tunAwaited,
            .tunReady, .listening:
            true
        case .tunLost, .keyFileExposed, .cipherFallback, .listenFailed, .acceptPaused,
            .limitReached, .protocolViolated, .identityConflict, .discoveryFailed,
            .controlFailed, .networkMonitorFailed, .discovering, .linkUp,
            .linkDown, .peerAdded, .peerRemoved, .dialling, .dialFailed, .peerDiscovered,
            .searchFailed, .handshake, .stateNotKept, .sessionMissing, .sessionAwaited,
            .keyRefused, .sessionFirst,
            .controlPacketReceived, .controlPacketSent:
            false
        }
    }

    /// The table of `Docs/log.md`, in Markdown.
    package static var table: String {
        let head = "| Level | Message | At most once a second |\n|---|---|---|\n"
        return head
            + allCases.map { event in
                let isLimited = event.isOperatorsOwn ? "no" : "yes"
                return "| \(event.level.rawValue) | \(event.rawValue) | \(isLimited) |\n"
            }.joined()
    }

    /// The table of keys of `Docs/log.md`, in Markdown.
    package static var keyTable: String {
        let head = "| Key | Written |\n|---|---|\n"
        return head
            + LogKey.allCases.map { key in
                "| `\(key.rawValue)` | \(key.isPrivate ? "at debug and trace" : "always") |\n"
            }.joined()
    }
}
