// SPDX-License-Identifier: Apache-2.0
package import HyphaPeering
package import HyphaRouting

/// What an operator decides about a node.
package struct NodeConfiguration: Hashable, Sendable {
    /// Static peers, discovery, announced port, number of links.
    package var peering: PeeringConfiguration
    /// Ceilings of the routing tables.
    package var routing: RoutingConfiguration

    package init(
        peering: PeeringConfiguration = PeeringConfiguration(),
        routing: RoutingConfiguration = RoutingConfiguration()
    ) {
        self.peering = peering
        self.routing = routing
    }
}
