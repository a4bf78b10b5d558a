// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaPeering
package import HyphaWire

/// What happens to a node.
package enum NodeInput: Hashable, Sendable {
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
