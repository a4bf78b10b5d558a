// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// How a link came to be and between which addresses it runs.
package struct LinkDescription: Hashable, Sendable {
    package let origin: Origin
    package let remote: SocketAddress
    package let local: SocketAddress

    /// Who opened the connection.
    package enum Origin: Hashable, Sendable {
        /// We did, for this dial.
        case dialled(DialID)
        /// The neighbour did.
        case inbound
        /// We did, for a neighbour whose other carrier went silent.
        case standby
    }

    /// The key that the peer's URL asks for; nothing is said in clear then.
    package let pinnedKey: PublicKey?

    package init(
        origin: Origin,
        remote: SocketAddress,
        local: SocketAddress,
        pinnedKey: PublicKey? = nil
    ) {
        self.pinnedKey = pinnedKey
        self.origin = origin
        self.remote = remote
        self.local = local
    }
}
