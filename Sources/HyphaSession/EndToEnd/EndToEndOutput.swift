// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What an ``EndToEndEngine`` wants done.
package enum EndToEndOutput {
    /// What the packet path does with a /64 from now on; `nil` = nobody uses it, ask again.
    case policy(Prefix, SessionPolicy?)
    /// Receive under this session, from sources in this /64, from now on. When to send under it is
    /// told by a policy.
    case install(EstablishedSession, Prefix)
    /// Neither send nor receive under this session any more.
    case remove(SessionIndex)
    /// Send a body of type 0x12 without content under this session: it confirms or keeps alive.
    case sendEmpty(SessionIndex)
    /// Send a body of type 0x12 with this content under this session.
    case sendControl(SessionIndex, [UInt8])
    /// Send the content of an end-to-end body of type 0x10 or 0x11, under the base key.
    case sendMessage(UInt8, [UInt8], to: IPv6Address)
    /// So many packets went under sessions with the node of this key since the last time, and it
    /// says that it may be reached at these UDP endpoints.
    case carried(PublicKey, sent: UInt64, received: UInt64, candidates: [SocketAddress])
    /// Keep this over restarts.
    case persist(MetChange)
    /// Keep this timestamp over restarts before what follows is sent.
    case timestamp(TAI64N)
    /// For the log.
    case event(EndToEndEvent)
}

/// What an operator may want to know.
package enum EndToEndEvent: Hashable, Sendable {
    /// A session or direct link with this node was confirmed for the first time ever.
    case met(PublicKey)
    /// A node that offers sessions did not complete a handshake; base bodies are used.
    case unprotected(PublicKey)
    /// A node that is remembered does not complete a handshake; packets are held.
    case held(PublicKey)
    /// Another key claims a /64 whose first key is reachable or remembered.
    case keyRefused(Prefix, first: PublicKey, offered: PublicKey)
    /// A table is full; once a minute for each.
    case ceiling(EndToEndCeiling)
    /// Something of a handshake.
    case handshake(HandshakeEvent)
}

/// The tables of an ``EndToEndEngine`` that can be full.
package enum EndToEndCeiling: Int, Hashable, Sendable, CaseIterable {
    /// Subnets with a policy; a new one gets none.
    case peers
    /// Remembered nodes; the least recently used is forgotten, first one that came by itself.
    case met
    /// Reachable subnets; a new one has no first key.
    case reachable
}
