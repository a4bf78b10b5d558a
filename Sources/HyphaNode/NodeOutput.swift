// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaForwarding
package import HyphaPeering
package import HyphaWire

/// What a node wants done, in this order.
package enum NodeOutput: Hashable, Sendable {
    /// Send a control packet; of one link they stay in order.
    case transmit(LinkID, ControlTLV)
    /// Connect; answered by ``NodeInput/linkUp(_:_:)`` of this origin or
    /// ``NodeInput/dialFailed(_:_:)``. A host name is resolved anew.
    case dial(DialID, Endpoint)
    /// As ``dial(_:_:)``, to an address with scope.
    case dialAddress(DialID, SocketAddress)
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
