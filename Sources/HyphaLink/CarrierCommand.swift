// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaSession
package import HyphaWire

/// What the packet path is told about links, their carriers and their keys.
///
/// The packet path owns sockets, counters and replay windows; it seals and opens every transport
/// frame. Commands are applied in the order in which they come.
package enum CarrierCommand: Sendable {
    // MARK: - Handshake frames

    /// Send a handshake frame, unsealed.
    case sendDatagram([UInt8], to: SocketAddress)
    /// Send a handshake frame inside a packet of type 2.
    case sendOnStream(LinkID, [UInt8])

    // MARK: - Keys

    /// Receive under this session from now on.
    case install(
        LinkID,
        CarrierKind,
        local: SessionIndex,
        remote: SessionIndex,
        SessionKeys
    )
    /// Send under this session from now on.
    case use(LinkID, CarrierKind, local: SessionIndex)
    /// Neither send nor receive under this session any more; wipe its keys.
    case remove(local: SessionIndex)

    // MARK: - Where traffic goes

    /// Where datagrams of this link go.
    case endpoint(LinkID, SocketAddress)
    /// Where datagrams of this link go until the address is proven: at most three times the bytes
    /// received from there, what exceeds that to the last ``endpoint(_:_:)``.
    case unproven(LinkID, SocketAddress)
    /// Traffic of this link goes over this carrier.
    case carrier(LinkID, CarrierKind)
    /// The largest UDP payload that the path is known to carry, bytes.
    case payloadMax(LinkID, Int)
    /// Say when the next frame of data is sent or comes, once.
    case watch(LinkID)
    /// The authenticated neighbour: direct data from and to it is allowed.
    case peer(LinkID, PublicKey)
    /// From now on nothing in clear goes out on this stream, and a packet of type 0 or 1 closes it: at
    /// once, or with `takesClear` as soon as the first sealed frame has come.
    case sealStream(LinkID, takesClear: Bool = false)
    /// The stream of the first link is the second one's from now on, with its sessions, and
    /// replaces the stream that the second has; the first link is no more.
    ///
    /// What comes on a sealed stream that was replaced is taken until its sessions are removed.
    case adoptStream(from: LinkID, into: LinkID)

    // MARK: - Frames

    /// Seal and send a frame of kind 0 or 3.
    ///
    /// Without a carrier over the active one; `padTo` is the size of the whole frame in bytes, for
    /// which zeroes are appended to the content; `to` sends this one datagram elsewhere.
    case send(
        LinkID,
        CarrierKind?,
        TransportKind,
        content: [UInt8],
        padTo: Int?,
        to: SocketAddress?
    )

    // MARK: - Endings

    /// Send what is queued, then close one carrier; its sessions are removed separately.
    case closeCarrier(LinkID, CarrierKind)
    /// Send what is queued, then forget the link with all its carriers.
    case close(LinkID)
}
