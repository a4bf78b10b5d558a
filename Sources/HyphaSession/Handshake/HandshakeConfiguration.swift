// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What a node says of itself in handshakes, and whom it favours.
package struct HandshakeConfiguration: Sendable {
    /// What this node can do.
    package var capabilities: Capabilities
    /// Largest UDP payload this node takes on a link, bytes.
    package var carrierMTU: UInt16
    /// Largest inner packet this node takes in an end-to-end session, bytes.
    package var innerMTU: UInt16
    /// Where this node listens, 0 = nowhere.
    package var udpPort: UInt16
    package var tcpPort: UInt16
    /// `key_requests`: whether anybody who asks is told our public key.
    package var answersKeyRequests: Bool
    /// Keys for which a quarter of every table is kept.
    package var configuredPeers: Set<PublicKey>

    package init(
        capabilities: Capabilities,
        carrierMTU: UInt16,
        innerMTU: UInt16,
        udpPort: UInt16,
        tcpPort: UInt16,
        answersKeyRequests: Bool = true,
        configuredPeers: Set<PublicKey> = []
    ) {
        self.capabilities = capabilities
        self.carrierMTU = carrierMTU
        self.innerMTU = innerMTU
        self.udpPort = udpPort
        self.tcpPort = tcpPort
        self.answersKeyRequests = answersKeyRequests
        self.configuredPeers = configuredPeers
    }
}
