// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaSession

/// A byte stream of a link, in the base dialect until it is sealed.
struct StreamState {
    /// The id under which the handshake engine knows the stream: that of the link it came as.
    let pathLink: LinkID
    let remote: SocketAddress
    let isDialler: Bool
    /// Whether it must be upgraded: pinned, or in a private network.
    let mustUpgrade: Bool
    var isSealed = false
    /// Whether this node sent message 1 of the handshake that sealed it.
    var isInitiator = false
    var carrier: CarrierState
    var attempt: AttemptID?
    var retryAt: Instant?
    /// Nothing is said in clear before this, since the stream is about to be sealed.
    var patienceUntil: Instant?
}
