// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaWire

/// What ``PeeringEngine`` is told.
package enum PeeringInput: Hashable, Sendable {
    /// Begin: dial the static peers, send the first beacons.
    case start
    /// A connection stands; may be answered by ``PeeringOutput/close(_:_:)``.
    case linkUp(LinkID, LinkDescription)
    /// A link ended, for whatever reason; unknown ones are ignored.
    case linkDown(LinkID)
    /// The first valid Update of metric 0 on a link told who the neighbour is.
    case linkIdentified(LinkID, RouterID)
    /// A handshake proved the neighbour's key.
    case linkAuthenticated(LinkID, PublicKey)
    /// A node that was told in a session where this one can be reached has made an inbound link, the
    /// key of which was just proven, from this address.
    case foundUs(LinkID, SocketAddress)
    /// Something went through sessions with a node.
    case sessionUsed(SessionUse)
    /// What each of ``PeeringEngine/directLinks`` is good for; before each ``timer``.
    case directLinksUsed([DirectLinkUse])
    /// A dial led to the neighbour of a link that was there already.
    case dialJoined(DialID, LinkID)
    /// The first link is a carrier of the second one from now on, and no link of its own.
    case linkMerged(LinkID, into: LinkID)
    /// A dial led to nothing; unknown dials are ignored.
    case dialFailed(DialID, DialFailure)
    /// A beacon was heard; the source carries the interface index as its scope.
    case beacon(DiscoveryBeacon, from: SocketAddress)
    /// All interfaces of the host, after every change.
    case interfaces([NetworkInterfaceDescription])
    /// Dial this peer for ever; one that is known or above the ceiling changes nothing, see
    /// ``PeeringEngine/addition(of:)``.
    case addPeer(Endpoint)
    /// Forget this peer, static or discovered, close its link, cancel its dial.
    case removePeer(Endpoint)
    /// The deadline has come.
    case timer
}
