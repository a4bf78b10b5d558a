// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaControl
import HyphaDataPlane
import HyphaLinux
import HyphaPeering

/// What the control loop has to tell an operator, with what belongs to it.
enum LoopEvent {
    case started(address: IPv6Address)
    case configurationDoubtful(String)
    case cipherFallback(String)
    case offloadMissing(String)
    case listenFailed(String, SystemError)
    case discovering(interface: String)
    case peerAdded(Endpoint)
    case peerRemoved(Endpoint)
    case dialling(String)
    case searchFailed(Prefix)
    case controlReceived(LinkID, SocketAddress)
    case controlSent(LinkID)
    case tunAwaited(name: String)
    case tunReady(Tunnel.Description)
    case listening(String)
    case ready
    case stopping
    case keyCreated(String)
    case keyFileExposed(String)
    case cipherChosen(String)
    case peerUp(LinkID, SocketAddress, PublicKey)
    case peerDown(LinkID, SocketAddress, PublicKey, String)
    case protocolViolated(LinkID, SocketAddress, String)
    case peerUnreachable(PeerAddress, String)
    case discovered(SocketAddress, PublicKey)
    case ceilingReached(String)
    case identityConflict(LinkID)
    case acceptPaused
    case acceptFailed(SystemError)
    case discoveryFailed(interface: String, SystemError)
    case networkUnreadable(SystemError)
    case controlFailed(String)
    case tunLost(errno: Int32)
    case workerStuck
    case stateNotKept(String)
    case handshake(String)
    case sessionFirst(PublicKey)
    case sessionMissing(PublicKey)
    case sessionAwaited(PublicKey)
    case keyRefused(Prefix, first: PublicKey, offered: PublicKey)
    case reloaded
    case reloadRejected(String)
    case restartNeeded(String)
}

extension Logger {
    /// Writes an event of the loop.
    func write(_ event: LoopEvent) {
        switch event {
        case .started(let address):
            log(.started, [.nodeAddress: "\(address)", .nodeVersion: HyphaVersion.text])
        case .configurationDoubtful(let problem):
            log(.configurationDoubtful, [.configProblem: problem])
        case .cipherFallback(let name): log(.cipherFallback, [.cryptoBackend: name])
        case .offloadMissing(let name): log(.offloadMissing, [.tunOffloads: name])
        case .listenFailed(let endpoint, let error):
            log(.listenFailed, [.listenEndpoint: endpoint, .errorReason: "\(error)"])
        case .tunAwaited(let name): log(.tunAwaited, [.tunName: name])
        case .tunReady(let tun):
            log(
                .tunReady,
                [.tunName: tun.name, .tunOffloads: tun.offloadNames.joined(separator: ",")]
            )
        case .listening(let endpoint): log(.listening, [.listenEndpoint: endpoint])
        case .ready: log(.ready)
        case .stopping: log(.stopping)
        case .keyCreated(let path): log(.keyCreated, [.filePath: path])
        case .keyFileExposed(let path): log(.keyFileExposed, [.filePath: path])
        case .cipherChosen(let name): log(.cipherChosen, [.cryptoBackend: name])
        case .reloaded: log(.reloaded)
        case .reloadRejected(let problem): log(.reloadRejected, [.configProblem: problem])
        case .restartNeeded(let key): log(.restartNeeded, [.configKey: key])
        default: writeNeighbour(event)
        }
    }

    private func writeNeighbour(_ event: LoopEvent) {
        switch event {
        case .peerUp(let link, let remote, let key):
            log(.linkUp, [.linkID: "\(link.value)", .peerAddress: Self.name(remote, key)])
        case .peerDown(let link, let remote, let key, let reason):
            log(
                .linkDown,
                [
                    .linkID: "\(link.value)", .errorReason: reason,
                    .peerAddress: Self.name(remote, key),
                ]
            )
        case .protocolViolated(let link, let remote, let reason):
            log(
                .protocolViolated,
                [.linkID: "\(link.value)", .errorReason: reason, .peerAddress: "\(remote)"]
            )
        case .peerUnreachable(let peer, let reason):
            log(.dialFailed, [.peerEndpoint: "\(peer)", .errorReason: reason])
        case .discovered(let address, let key):
            log(.peerDiscovered, [.peerAddress: Self.name(address, key)])
        case .discovering(let interface): log(.discovering, [.interfaceName: interface])
        case .peerAdded(let peer): log(.peerAdded, [.peerEndpoint: "\(peer)"])
        case .peerRemoved(let peer): log(.peerRemoved, [.peerEndpoint: "\(peer)"])
        case .dialling(let peer): log(.dialling, [.peerEndpoint: peer])
        case .searchFailed(let prefix): log(.searchFailed, [.routePrefix: "\(prefix)"])
        case .controlReceived(let link, let remote):
            log(
                .controlPacketReceived,
                [.linkID: "\(link.value)", .peerAddress: "\(remote)"]
            )
        case .controlSent(let link): log(.controlPacketSent, [.linkID: "\(link.value)"])
        case .ceilingReached(let name): log(.limitReached, [.limitName: name])
        case .identityConflict(let link): log(.identityConflict, [.linkID: "\(link.value)"])
        case .discoveryFailed(let interface, let error):
            log(.discoveryFailed, [.interfaceName: interface, .errorReason: "\(error)"])
        case .networkUnreadable(let error): log(.networkMonitorFailed, [.errorReason: "\(error)"])
        case .acceptPaused: log(.acceptPaused)
        case .acceptFailed(let error): log(.acceptPaused, [.errorReason: "\(error)"])
        case .controlFailed(let reason): log(.controlFailed, [.errorReason: reason])
        case .tunLost(let code): log(.tunLost, [.errorCode: "\(code)"])
        case .stateNotKept(let problem): log(.stateNotKept, [.errorReason: problem])
        case .handshake(let what): log(.handshake, [.errorReason: what])
        case .sessionFirst(let key): log(.sessionFirst, [.peerAddress: Self.name(key)])
        case .sessionMissing(let key): log(.sessionMissing, [.peerAddress: Self.name(key)])
        case .sessionAwaited(let key): log(.sessionAwaited, [.peerAddress: Self.name(key)])
        case .keyRefused(let prefix, let first, let offered):
            log(
                .keyRefused,
                [.routePrefix: "\(prefix)", .errorReason: "\(first) has it, \(offered) claims it"]
            )
        case .workerStuck: log(.limitReached, [.limitName: "commands for the packet path"])
        default: break
        }
    }

    private static func name(_ key: PublicKey) -> String { "\(IPv6Address(derivedFrom: key))" }

    private static func name(_ remote: SocketAddress, _ key: PublicKey) -> String {
        "\(IPv6Address(derivedFrom: key)) at \(remote)"
    }
}
