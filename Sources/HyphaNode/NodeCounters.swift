// SPDX-License-Identifier: Apache-2.0
package import HyphaPeering
package import HyphaRouting

/// What a node has done and refused since its start.
package struct NodeCounters: Hashable, Sendable {
    package var peering = PeeringCounters()
    package var routing = RoutingCounters()
    /// Control packets handled.
    package var controlReceived: UInt64 = 0
    /// Control packets of links that were already gone.
    package var controlFromUnknownLinks: UInt64 = 0
    /// Control packets handed to the driver.
    package var controlSent: UInt64 = 0
    /// Links that came up, refused ones included.
    package var linksUp: UInt64 = 0
    /// Links closed because no IHU came for 43 s.
    package var linksSilent: UInt64 = 0
    /// Links closed because their local address went away.
    package var linksLostInterface: UInt64 = 0
}
