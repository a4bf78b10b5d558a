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
    }

    package init(origin: Origin, remote: SocketAddress, local: SocketAddress) {
        self.origin = origin
        self.remote = remote
        self.local = local
    }
}
