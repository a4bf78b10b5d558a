// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What a session runs over; slots, timestamps and rekeys are separate for each.
package enum SessionCarrier: UInt8, Hashable, Sendable, CaseIterable {
    /// A link over UDP.
    case datagram
    /// A link over a byte stream.
    case stream
    /// Bodies of data packets, through any number of transit nodes.
    case endToEnd
}

/// Where handshake frames go to or came from.
package enum HandshakePath: Hashable, Sendable {
    /// A UDP endpoint of the underlay.
    case datagram(SocketAddress)
    /// A byte stream, which is one link.
    case stream(LinkID)
    /// An overlay address, reached in bodies of data packets.
    case endToEnd(IPv6Address)

    /// What the path runs over.
    package var carrier: SessionCarrier {
        switch self {
        case .datagram: .datagram
        case .stream: .stream
        case .endToEnd: .endToEnd
        }
    }
}

/// The other end of sessions: they have slots of their own for each key and carrier.
struct PeerCarrier: Hashable {
    let key: PublicKey
    let carrier: SessionCarrier
}
