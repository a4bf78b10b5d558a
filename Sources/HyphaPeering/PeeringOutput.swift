// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaWire

/// What ``PeeringEngine`` wants done.
package enum PeeringOutput: Hashable, Sendable {
    /// Connect; answered by a link of this origin or by a failure.
    case dial(DialID, Endpoint)
    /// As ``dial(_:_:)``, to the address of a beacon.
    case dialAddress(DialID, SocketAddress)
    /// Find out whether the node with this key answers at one of these endpoints, one after the
    /// other, and link to it only if it does; answered as ``dial(_:_:)`` is.
    case probe(DialID, [SocketAddress], PublicKey)
    /// Give up a dial; it needs no answer.
    case cancelDial(DialID)
    /// Close a link; the engine has forgotten it already.
    case close(LinkID, CloseReason)
    /// Send a beacon to the group through one interface.
    case sendBeacon(interfaceIndex: UInt32, DiscoveryBeacon)
    /// Be a member of the group on exactly these interfaces; ascending.
    case setDiscoveryMembership(interfaceIndexes: [UInt32])
    /// Something an operator may want to read.
    case event(PeeringEvent)
}
