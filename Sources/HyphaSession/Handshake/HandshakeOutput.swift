// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What a ``HandshakeEngine`` wants done.
package enum HandshakeOutput {
    /// Send a frame, unsealed.
    case send([UInt8], to: HandshakePath)
    /// Send the content of an end-to-end body of type 0x10 or 0x11, under the base key.
    case sendMessage(UInt8, [UInt8], to: IPv6Address)
    /// Receive under this session from now on.
    case install(EstablishedSession)
    /// Send under this session from now on. An initiator is told so right after `install`, and the
    /// driver then sends an empty frame of kind 3 at once; a responder after `confirmed`.
    case use(SessionIndex)
    /// Neither send nor receive under this session any more.
    case remove(SessionIndex)
    /// An attempt is over without a session of its own.
    case attemptFailed(AttemptID, HandshakeFailure)
    /// Keep this timestamp over restarts, before what follows is sent: it lies ahead of all sent.
    case timestamp(TAI64N)
    /// For the log.
    case event(HandshakeEvent)
}

/// Why an attempt brought no session.
package enum HandshakeFailure: Hashable, Sendable {
    /// Nobody answered a handshake in 20 s.
    case timedOut
    /// Nobody answered three key requests.
    case noKeyReply
    /// Another key than the remembered one answered, and has not done so for 60 s yet.
    case keyChanged
    /// The other end is this node.
    case ourselves
    /// The key has small order or an end-to-end path came without one; trying again is useless.
    case unusableKey
    /// The peer's own initiation was confirmed first: there is a session, begun by the peer.
    case superseded
    /// Too many attempts are in flight, or no session can be added.
    case ceiling
}

/// What an operator may want to know.
package enum HandshakeEvent: Hashable, Sendable {
    /// Another key answers at an endpoint; refused for 60 s from the first time on.
    case keyChangeRefused(SocketAddress, remembered: PublicKey, offered: PublicKey)
    /// Another key answered at an endpoint for 60 s and is accepted.
    case keyChanged(SocketAddress, from: PublicKey, to: PublicKey)
    /// An initiation from this node itself arrived over a path, which is best closed.
    case ourselves(HandshakePath)
    /// Both ends initiated; whether the peer's initiation goes on.
    case simultaneous(PublicKey, SessionCarrier, peerWins: Bool)
    /// A table is full; once a minute for each.
    case ceiling(HandshakeCeiling)
}

/// The tables of a ``HandshakeEngine`` that can be full.
package enum HandshakeCeiling: UInt8, Hashable, Sendable, CaseIterable {
    case attempts, halfInitiations, unconfirmed, sessions, initiations
}
