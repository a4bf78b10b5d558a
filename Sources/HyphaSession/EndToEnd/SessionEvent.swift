// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What the packet path tells about end-to-end sessions; see ``EndToEndInput`` for each.
package enum SessionEvent: Sendable {
    /// This host has packets for an address that no session protects; `key` is that of its route.
    case wanted(IPv6Address, key: PublicKey, isMarked: Bool)
    /// Content of a body of type 0x10 or 0x11 that `key` opened.
    case message(UInt8, [UInt8], from: IPv6Address, key: PublicKey)
    /// The first body was opened under a session.
    case confirmed(SessionIndex)
    /// So much went under a session that new keys are due.
    case worn(SessionIndex)
    /// So many tags failed under a session that it is to end.
    case failing(SessionIndex)
    /// A body from this source that nothing opens.
    case unknownIndex(from: IPv6Address)
    /// Content of a body of type 0x12, not empty, that a session opened.
    case control(SessionIndex, [UInt8])
    /// Sessions that were used since the last time.
    case activity([SessionReport])
}

/// What a session has carried so far.
package struct SessionReport: Hashable, Sendable {
    /// Which one, and when it was used last.
    package var activity: SessionActivity
    package var sentPackets: UInt64
    package var sentBytes: UInt64
    package var receivedPackets: UInt64
    package var receivedBytes: UInt64
    /// Bodies seen before, or too old to know.
    package var replayed: UInt64
    /// Bodies that were not genuine.
    package var forged: UInt64

    /// The counts alone.
    package var counts: SessionCounts {
        var counts = SessionCounts()
        counts.sentPackets = sentPackets
        counts.sentBytes = sentBytes
        counts.receivedPackets = receivedPackets
        counts.receivedBytes = receivedBytes
        counts.replayed = replayed
        counts.forged = forged
        return counts
    }

    package init(
        activity: SessionActivity,
        sentPackets: UInt64,
        sentBytes: UInt64,
        receivedPackets: UInt64,
        receivedBytes: UInt64,
        replayed: UInt64,
        forged: UInt64
    ) {
        self.activity = activity
        self.sentPackets = sentPackets
        self.sentBytes = sentBytes
        self.receivedPackets = receivedPackets
        self.receivedBytes = receivedBytes
        self.replayed = replayed
        self.forged = forged
    }
}
