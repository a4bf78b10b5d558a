// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What happens to a ``HandshakeEngine``.
package enum HandshakeInput {
    // MARK: - Asked by the driver

    /// Reach the node at the end of a path.
    ///
    /// Without a key a key request goes first; on an end-to-end path the key must be known. Ends
    /// with ``HandshakeOutput/install(_:)`` naming the attempt, or with
    /// ``HandshakeOutput/attemptFailed(_:_:)``.
    case initiate(AttemptID, HandshakePath, key: PublicKey?)
    /// Find out by key requests whether the node with this key answers at an endpoint, and reach it
    /// only if it does; ends like ``initiate(_:_:key:)``.
    case probe(AttemptID, SocketAddress, expecting: PublicKey)
    /// Give an attempt up without a word.
    case abandon(AttemptID)
    /// Forget all sessions of this peer and carrier, and stop rekeying them.
    case close(peer: PublicKey, SessionCarrier)
    /// Forget one session.
    case forget(SessionIndex)
    /// Rekeys of this session go over another path: it roamed.
    case moved(SessionIndex, to: HandshakePath)
    /// Whether anything but keep-alives uses a session: an idle one is not rekeyed by its age but
    /// left to expire. Sessions count as used until told otherwise.
    case traffic(SessionIndex, isIdle: Bool)
    /// What this node says of itself, and whom it favours; from the next handshake on.
    case configure(HandshakeConfiguration)
    /// The wall clock at this instant, after it was set.
    case wallClock(TAI64N)
    /// The key that answered at an endpoint in an earlier life of this node.
    case remember(SocketAddress, PublicKey)
    /// An index that somebody else on this node uses: not to be drawn.
    case taken(SessionIndex)
    /// An index that is free again after ``taken(_:)``.
    case free(SessionIndex)

    // MARK: - From the network

    /// A frame of type 1, 2, 3, 5 or 6 that came over a link's carrier.
    case frame([UInt8], from: HandshakePath)
    /// Content of an end-to-end body of type 0x10 or 0x11; `key` opened the body.
    case message(UInt8, [UInt8], from: IPv6Address, key: PublicKey)

    // MARK: - From the packet path

    /// The first frame was opened under a session that this node answered with.
    case confirmed(SessionIndex)
    /// A session was used for 2^32 frames or 2^40 bytes: rekey.
    case worn(SessionIndex)
    /// 2^36 tags failed under a session: give it up.
    case failing(SessionIndex)

    /// The instant of ``HandshakeEngine/nextDeadline()`` has come.
    case timer
}
