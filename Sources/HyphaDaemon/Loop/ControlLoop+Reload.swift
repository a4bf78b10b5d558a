// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaControl
import HyphaLinux
import HyphaNode
import HyphaPeering

extension ControlLoop {
    /// Reads the configuration anew and takes over what can change while the node runs.
    ///
    /// That is peers, listeners and logging. A configuration with a mistake changes nothing.
    mutating func reload() {
        tell(.reloading)
        do throws(ConfigurationProblems) {
            apply(try ConfigurationFile.settings(settings.inputs))
            log.write(.reloaded)
        } catch {
            for problem in error.problems {
                log.write(
                    .reloadRejected(
                        "\(problem.source.text): \(problem.key): \(problem.message); \(problem.remedy)"
                    )
                )
            }
        }
        tell(.ready)
    }

    private mutating func apply(_ new: NodeSettings) {
        for peer in settings.peers where !new.peers.contains(peer) { feed(.removePeer(peer)) }
        for peer in new.peers where !settings.peers.contains(peer) { feed(.addPeer(peer)) }
        applyListeners(new.listen)
        log.setLevel(new.logLevel)
        for key in Self.fixedKeys(settings, new) { log.write(.restartNeeded(key)) }
        settings = new
    }

    private mutating func applyListeners(_ wanted: [Endpoint]) {
        for place in 0..<listeners.capacity where listeners.contains(place) {
            if !wanted.contains(listeners[place].endpoint) { _ = listeners.remove(place) }
        }
        for endpoint in wanted
        where endpoint.scheme == .tcp && !settings.listen.contains(endpoint) {
            do throws(SystemError) {
                try listen(on: endpoint)
                log.write(.listening(endpoint.description))
            } catch {
                log.write(.listenFailed(endpoint.description, error))
            }
        }
    }

    /// Settings that differ and only count at a start.
    private static func fixedKeys(_ old: NodeSettings, _ new: NodeSettings) -> [String] {
        let pairs: [(ConfigurationKey, Bool)] = [
            (.tunEnabled, old.isTunEnabled != new.isTunEnabled),
            (.tunName, old.tunName != new.tunName),
            (.keyFile, old.keyFile != new.keyFile),
            (.control, old.controlSocket != new.controlSocket),
            (.discoveryEnabled, old.isDiscoveryEnabled != new.isDiscoveryEnabled),
            (.discoveryInterfaces, old.discoveryInterfaces != new.discoveryInterfaces),
            (.directLinks, old.makesDirectLinks != new.makesDirectLinks),
            (.baseProtocolOnly, old.isBaseProtocolOnly != new.isBaseProtocolOnly),
            (.networkName, old.network?.name != new.network?.name),
            (.networkKeyFile, old.network?.keyFile != new.network?.keyFile),
            (.requireSessions, old.requiresSessions != new.requiresSessions),
            (.keyRequests, old.answersKeyRequests != new.answersKeyRequests),
            (.workers, old.workers != new.workers),
            (.cryptoBackend, old.cryptoBackend != new.cryptoBackend),
            (.logFormat, old.logFormat != new.logFormat),
        ]
        return pairs.filter(\.1).map(\.0.rawValue)
    }
}
