// SPDX-License-Identifier: Apache-2.0
package import Synchronization

/// What the worker shows the control plane of one link.
///
/// The worker writes totals once a turn, the control plane reads them; only `pendingControl` is
/// changed by both.
package final class LinkCounters: Sendable {
    /// Bytes read from and written to the carrier.
    package let receivedBytes = Atomic<UInt64>(0)
    package let sentBytes = Atomic<UInt64>(0)
    /// Frames of either kind.
    package let receivedPackets = Atomic<UInt64>(0)
    package let sentPackets = Atomic<UInt64>(0)
    /// Data packets dropped because the link's queue was full or too old.
    package let queueDrops = Atomic<UInt64>(0)
    /// Bytes waiting in the link's queue after the last turn.
    package let queuedBytes = Atomic<UInt64>(0)
    /// Control packets handed up and not yet taken.
    let pendingControl = Atomic<Int>(0)

    package init() {}
}
