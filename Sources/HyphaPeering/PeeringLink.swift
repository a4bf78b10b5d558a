// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// One link, as far as peering cares.
struct PeeringLink {
    /// The peer whose dial it answers, or that it satisfies; `nil` = inbound.
    var peer: PeerAddress?
    let group: AddressGroup
    let since: Instant
    var publicKey: PublicKey?

    /// Whether it takes one of the slots that are reserved for nobody.
    var isUnreserved: Bool {
        switch peer {
        case .endpoint: false
        case .discovered, .direct, nil: true
        }
    }

    /// Whether it counts among what one address may open, since the neighbour may have opened it.
    var isInbound: Bool { peer?.isDirect ?? true }
}
