// SPDX-License-Identifier: Apache-2.0
package import HyphaLink
package import HyphaPeering
package import HyphaRouting
package import HyphaSession

/// What an operator decides about a node.
package struct NodeConfiguration: Sendable {
    /// Static peers, discovery, announced port, number of links.
    package var peering: PeeringConfiguration
    /// Ceilings of the routing tables.
    package var routing: RoutingConfiguration

    /// Links between Hypha nodes.
    package var link: LinkConfiguration
    /// What this node says of itself in handshakes.
    package var handshake: HandshakeConfiguration
    /// Whether the node speaks anything but the base protocol.
    package var hasExtensions: Bool
    /// Whether packets go and come in sessions only.
    package var requiresSessions: Bool

    package init(
        peering: PeeringConfiguration = PeeringConfiguration(),
        routing: RoutingConfiguration = RoutingConfiguration(),
        link: LinkConfiguration,
        handshake: HandshakeConfiguration,
        hasExtensions: Bool = true,
        requiresSessions: Bool = false
    ) {
        self.peering = peering
        self.routing = routing
        self.link = link
        self.handshake = handshake
        self.hasExtensions = hasExtensions
        self.requiresSessions = requiresSessions
    }
}
