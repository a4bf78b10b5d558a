// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// One peer that we dial.
struct Peer {
    var address: PeerAddress
    /// Who is there, by beacon or by the last link.
    var publicKey: PublicKey?
    var state: State
    /// Dials since the peer was added.
    var attempts: UInt64 = 0
    /// Dials and short links that failed since the last link that proved itself.
    var failures = 0
    var lastFailure: PeerFailure?
    /// Why the last event said it is unreachable; `nil` once a link stands.
    var reported: PeerFailure?
    var schedule: RedialSchedule
    /// Whether this node made the direct link, and ends it when nothing goes over it.
    var isOwner = false
    /// When data went over such a link last.
    var usedAt: Instant = .zero
    /// When it is next asked whether routing prefers it, and how often in a row it did not.
    var reviewAt: Instant = .zero
    var detours = 0

    enum State: Hashable {
        case waiting(until: Instant)
        case dialling(DialID, since: Instant)
        case connected(LinkID)
    }

    var isDiscovered: Bool { scope != nil }

    var isDirect: Bool { address.isDirect }

    /// The interface of a discovered peer.
    var scope: UInt32? {
        guard case .discovered(let address) = address, case .v6(_, let scope) = address.host
        else { return nil }
        return scope
    }

    /// Whether `endpoint` names this peer; a discovered one by its numeric scope.
    func isNamed(by endpoint: Endpoint) -> Bool {
        switch address {
        case .endpoint(let own): return own == endpoint
        case .discovered(let own):
            guard case .v6(let address, let zone?) = endpoint.host, let scope = UInt32(zone)
            else { return false }
            return own.host == .v6(address, scope: scope) && own.port == endpoint.port
        case .direct: return false
        }
    }
}
