// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What happens to an ``EndToEndEngine``.
package enum EndToEndInput {
    // MARK: - From the packet path

    /// There are packets for a destination without a policy or with one of `base`, `hold` or
    /// `refuse`; at most once a second for each /64. `key` is the one of its route, `isMarked`
    /// whether the router id of the route offers sessions.
    case wanted(IPv6Address, key: PublicKey, isMarked: Bool)
    /// Content of an end-to-end body of type 0x10 or 0x11; `key` opened the body.
    case message(UInt8, [UInt8], from: IPv6Address, key: PublicKey)
    /// The first body was opened under a session that this node answered with.
    case confirmed(SessionIndex)
    /// 2^32 bodies or 2^40 bytes went under a session.
    case worn(SessionIndex)
    /// 2^36 tags failed under a session.
    case failing(SessionIndex)
    /// A body from this source that no session and no base key opens, though its form is that of
    /// a session body; rate-limited.
    case unknownIndex(from: IPv6Address)
    /// When a session was used last, and what went through it so far.
    case activity(SessionActivity, SessionCounts = SessionCounts())
    /// Content of a body of type 0x12, not empty, that was opened under a session.
    case control(SessionIndex, [UInt8])

    // MARK: - From routing and links

    /// The /64 of a node has a selected route; also whenever the router id of the route changes, or
    /// the greatest inner packet that it takes.
    case reachable(Prefix, RouterID, pathMTU: UInt16 = .max)
    /// The /64 has no route any more.
    case unreachable(Prefix)
    /// A sealed link to this key is confirmed, or there is none any more.
    case linkSession(PublicKey, isUp: Bool)

    // MARK: - From the driver

    /// What the node remembers from its earlier lives; before anything else.
    case remember([MetNode])
    /// `hypha peers forget`: the node of this address may use base bodies again.
    case forget(IPv6Address)
    /// What this node says of itself and asks of others; from the next decision on.
    case configure(EndToEndConfiguration)
    /// UDP endpoints at which this node may be reached, best first.
    case endpoints([SocketAddress])
    /// The wall clock at this instant, after it was set.
    case wallClock(TAI64N)
    /// An index that a link of this node uses: not to be drawn; and one that is free again.
    case taken(SessionIndex)
    case free(SessionIndex)
    /// The instant of ``EndToEndEngine/nextDeadline()`` has come.
    case timer
}
