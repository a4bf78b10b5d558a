// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaLink
package import HyphaPeering
package import HyphaRouting
package import HyphaSession

/// What operators learn from a node.
///
/// Neighbours can cause ``peerUp(_:remote:_:)`` and
/// ``peerDown(_:remote:_:_:)`` as often as they connect, so the log limits their rate.
package enum NodeEvent: Hashable, Sendable {
    /// A neighbour said who it is; a claim, since base links prove nothing.
    case peerUp(LinkID, remote: SocketAddress, PublicKey)
    /// The link of such a neighbour is gone.
    case peerDown(LinkID, remote: SocketAddress, PublicKey, LinkEnd)
    case peering(PeeringEvent)
    case link(LinkEvent)
    case session(EndToEndEvent)
    case routing(RoutingEvent)
}

/// How a link ended.
package enum LinkEnd: Hashable, Sendable {
    /// The driver said so: end of stream, error, carrier gone.
    case ended
    /// We closed it.
    case closed(CloseReason)
    /// A sealed link ended.
    case sealed(LinkDownReason)
}
