// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// What the engine keeps of a session; the keys are with the packet path alone.
struct SessionRecord {
    let peer: PeerCarrier
    /// Where a rekey goes.
    var path: HandshakePath
    let isInitiator: Bool
    /// Whether it counts against the three quarters of ``HandshakeCapacity/sessions``.
    let isStranger: Bool
    /// Counts up over all sessions, so that "older" is exact.
    let order: UInt64
    let createdAt: Instant
    var isConfirmed: Bool
    var isIdle = false
    /// Bounded with the unconfirmed sessions, which alone have one.
    var answer: HandshakeAnswer?
    /// When a rekey is due, or due again.
    var rekeyAt: Instant

    var expiresAt: Instant {
        createdAt + (isConfirmed ? HandshakeTimes.keyLife : HandshakeTimes.unconfirmed)
    }
}

/// The sessions and attempts of one peer and carrier.
struct PeerSlots {
    /// Received under until the keys expire.
    var previous: SessionIndex?
    /// Sent and received under.
    var current: SessionIndex?
    /// Answered, not yet confirmed by a frame of the peer.
    var next: SessionIndex?
    /// Attempts that wait for message 2, by serial number; oldest first.
    var attempts: [UInt64] = []

    var isEmpty: Bool { previous == nil && current == nil && next == nil && attempts.isEmpty }
}

/// Whose deadline it is.
enum HandshakeTimer: Hashable, Comparable {
    case attempt(UInt64)
    case session(SessionIndex)
}
