// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaSession
package import HyphaWire

/// What a ``LinkEngine`` wants done, or says.
package enum LinkOutput: Sendable {
    // MARK: - To the packet path

    case command(CarrierCommand)

    // MARK: - To the node

    /// A new neighbour that came over UDP; `dial` names the wish that led here.
    case linkUp(LinkID, PublicKey, SocketAddress, dial: DialToken?, Capabilities)
    /// The neighbour on a stream in clear seals links too: nothing that it says before is worth
    /// anything, and nothing need be said to it.
    case awaitsUpgrade(LinkID)
    /// The upgrade takes too long or has failed: the stream is used as it is.
    case upgradeIsLate(LinkID)
    /// A known link starts anew with this neighbour, because its stream was upgraded or because the
    /// neighbour has started anew: forget what was learned over it, send everything and ask for
    /// everything.
    case upgraded(LinkID, PublicKey)
    /// A stream turned out to lead to the neighbour of another link, whose stand-by it is now
    /// unless that has one already; the stream's own link is no more.
    case merged(stream: LinkID, into: LinkID)
    /// The neighbour's datagrams come from another address.
    case moved(LinkID, SocketAddress)
    /// A link is gone.
    case linkDown(LinkID, LinkDownReason)
    /// Whole Babel packets, one after the other, in order where they were sent reliably.
    case received(LinkID, [UInt8])
    /// One measurement on the carrier that traffic goes over.
    case roundTrip(LinkID, Duration)
    /// The carrier that traffic goes over, and its largest UDP payload, changed; for status.
    case carrier(LinkID, CarrierKind, payloadMax: Int)

    // MARK: - To the one who dials

    /// The dialled node is the neighbour of a link that was there already.
    case dialJoined(DialToken, LinkID)
    case dialFailed(DialToken, HandshakeFailure)
    /// UDP to this neighbour went silent and there is no stand-by: try TCP.
    case dialTCP(PublicKey, SocketAddress)

    // MARK: - To disk and log

    /// Keep over restarts, before what follows is sent.
    case timestamp(TAI64N)
    case event(LinkEvent)
}

/// Why a link ended.
package enum LinkDownReason: Hashable, Sendable {
    /// Nothing was heard and no probe was answered.
    case silent
    /// The stream ended, or a socket reported an error (0 = end of stream).
    case carrierLost(errno: Int32)
    /// The neighbour closed it.
    case closedByNeighbour(CloseCode)
    /// Control frames were not acknowledged although the neighbour was heard.
    case controlLost
    /// More control packets were waiting than the queue holds.
    case controlQueueFull
    /// The keys grew too old or wore out, and no rekey succeeded.
    case keysLost
    /// The key of the handshake is not the one that was pinned or announced.
    case wrongKey
    /// A stream that must be upgraded was not.
    case notUpgraded(HandshakeFailure)
    /// ``Limits/neighboursMax`` links are there.
    case ceiling
    /// Another stream to the same neighbour stays.
    case replaced
}

/// What an operator may want to know.
package enum LinkEvent: Hashable, Sendable {
    case handshake(HandshakeEvent)
    /// A stream could not be upgraded and stays with the base dialect.
    case upgradeFailed(LinkID, HandshakeFailure)
    /// UDP went silent; traffic goes over the stand-by.
    case fellBack(LinkID)
    /// The stand-by stream is gone.
    case standbyLost(LinkID)
}
