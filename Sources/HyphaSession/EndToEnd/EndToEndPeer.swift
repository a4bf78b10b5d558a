// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// What is decided about one /64, while it is used or has sessions.
struct EndToEndPeer {
    let key: PublicKey
    /// The full address derived from the key; handshakes go there.
    let address: IPv6Address
    /// Whether the router id of its route offers sessions.
    var isMarked = false
    /// Whether this host had packets for it.
    var isOwn: Bool
    /// Whether a sealed link ends there.
    var isDirect = false
    /// The handshake under way that this engine asked for.
    var attempt: AttemptID?
    /// Attempts that failed since the last session.
    var failureCount = 0
    /// Packets bring no attempt before this.
    var tryAt = Instant(nanoseconds: .min)
    /// Nothing else than packets brings one before this.
    var unaskedAt = Instant(nanoseconds: .min)
    /// Packets wait until then for the first handshake.
    var holdUntil: Instant?
    /// An attempt at a node that does not offer sessions ends then.
    var abandonAt: Instant?
    /// Base bodies are taken until then, though the node was met.
    var graceUntil: Instant?
    /// What is sent under.
    var current: SessionIndex?
    /// Sessions that are received under.
    var sessionCount = 0
    /// The last data either way.
    var usedAt: Instant
    /// The last random part of the router id.
    var bootRandom: UInt32?
    /// Since when there has been a session without a gap, when its keys were replaced last, and
    /// what went through it.
    var since: Instant?
    var rekeyedAt: Instant?
    var counts = SessionCounts()
    /// Sizes of packets to the node.
    var path = PathState()
    /// Where the node says that it may be reached, when it said so, and the same the other way.
    var candidates: [SocketAddress] = []
    var candidatesAt: Instant?
    var toldCandidatesAt: Instant?
    /// Whether this host has sent data to the node, be it an answer.
    var hasSentData = false
    var offerAt: Instant?
    var wasReportedUnprotected = false
    /// What the packet path was told last.
    var told: SessionPolicy?

    /// Nothing is lost with the record.
    var isEmpty: Bool { !isDirect && attempt == nil && sessionCount == 0 }
}

/// What is kept of a session beside its keys, which are with the packet path.
struct EndToEndSession {
    let subnet: UInt64
    let remoteIndex: SessionIndex
    let isInitiator: Bool
    let installedAt: Instant
    var isIdle = false
    var activity: SessionActivity
    var counts = SessionCounts()
    /// The first data sent after the last sign of life.
    var unansweredSince: Instant?
    /// When the data came that a keep-alive was sent for last.
    var keptAliveFor: Instant?

    /// When to send a keep-alive unless something else is sent, `nil` when nothing calls for one.
    var keepAliveAt: Instant? {
        guard let heard = activity.heardDataAt, heard != keptAliveFor else { return nil }
        if let sent = activity.sentAt, sent >= heard { return nil }
        return heard + EndToEndTimes.keepAlive
    }
}

/// A /64 that has a route.
struct ReachableSubnet {
    let key: PublicKey
    /// The random part of a Hypha router id.
    var bootRandom: UInt32?
    /// Whether it offers sessions.
    var isMarked: Bool
    /// The greatest inner packet that its route takes, bytes.
    var pathMTU: UInt16
}
