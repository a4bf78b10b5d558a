// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What operators learn from ``PeeringEngine``; never more than one for each change of a peer, and
/// about each ceiling one a minute.
package enum PeeringEvent: Hashable, Sendable {
    /// A beacon named a node that we had no link to.
    case discovered(SocketAddress, PublicKey)
    /// A discovered peer failed three times in a row, or its interface is gone.
    case forgotten(SocketAddress)
    /// A peer cannot be reached; told once for each kind of failure until a link stands.
    case unreachable(PeerAddress, PeerFailure)
    /// A dial reached ourselves.
    case ourselves(PeerAddress)
    /// Another node uses our key; no peer can tell the two apart. Told once a minute at most.
    case ownKeyElsewhere(LinkID)
    /// Something was refused; see the counters.
    case ceilingReached(PeeringCeiling)
}

/// Ceilings that events name.
package enum PeeringCeiling: Int, Hashable, Sendable, CaseIterable {
    /// ``Limits/staticPeersMax``.
    case staticPeers
    /// ``Limits/discoveredPeersMax`` or ``Limits/discoveriesPerSecond``.
    case discoveredPeers
    /// ``Limits/beaconsPerSecond``.
    case beacons
    /// ``PeeringConfiguration/linksMax`` or the part of it that is not reserved.
    case links
    /// ``Limits/inboundLinksPerAddressMax`` or ``Limits/inboundLinksPerSubnetMax``.
    case inboundPerAddress
    /// ``Limits/directLinksMax``, ``Limits/directProbesMax``, ``Limits/directPartnersMax`` or
    /// ``Limits/directEndpointsPerSecond``.
    case directLinks
}
