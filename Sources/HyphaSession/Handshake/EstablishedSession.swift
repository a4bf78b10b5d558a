// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What a finished handshake gives to the packet path and to the owner of the link or session.
package struct EstablishedSession: Sendable {
    /// Stands in the frames that come to us.
    package let localIndex: SessionIndex
    /// Stands in the frames that we send.
    package let remoteIndex: SessionIndex
    /// The authenticated key of the other end.
    package let peer: PublicKey
    package let path: HandshakePath
    /// Whether this node sent message 1.
    ///
    /// The session of a responder is not to be sent under, nor is anything said of the peer below
    /// to be acted on, before it is confirmed.
    package let isInitiator: Bool
    package let keys: SessionKeys
    /// The attempt that led here, `nil` for a responder and a rekey.
    package let attempt: AttemptID?
    package let capabilities: Capabilities
    /// UDP payload that the peer's link takes, or the inner MTU of an end-to-end session, bytes.
    package let carrierMTU: UInt16
    /// Where the peer listens, 0 = nowhere; 0 in an end-to-end session.
    package let udpPort: UInt16
    package let tcpPort: UInt16
    /// Our own endpoint as the peer sees it; only for the initiator of a datagram link.
    package let reflexive: SocketAddress?
    /// Whether there was a session to this peer over this carrier already.
    package let isRekey: Bool

    init(
        localIndex: SessionIndex,
        remoteIndex: SessionIndex,
        peer: PublicKey,
        path: HandshakePath,
        isInitiator: Bool,
        keys: SessionKeys,
        attempt: AttemptID?,
        about: PeerAnnouncement,
        isRekey: Bool
    ) {
        self.localIndex = localIndex
        self.remoteIndex = remoteIndex
        self.peer = peer
        self.path = path
        self.isInitiator = isInitiator
        self.keys = keys
        self.attempt = attempt
        capabilities = about.capabilities
        carrierMTU = about.mtuBytes
        udpPort = about.udpPort
        tcpPort = about.tcpPort
        reflexive = about.reflexive
        self.isRekey = isRekey
    }
}
