// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaLink
package import HyphaPeering
package import HyphaSession
package import HyphaWire

/// What happens to a node.
package enum NodeInput: Sendable {
    /// Begin: dial, send beacons. The listeners should stand by then, since whoever hears the
    /// first beacon dials at once.
    case start
    /// A connection stands. It may be closed again by the outputs of this very input.
    case linkUp(LinkID, LinkDescription)
    /// A link ended: end of stream, error, carrier gone. Unknown links are ignored, so it does not
    /// matter whether this follows a ``NodeOutput/close(_:_:)``.
    case linkDown(LinkID)
    /// A control packet arrived; from an unknown link it is counted and ignored.
    case control(LinkID, ControlTLV)
    /// A dial led to nothing.
    case dialFailed(DialID, DialFailure)
    /// A `udp://` peer is to be reached at one of these addresses, by a key that it must have if
    /// it is pinned.
    case dialDatagram(DialID, [SocketAddress], key: PublicKey?)
    /// Something of a carrier of a sealed link.
    case carrier(CarrierEvent)
    /// What the packet path says of sessions between two nodes.
    case session(SessionEvent)
    /// Nodes with which there were sessions in earlier lives; before ``start``.
    case remember([MetNode])
    /// The node of this address may be spoken to without a session again.
    case forget(IPv6Address)
    /// The route to a neighbour's UDP takes IP packets of so many bytes.
    case routeMTU(LinkID, Int)
    /// What the packet path counted; before each ``timer``.
    case activity([LinkActivity])
    /// Say farewell to the neighbours; nothing is done afterwards.
    case stop
    /// A beacon was heard; the source carries the interface index as its scope.
    case beacon(DiscoveryBeacon, from: SocketAddress)
    /// All interfaces of the host, before ``start`` and after every change.
    case interfaces([NetworkInterfaceDescription])
    /// A packet needs a route; `cause` is the link it came from, `nil` = this host.
    case search(Prefix, cause: LinkID?)
    /// A route is in use and near its end.
    case refresh(Prefix)
    /// Dial this peer for ever; see ``Node/addition(of:)``.
    case addPeer(Endpoint)
    /// Forget this peer, close its link, cancel its dial; see ``Node/hasPeer(_:)``.
    case removePeer(Endpoint)
    /// The deadline has come; harmless at any other time.
    case timer
}
