// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// One line of `hypha sessions`.
package struct EndToEndSnapshot: Hashable, Sendable {
    package var subnet: Prefix
    package var key: PublicKey
    package var protection: Protection
    /// What is sent under, and what the other end calls it.
    package var session: SessionIndex?
    package var remoteIndex: SessionIndex?
    /// Whether this node began the session.
    package var isInitiator: Bool
    /// How long there has been a session without a gap.
    package var age: Duration?
    /// How long ago its keys were replaced; `nil` if they never were.
    package var rekeyed: Duration?
    /// What went through it, all its keys together.
    package var counts: SessionCounts
    /// The greatest inner packet for the node, bytes.
    package var innerMTU: Int
    /// UDP endpoints at which the node says that it may be reached.
    package var candidates: [SocketAddress]
    /// When the node was first met, seconds since 1970.
    package var metAtSeconds: UInt64?
    /// Whether it offers sessions.
    package var isMarked: Bool
    /// Whether a handshake is under way.
    package var isTrying: Bool
    /// Attempts that failed since the last session.
    package var failureCount: Int

    /// What protects packets to the node.
    package enum Protection: Hashable, Sendable {
        /// A sealed link that ends there.
        case direct
        /// A session.
        case session
        /// Nothing is sent until there is a session.
        case waiting
        /// The base key, though the node offers sessions: shown as unprotected.
        case unprotected
        /// The base key; the node is not known to offer anything else.
        case base
    }
}

/// Who is behind an overlay address.
package struct AddressOwner: Hashable, Sendable {
    /// The key whose /64 it is.
    package var key: PublicKey
    /// Whether a session or a sealed link proves that packets from the /64 are of this key.
    package var isProven: Bool
    /// Whether it is the full address derived from the key; only then it is an identity.
    package var isExact: Bool

    package init(key: PublicKey, isProven: Bool, isExact: Bool) {
        self.key = key
        self.isProven = isProven
        self.isExact = isExact
    }
}
