// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaLink
package import HyphaSession

/// What a worker tells the control plane.
package enum DataPlaneEvent: Sendable {
    /// One Babel packet, from its magic on, as it came.
    case control(LinkID, [UInt8])
    /// What came over a carrier of a link between Hypha nodes, or happened to it.
    case carrier(CarrierEvent)
    /// What happened to sessions between two nodes.
    case session(SessionEvent)
    /// The carrier ended or broke the protocol; the worker has forgotten the link.
    case linkClosed(LinkID, LinkCloseReason)
    /// A packet waits for a route to or from this /64; the link that brought it, `nil` = this host.
    case search(Prefix, cause: LinkID?)
    /// A route that is used is near its expiry.
    case refresh(Prefix)
    /// TUN is gone (somebody removed the device).
    case tunLost(errno: Int32)
}

/// Why a worker gave a link up.
package enum LinkCloseReason: Hashable, Sendable {
    /// The neighbour closed the stream.
    case endOfStream
    /// The kernel reported an error.
    case carrierError(errno: Int32)
    /// Bytes that are no frame; nothing behind them can be trusted.
    case malformed
    /// The neighbour does not read what it must.
    case controlQueueFull
    /// All places are taken.
    case noPlace
}
