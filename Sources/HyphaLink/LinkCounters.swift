// SPDX-License-Identifier: Apache-2.0

/// What happened on all links since the start; every refusal is here.
package struct LinkCounters: Hashable, Sendable {
    /// Links refused because ``Limits/neighboursMax`` are there.
    package internal(set) var linksRefused: UInt64 = 0
    /// Links that nobody had confirmed, forgotten to make room.
    package internal(set) var unconfirmedEvicted: UInt64 = 0
    /// Frames of kind 0 or 3 that could not be decoded.
    package internal(set) var malformed: UInt64 = 0
    /// Probes and challenges not answered, being above the rate.
    package internal(set) var echoesRefused: UInt64 = 0
    /// Control packets for links that do not take any.
    package internal(set) var packetsDropped: UInt64 = 0
    /// Links found dead by silence.
    package internal(set) var silent: UInt64 = 0
    /// Times that UDP took the traffic over from a stream, and the other way round.
    package internal(set) var raised: UInt64 = 0
    package internal(set) var fellBack: UInt64 = 0
    /// Neighbours that had started anew under a link that was still there.
    package internal(set) var startedAnew: UInt64 = 0
    /// Streams that were upgraded, and that turned out to lead to a known neighbour.
    package internal(set) var upgraded: UInt64 = 0
    package internal(set) var merged: UInt64 = 0

    package init() {}
}
