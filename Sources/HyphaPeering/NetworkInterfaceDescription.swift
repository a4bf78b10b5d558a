// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// One interface of the host, as the driver sees it.
package struct NetworkInterfaceDescription: Hashable, Sendable {
    /// Interface index, at least 1.
    package let index: UInt32
    package let name: String
    /// Whether it fits discovery by its nature (base section 2.9); the allow list is ours.
    ///
    /// Up, multicast-capable, neither loopback nor tunnel nor point-to-point, with a usable
    /// (no longer tentative) address in fe80::/64.
    package let isUsableForDiscovery: Bool
    /// Administratively up and with a carrier.
    package let isUp: Bool
    /// Its addresses; the scope of a link-local one may be 0 or ``index``.
    package let addresses: [SocketAddress.Host]

    package init(
        index: UInt32,
        name: String,
        isUsableForDiscovery: Bool,
        isUp: Bool,
        addresses: [SocketAddress.Host]
    ) {
        self.index = index
        self.name = name
        self.isUsableForDiscovery = isUsableForDiscovery
        self.isUp = isUp
        self.addresses = addresses
    }
}
