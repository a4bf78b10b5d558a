// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// A `udp://` peer being dialled, or a partner of a session that is looked for.
struct DatagramDial {
    /// Addresses that were not tried yet.
    var others: [SocketAddress]
    /// The key that the peer must have.
    let key: PublicKey?
    /// Whether the key must show itself before a handshake is begun.
    var isProbe = false
}
