// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What an operator decides about peering.
package struct PeeringConfiguration: Hashable, Sendable {
    /// Dialled for ever; duplicates and what exceeds ``Limits/staticPeersMax`` are left out.
    package var staticPeers: [Endpoint]
    /// Whether beacons are sent and heard.
    package var isDiscoveryEnabled: Bool
    /// Names of the interfaces to use for discovery; empty = all.
    package var discoveryInterfaces: [String]
    /// TCP port announced in beacons; 0 = we do not listen, so none are sent.
    package var listenPort: UInt16
    /// Links of any origin, 4...``Limits/neighboursMax``; lower where descriptors are few.
    package var linksMax: Int
    /// Whether nodes with sessions are linked to directly, where they can be reached.
    package var makesDirectLinks: Bool

    package init(
        staticPeers: [Endpoint] = [],
        isDiscoveryEnabled: Bool = true,
        discoveryInterfaces: [String] = [],
        listenPort: UInt16 = 9651,
        linksMax: Int = Limits.neighboursMax,
        makesDirectLinks: Bool = false
    ) {
        self.staticPeers = staticPeers
        self.isDiscoveryEnabled = isDiscoveryEnabled
        self.discoveryInterfaces = discoveryInterfaces
        self.listenPort = listenPort
        self.makesDirectLinks = makesDirectLinks
        self.linksMax = min(max(4, linksMax), Limits.neighboursMax)
    }

    /// Inbound, discovered and direct links together; the rest is for static peers.
    var unreservedLinksMax: Int { linksMax * Limits.unreservedLinksQuarters / 4 }
}
