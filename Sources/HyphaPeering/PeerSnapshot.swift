// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What status shows of one peer.
package struct PeerSnapshot: Hashable, Sendable {
    package let address: PeerAddress
    package let state: State
    /// Who is there, by beacon or by the last link; a claim, since base links prove nothing.
    package let publicKey: PublicKey?
    /// Dials since the peer was added.
    package let attempts: UInt64
    /// Failures since the last link that lived 10 s.
    package let failures: Int
    /// Why the last dial or link ended; kept while a new link stands.
    package let lastFailure: PeerFailure?

    /// Where the peer stands.
    package enum State: Hashable, Sendable {
        /// The next dial is at this instant.
        case waiting(until: Instant)
        /// A dial runs since this instant.
        case dialling(since: Instant)
        /// This link stands.
        case connected(LinkID)
    }

    init(_ peer: Peer) {
        address = peer.address
        state =
            switch peer.state {
            case .waiting(let until): .waiting(until: until)
            case .dialling(_, let since): .dialling(since: since)
            case .connected(let link): .connected(link)
            }
        publicKey = peer.publicKey
        attempts = peer.attempts
        failures = peer.failures
        lastFailure = peer.lastFailure
    }
}
