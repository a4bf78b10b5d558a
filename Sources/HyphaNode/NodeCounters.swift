// SPDX-License-Identifier: Apache-2.0
package import HyphaLink
package import HyphaPeering
package import HyphaRouting
package import HyphaSession

/// What a node has done and refused since its start.
package struct NodeCounters: Hashable, Sendable {
    package var peering = PeeringCounters()
    package var routing = RoutingCounters()
    package var link = LinkCounters()
    package var handshake = HandshakeCounters()
    /// Of sessions between two nodes, whose handshakes are counted by themselves.
    package var session = EndToEndCounters()
    package var sessionHandshake = HandshakeCounters()
    /// Control packets handled.
    package var controlReceived: UInt64 = 0
    /// Control packets of links that were already gone.
    package var controlFromUnknownLinks: UInt64 = 0
    /// Control packets in clear that came after a stream was upgraded, and were not looked at.
    package var controlInClear: UInt64 = 0
    /// Contents of sealed control frames that are no control packets.
    package var controlMalformed: UInt64 = 0
    /// Control packets handed to the driver.
    package var controlSent: UInt64 = 0
    /// Updates refused because their subnet has another key.
    package var updatesRefused: UInt64 = 0
    /// Answers to handshakes from end to end that had no route, those sent later, and those
    /// forgotten.
    package var answersHeld: UInt64 = 0
    package var answersReleased: UInt64 = 0
    package var answersDropped: UInt64 = 0
    /// Links that came up, refused ones included.
    package var linksUp: UInt64 = 0
    /// Links closed because no IHU came for 43 s.
    package var linksSilent: UInt64 = 0
    /// Links closed because their local address went away.
    package var linksLostInterface: UInt64 = 0
}
