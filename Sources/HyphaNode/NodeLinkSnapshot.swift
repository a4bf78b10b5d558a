// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaLink
package import HyphaPeering

/// What status shows of one link.
package struct NodeLinkSnapshot: Hashable, Sendable {
    package let link: LinkID
    /// The peer whose dial led to it; `nil` = inbound.
    package let peer: PeerAddress?
    package let remote: SocketAddress
    package let local: SocketAddress
    /// When it came up.
    package let since: Instant
    /// Who the neighbour claims to be, `nil` before it did.
    package let routerID: RouterID?
    /// What the link engine knows of it; `nil` for a link in the base dialect.
    package let sealed: LinkSnapshot?
    /// Cost, round trip, Hellos and IHUs.
    package let monitor: LinkMonitorSnapshot
    /// Control packets heard.
    package let controlReceived: UInt64
    /// Control packets sent.
    package let controlSent: UInt64
}
