// SPDX-License-Identifier: Apache-2.0

/// What went through one session or several, packets and bytes of the bodies.
package struct SessionCounts: Hashable, Sendable {
    package var sentPackets: UInt64 = 0
    package var sentBytes: UInt64 = 0
    package var receivedPackets: UInt64 = 0
    package var receivedBytes: UInt64 = 0
    /// Bodies seen before, or too old to know.
    package var replayed: UInt64 = 0
    /// Bodies that were not genuine.
    package var forged: UInt64 = 0

    package init() {}

    /// Adds what was counted since an earlier count of the same session.
    mutating func add(_ counts: SessionCounts, since before: SessionCounts) {
        sentPackets &+= counts.sentPackets &- before.sentPackets
        sentBytes &+= counts.sentBytes &- before.sentBytes
        receivedPackets &+= counts.receivedPackets &- before.receivedPackets
        receivedBytes &+= counts.receivedBytes &- before.receivedBytes
        replayed &+= counts.replayed &- before.replayed
        forged &+= counts.forged &- before.forged
    }
}
