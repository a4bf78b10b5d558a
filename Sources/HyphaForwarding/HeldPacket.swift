// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// A packet that waits, or has waited, for a route.
package struct HeldPacket: Hashable, Sendable {
    /// A copy of what was given to the queue.
    package var bytes: [UInt8]
    /// The first 8 bytes of the address that needed a route.
    package let subnet: UInt64
    /// Where the packet came from: the host is told when it is dropped, a neighbour is not.
    package let origin: Origin

    /// Where a packet came from.
    package enum Origin: Hashable, Sendable {
        /// A program of this host, through TUN.
        case host
        /// A neighbour.
        case link(LinkID)
    }
}
