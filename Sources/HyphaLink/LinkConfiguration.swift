// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// How a ``LinkEngine`` behaves.
package struct LinkConfiguration: Hashable, Sendable {
    /// This node's key.
    package var publicKey: PublicKey
    /// Whether this node has a UDP socket; without one everything stays on streams.
    package var hasDatagrams: Bool
    /// The port of that socket, to tell NAT; 0 = unknown.
    package var udpPort: UInt16
    /// Whether the network has a key: streams carry type-2 packets from their first byte.
    package var isPrivate: Bool
    /// The first of the ids for links that come over UDP; streams have smaller ones.
    package var firstLink: LinkID

    /// - Parameters:
    ///   - publicKey: This node's key.
    ///   - hasDatagrams: Whether this node has a UDP socket.
    ///   - udpPort: The port of that socket; 0 = unknown.
    ///   - isPrivate: Whether the network has a key: streams carry type-2 packets from the start.
    ///   - firstLink: The first of the ids for links that come over UDP.
    package init(
        publicKey: PublicKey,
        hasDatagrams: Bool,
        udpPort: UInt16,
        isPrivate: Bool,
        firstLink: LinkID = LinkID(0x8000_0000)
    ) {
        self.publicKey = publicKey
        self.hasDatagrams = hasDatagrams
        self.udpPort = udpPort
        self.isPrivate = isPrivate
        self.firstLink = firstLink
    }
}
