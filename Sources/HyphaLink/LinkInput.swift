// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaSession
package import HyphaWire

/// Names one wish to reach a `udp://` peer; the driver counts it up and never uses it again.
package struct DialToken: Hashable, Comparable, Sendable {
    package let value: UInt64

    package init(_ value: UInt64) { self.value = value }

    package static func < (left: DialToken, right: DialToken) -> Bool { left.value < right.value }
}

/// What happens to a ``LinkEngine``.
package enum LinkInput: Sendable {
    // MARK: - Streams, which start as base links of the node

    /// A stream is open. With a pinned key, and always in a private network, it carries type-2
    /// packets from its first byte; otherwise it waits for ``identified(_:_:)``.
    case streamUp(
        LinkID,
        isDialler: Bool,
        remote: SocketAddress,
        local: SocketAddress,
        pinnedKey: PublicKey?
    )
    /// A stream is gone.
    case streamDown(LinkID)
    /// The first finite Update with metric 0 came in clear; nothing follows unless it is marked.
    case identified(LinkID, RouterID)

    // MARK: - Datagrams

    /// Reach a node over UDP: a `udp://` peer, or one discovered with its key.
    ///
    /// Ends with ``LinkOutput/linkUp(_:_:_:dial:_:)``, ``LinkOutput/dialJoined(_:_:)`` or
    /// ``LinkOutput/dialFailed(_:_:)``.
    case dial(DialToken, SocketAddress, key: PublicKey?)
    /// Give a dial up without a word; a link that came of it stays.
    case cancelDial(DialToken)
    /// Look for a node at an endpoint that it has told in a session, and link to it only if its key
    /// answers there; ends like a dial, which ``cancelDial(_:)`` ends too.
    case probe(DialToken, SocketAddress, key: PublicKey)
    /// The IP MTU of the route to this neighbour, bytes; 1500 until told.
    case routeMTU(LinkID, Int)
    /// Addresses of this host; a reflexive endpoint that is none of them means NAT.
    case localAddresses([SocketAddress.Host])

    // MARK: - Use

    /// Send one whole Babel packet, from its magic on; `isReliable`: acknowledged and repeated.
    case send(LinkID, [UInt8], isReliable: Bool)
    /// Whether routes are selected through a link.
    case use(LinkID, LinkUse)
    /// End a link, telling the neighbour why.
    case close(LinkID, CloseCode)
    /// End all links; nothing is done afterwards.
    case closeAll(CloseCode)

    // MARK: - From the packet path

    case event(CarrierEvent)
    /// Comes before each ``timer``.
    case activity([LinkActivity])

    // MARK: - For the handshake engine

    /// See ``HandshakeInput``: what this node says of itself.
    case configure(HandshakeConfiguration)
    /// The wall clock was set.
    case wallClock(TAI64N)
    /// An index that somebody else on this node uses, or uses no more.
    case taken(SessionIndex)
    case free(SessionIndex)

    /// The instant of ``LinkEngine/nextDeadline()`` has come.
    case timer
}
