// SPDX-License-Identifier: Apache-2.0

/// What one worker hands to another.
enum HandedMessage: UInt32 {
    /// A packet of this host behind its virtio-net header, to the worker that can send it; the
    /// argument is a ``HandedStage``.
    case hostPacket
    /// A framed data packet of another node, its hop limit lowered, to the worker of the next hop;
    /// the argument is the link.
    case transit
    /// The same of this host, sealed and counted already.
    case ownFrame
    /// Received transport frames of one size behind the address that they came from, to the worker
    /// of their link; the argument is the size of each but the last.
    case datagram
    /// A framed data packet for this host, to the worker of the session that sealed its body.
    case body
    /// The content of a report that is to be sent, behind the address that it goes to.
    case report
    /// The content of a report that came, behind its source and its destination, to the worker of
    /// the session that sealed what it quotes; the argument is its hop limit.
    case quote
}

/// How far a packet of this host has come among the workers; it never goes back, so it goes round
/// in no circle even while their tables differ.
enum HandedStage: UInt64, Comparable {
    /// With the worker that read it.
    case read
    /// With the worker of the next hop's link.
    case atLink
    /// With the worker that has the sessions with its destination.
    case atDesk
    /// With the worker of the link that ends at its destination, which the route does not lead to.
    case atNeighbour

    static func < (left: HandedStage, right: HandedStage) -> Bool {
        left.rawValue < right.rawValue
    }
}
