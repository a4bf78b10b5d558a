// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// A node with which a session was once confirmed; its /64 follows from its key.
package struct MetNode: Hashable, Sendable {
    package let key: PublicKey
    /// Wall-clock time of the first confirmation, seconds since 1970.
    package let metAtSeconds: UInt64
    /// Whether this node had packets for it, so that a crowd of strangers cannot displace it.
    package let isOwn: Bool

    package init(key: PublicKey, metAtSeconds: UInt64, isOwn: Bool) {
        self.key = key
        self.metAtSeconds = metAtSeconds
        self.isOwn = isOwn
    }
}

/// A change to the remembered nodes, to be appended to their file.
package enum MetChange: Hashable, Sendable {
    /// Replaces what was said of this key before.
    case remember(MetNode)
    case forget(PublicKey)
}
