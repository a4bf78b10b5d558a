// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaForwarding
package import HyphaLink
package import HyphaPeering
package import HyphaSession
package import HyphaWire

/// What a node wants done, in this order.
package enum NodeOutput: Sendable {
    /// Send a control packet; of one link they stay in order.
    case transmit(LinkID, ControlTLV)
    /// Connect; answered by ``NodeInput/linkUp(_:_:)`` of this origin or
    /// ``NodeInput/dialFailed(_:_:)``. A host name is resolved anew.
    case dial(DialID, Endpoint)
    /// As ``dial(_:_:)``, to an address with scope.
    case dialAddress(DialID, SocketAddress)
    /// Connect by TCP to a neighbour whose UDP went silent; what comes of it is an ordinary
    /// ``NodeInput/linkUp(_:_:)`` with ``LinkDescription/Origin/standby``, or nothing.
    case dialStandby(SocketAddress)
    /// For the packet path: carriers and keys of sealed links.
    case carrier(CarrierCommand)
    /// For the packet path: sessions between two nodes.
    case session(SessionCommand)
    /// Keep this over restarts: a node with which there was a session, or one that is forgotten.
    case remember(MetChange)
    /// A link is gone that the packet path has been told to forget.
    case linkGone(LinkID)
    /// A stream is a carrier of another link now.
    case linkMerged(LinkID, into: LinkID)
    /// Keep this over restarts before what follows is sent.
    case timestamp(TAI64N)
    /// Give up a dial; it needs no answer.
    case cancelDial(DialID)
    /// Close a link; the node has forgotten it already.
    case close(LinkID, CloseReason)
    /// Send a beacon to the discovery group through one interface.
    case sendBeacon(interfaceIndex: UInt32, DiscoveryBeacon)
    /// Be a member of the discovery group on exactly these interfaces; ascending.
    case setDiscoveryMembership(interfaceIndexes: [UInt32])
    /// The packet path's state of a prefix; `nil` = nothing is known.
    case forwarding(Prefix, ForwardingState?)
    /// A search ended or was refused: packets waiting for this /64 can be given up.
    case searchFailed(Prefix)
    /// Something for the log.
    case event(NodeEvent)
}
