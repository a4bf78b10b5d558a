// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaBytes
import HyphaControl
import HyphaLinux
import HyphaNode
import HyphaPeering

/// A listening socket and the URL it was opened for.
struct Listening: ~Copyable {
    let endpoint: Endpoint
    var listener: TCPListener
    /// Accepts again from then on; out of descriptors until then.
    var pausedUntil: Instant?
}

extension ControlLoop {
    /// Opens all TCP listeners of the settings.
    mutating func openListeners() throws(StartFailure) {
        for endpoint in settings.listen where endpoint.scheme == .tcp {
            do throws(SystemError) {
                try listen(on: endpoint)
            } catch {
                throw .listen(endpoint, errno: error.code)
            }
        }
    }

    /// Opens a listener and begins to accept on it.
    mutating func listen(on endpoint: Endpoint) throws(SystemError) {
        let listener = try Listening.open(endpoint)
        try listener.limitSegments(to: Limits.segmentBytesMax)
        guard
            let place = listeners.insert(Listening(endpoint: endpoint, listener: listener))
        else { return }
        let token = LoopToken.listener(place).rawValue
        try poller.add(listeners[place].listener.descriptor, token: token, interest: .readable)
    }

    /// Takes waiting connections, a bounded number a turn.
    mutating func acceptLinks(_ place: Int) {
        guard listeners.contains(place) else { return }
        for _ in 0..<Limits.acceptsPerTurn {
            do throws(SystemError) {
                switch try listeners[place].listener.accept() {
                case .accepted(let connection): try admit(connection)
                case .wouldBlock: return
                case .aborted: continue
                case .descriptorLimit:
                    pause(place)
                    return
                }
            } catch {
                log.write(.acceptFailed(error))
                return
            }
        }
    }

    private mutating func admit(_ connection: consuming TCPConnection) throws(SystemError) {
        // The node counts what it refuses.
        guard node.admits(inboundFrom: connection.peer, now: now) else { return }
        try establish(connection, origin: .inbound)
        feedPending()
    }

    /// Stops accepting for a moment, so that the loop does not spin at the descriptor limit.
    private mutating func pause(_ place: Int) {
        log.write(.acceptPaused)
        listeners[place].pausedUntil = now + Limits.acceptPause
        setInterest(of: place, [])
    }

    mutating func resumeListeners() {
        for place in 0..<listeners.capacity where listeners.contains(place) {
            guard let until = listeners[place].pausedUntil, until <= now else { continue }
            listeners[place].pausedUntil = nil
            setInterest(of: place, .readable)
        }
    }

    func nextListenerDeadline() -> Instant? {
        var next: Instant?
        for place in 0..<listeners.capacity where listeners.contains(place) {
            if let until = listeners[place].pausedUntil { next = min(next ?? until, until) }
        }
        return next
    }

    private func setInterest(of place: Int, _ interest: Poller.Interest) {
        do throws(SystemError) {
            try poller.modify(
                listeners[place].listener.descriptor,
                token: LoopToken.listener(place).rawValue,
                interest: interest
            )
        } catch {
            log.write(.acceptFailed(error))
        }
    }
}

/// A UDP socket and the URL it was opened for.
struct DatagramListening {
    let endpoint: Endpoint
    let localAddress: SocketAddress
    /// Given to the packet path.
    let handle: DatagramSocket.Handle

    /// Opens all UDP listeners of the settings.
    static func open(_ settings: NodeSettings) throws(StartFailure) -> [DatagramListening] {
        var all: [DatagramListening] = []
        guard !settings.isBaseProtocolOnly else { return all }
        for endpoint in settings.listen where endpoint.scheme == .udp {
            do throws(SystemError) {
                let socket = try open(endpoint)
                let address = socket.localAddress
                all.append(
                    DatagramListening(
                        endpoint: endpoint,
                        localAddress: address,
                        handle: socket.release()
                    )
                )
            } catch {
                throw .listen(endpoint, errno: error.code)
            }
        }
        return all
    }

    private static func open(_ endpoint: Endpoint) throws(SystemError) -> DatagramSocket {
        switch endpoint.host {
        case .v6(.unspecified, zone: nil): return try .onAnyAddress(port: endpoint.port)
        case .v6(let address, let zone):
            let scope = zone.flatMap { SocketAddress.scope(ofZone: $0) } ?? 0
            let host = SocketAddress.Host.v6(address, scope: scope)
            return try DatagramSocket(on: SocketAddress(host: host, port: endpoint.port))
        case .v4(let address):
            return try DatagramSocket(on: SocketAddress(host: .v4(address), port: endpoint.port))
        case .name:
            throw SystemError(operation: .listen, code: EINVAL)
        }
    }
}

extension Listening {
    /// Listens where a URL says; `[::]` takes IPv4 as well, and IPv4 alone where there is no IPv6.
    static func open(_ endpoint: Endpoint) throws(SystemError) -> TCPListener {
        switch endpoint.host {
        case .v6(.unspecified, zone: nil): return try .onAnyAddress(port: endpoint.port)
        case .v6(let address, let zone):
            let scope = zone.flatMap { SocketAddress.scope(ofZone: $0) } ?? 0
            let host = SocketAddress.Host.v6(address, scope: scope)
            return try TCPListener(on: SocketAddress(host: host, port: endpoint.port))
        case .v4(let address):
            return try TCPListener(on: SocketAddress(host: .v4(address), port: endpoint.port))
        case .name:
            throw SystemError(operation: .listen, code: EINVAL)
        }
    }
}
