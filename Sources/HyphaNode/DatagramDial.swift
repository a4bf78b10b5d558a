// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// A `udp://` peer being dialled.
struct DatagramDial {
    /// Addresses that were not tried yet.
    var others: [SocketAddress]
    /// The key that the peer must have.
    let key: PublicKey?
}
