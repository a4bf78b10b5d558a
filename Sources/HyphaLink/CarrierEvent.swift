// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaSession
package import HyphaWire

/// What the packet path says about links.
package enum CarrierEvent: Sendable {
    /// A frame of type 1, 2, 3, 5 or 6.
    case datagram([UInt8], from: SocketAddress)
    /// The same inside a packet of type 2.
    case streamFrame(LinkID, [UInt8])
    /// An opened frame of kind 0 or 3; `frameByteCount` is its size as it arrived.
    case frame(
        LinkID,
        CarrierKind,
        TransportKind,
        content: [UInt8],
        frameByteCount: Int,
        from: SocketAddress?
    )
    /// The first frame was opened under this session.
    case confirmed(SessionIndex)
    /// A session was used for 2^32 frames or 2^40 bytes.
    case worn(SessionIndex)
    /// 2^36 tags failed under this session.
    case failing(SessionIndex)
    /// The highest counter so far of this link's UDP session came from a new address.
    case roamed(LinkID, to: SocketAddress)
    /// A transport frame for an index that nobody has (rate-limited).
    case unknownIndex(from: SocketAddress)
    /// Data was sent or came on a link for which ``CarrierCommand/watch(_:)`` was given.
    case traffic(LinkID)
    /// A carrier broke: the stream ended, or the socket said so (0 = end of stream).
    case carrierLost(LinkID, CarrierKind, errno: Int32)
}
