// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

extension Limits {
    /// Hellos answered at once on one link; what exceeds burst and rate gets no IHU and is counted.
    package static let ihusBurst = 256
    /// Hellos answered per second on one link in the long run.
    package static let ihusPerSecond = 20

    /// Configured peers; a further one is refused.
    package static let staticPeersMax = 256
    /// Peers known by beacon; a further one is refused and counted until some are forgotten.
    package static let discoveredPeersMax = 256
    /// Inbound and discovered links together, in quarters of all slots: the last quarter is for
    /// static peers.
    package static let unreservedLinksQuarters = 3
    /// Inbound links from one address; a further one is refused unless it can replace one that
    /// has stayed unidentified for 10 s.
    package static let inboundLinksPerAddressMax = 16
    /// Inbound links from one IPv6 /64 that is neither link-local nor loopback; as above.
    package static let inboundLinksPerSubnetMax = 64

    /// Direct links, those being made included, and never more than a quarter of all links; nothing
    /// further is tried then, and counted.
    package static let directLinksMax = 64
    /// Nodes looked for at a time; a further one is postponed and counted.
    package static let directProbesMax = 16
    /// Partners of sessions whose packets are counted and whose waits are remembered; the one idle
    /// for longest gives way, unless all were tried within a minute: then a further one is counted.
    package static let directPartnersMax = 256
    /// Packets within 10 s from which on a session is worth a direct link.
    static let directPacketsMin: UInt64 = 16
    /// Endpoints of one node that are tried; as many as a message holds.
    static let directEndpointsMax = 4
    /// Endpoints tried per second, and at once; further ones are postponed and counted.
    ///
    /// Each costs 3 key requests of 64 bytes at most, and that is all that peers with false
    /// endpoints can make this node send to others.
    package static let directEndpointsPerSecond = 4
    package static let directEndpointsBurst = 16

    /// Interfaces used for discovery, lowest indexes first; further ones are left out.
    package static let discoveryInterfacesMax = 64
    /// Beacons looked at per interface at once, and per second; others are dropped and counted.
    package static let beaconsBurst = 256
    package static let beaconsPerSecond = 64
    /// Peers added by beacons per interface at once, and per second; others are refused and counted.
    package static let discoveriesBurst = 64
    package static let discoveriesPerSecond = 4
    /// Beacons sent out of turn because an interface appeared; then they wait for a token.
    package static let extraBeaconsBurst = 16
    /// Times per second that a network change may cut the waits of peers short, and at once.
    package static let redialCutsPerSecond = 1
    package static let redialCutsBurst = 2
}
