// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaBytes
import HyphaControl
import HyphaLinux
import HyphaNode
import HyphaPeering

/// A connection attempt under way, with the addresses still to be tried after it.
struct Dialling: ~Copyable {
    /// `nil`: a stand-by for a neighbour whose UDP went silent.
    let id: DialID?
    /// The key that the peer's URL asks for.
    let pinnedKey: PublicKey?
    let connection: TCPConnection
    var others: [SocketAddress]
    /// When the attempt at this address is given up.
    let deadline: Instant
}

extension ControlLoop {
    /// Dials a peer; a host name is resolved first, anew at each attempt.
    mutating func dial(_ id: DialID, _ endpoint: Endpoint) {
        if settings.isBaseProtocolOnly, endpoint.scheme != .tcp || endpoint.pinnedKey != nil {
            pending.append(.dialFailed(id, .notOffered))
            return
        }
        switch endpoint.host {
        case .v4(let address):
            dial(id, endpoint, [SocketAddress(host: .v4(address), port: endpoint.port)])
        case .v6(let address, let zone):
            guard let scope = zone.map({ SocketAddress.scope(ofZone: $0) }) ?? .some(0) else {
                pending.append(.dialFailed(id, .unreachable))
                return
            }
            let host = SocketAddress.Host.v6(address, scope: scope)
            dial(id, endpoint, [SocketAddress(host: host, port: endpoint.port)])
        case .name(let name):
            guard resolver.submit(name: name, port: endpoint.port, token: id.value) else {
                pending.append(.dialFailed(id, .exhausted))
                return
            }
            resolving[id] = endpoint
        }
    }

    /// Goes on with a peer whose addresses are known.
    private mutating func dial(
        _ id: DialID,
        _ endpoint: Endpoint,
        _ addresses: [SocketAddress]
    ) {
        switch endpoint.scheme {
        case .tcp: tryNext(id, addresses, endpoint.pinnedKey)
        case .udp: pending.append(.dialDatagram(id, addresses, key: endpoint.pinnedKey))
        }
    }

    mutating func dial(_ id: DialID, _ address: SocketAddress) { tryNext(id, [address], nil) }

    /// Opens a second carrier to a neighbour; nobody waits for it.
    mutating func dialStandby(_ address: SocketAddress) { tryNext(nil, [address], nil) }

    /// Names that were resolved; answers to dials given up since are left aside by the node.
    mutating func handleResolved() {
        for answer in resolver.takeAnswers() {
            let id = DialID(answer.token)
            guard let endpoint = resolving.removeValue(forKey: id) else { continue }
            switch answer.outcome {
            case .addresses(let addresses): dial(id, endpoint, addresses)
            case .notFound, .temporaryFailure, .failed: pending.append(.dialFailed(id, .unresolved))
            }
        }
        feedPending()
    }

    mutating func cancelDial(_ id: DialID) {
        resolving[id] = nil
        for place in 0..<dials.end where dials.contains(place) && dials[place].id == id {
            _ = dials.remove(place)
        }
    }

    // MARK: - Attempts

    /// Tries addresses one after the other until an attempt is under way.
    private mutating func tryNext(
        _ id: DialID?,
        _ addresses: [SocketAddress],
        _ key: PublicKey?
    ) {
        var failure = DialFailure.unresolved
        var options = TCPConnection.Options()
        options.segmentBytesMax = Limits.segmentBytesMax
        for (i, address) in addresses.enumerated() {
            do throws(SystemError) {
                let connection = try TCPConnection.start(to: address, options: options)
                let dialling = Dialling(
                    id: id,
                    pinnedKey: key,
                    connection: connection,
                    others: Array(addresses[(i + 1)...]),
                    deadline: now + Limits.dialTimeout
                )
                guard let place = dials.insert(dialling) else {
                    give(.exhausted, to: id)
                    return
                }
                let token = LoopToken.dial(place).rawValue
                try poller.add(
                    dials[place].connection.descriptor,
                    token: token,
                    interest: .writable
                )
                return
            } catch {
                failure = Self.failure(error)
            }
        }
        give(failure, to: id)
    }

    private mutating func give(_ failure: DialFailure, to id: DialID?) {
        if let id { pending.append(.dialFailed(id, failure)) }
    }

    /// An attempt has ended one way or the other.
    mutating func handleDial(_ place: Int) {
        guard dials.contains(place) else { return }
        switch dials[place].connection.connectState() {
        case .connecting: return
        case .connected: succeed(place)
        case .failed(let error): fail(place, Self.failure(error))
        }
        feedPending()
    }

    private mutating func succeed(_ place: Int) {
        let dialling = dials.remove(place)
        let id = dialling.id
        let key = dialling.pinnedKey
        let connection = dialling.takeConnection()
        do throws(SystemError) {
            try poller.remove(connection.descriptor)
            try establish(connection, origin: id.map { .dialled($0) } ?? .standby, key)
        } catch {
            give(Self.failure(error), to: id)
        }
    }

    private mutating func fail(_ place: Int, _ failure: DialFailure) {
        let dialling = dials.remove(place)
        if dialling.others.isEmpty {
            give(failure, to: dialling.id)
        } else {
            tryNext(dialling.id, dialling.others, dialling.pinnedKey)
        }
    }

    mutating func expireDials() {
        var expired = false
        for place in 0..<dials.end where dials.contains(place) {
            guard dials[place].deadline <= now else { continue }
            fail(place, .timedOut)
            expired = true
        }
        if expired { feedPending() }
    }

    func nextDialDeadline() -> Instant? {
        var next: Instant?
        guard dials.count > 0 else { return nil }
        for place in 0..<dials.end where dials.contains(place) {
            next = min(next ?? dials[place].deadline, dials[place].deadline)
        }
        return next
    }

    /// Gives the node what came up outside of its outputs.
    mutating func feedPending() {
        let inputs = pending
        pending = []
        for input in inputs { feed(input) }
    }

    private static func failure(_ error: SystemError) -> DialFailure {
        switch error.code {
        case ECONNREFUSED, ECONNRESET: .refused
        case ETIMEDOUT: .timedOut
        case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL:
            .unreachable
        case EMFILE, ENFILE, ENOBUFS, ENOMEM, EAGAIN: .exhausted
        default: .other
        }
    }
}

extension Dialling {
    /// The connection alone.
    consuming func takeConnection() -> TCPConnection { connection }
}
