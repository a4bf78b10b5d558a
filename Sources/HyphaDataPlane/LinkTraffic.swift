// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import Synchronization

/// What the worker shows the control plane of one link.
///
/// The worker writes totals once a turn, the control plane reads them; only `pendingControl` is
/// changed by both.
package final class LinkTraffic: Sendable {
    /// Bytes read from and written to the carrier.
    package let receivedBytes = Atomic<UInt64>(0)
    package let sentBytes = Atomic<UInt64>(0)
    /// The part of it that went over datagrams.
    package let datagramReceivedBytes = Atomic<UInt64>(0)
    package let datagramSentBytes = Atomic<UInt64>(0)
    /// Frames of either kind.
    package let receivedPackets = Atomic<UInt64>(0)
    package let sentPackets = Atomic<UInt64>(0)
    /// Data packets dropped because the link's queue was full or too old.
    package let queueDrops = Atomic<UInt64>(0)
    /// Bytes waiting in the link's queue after the last turn.
    package let queuedBytes = Atomic<UInt64>(0)
    /// When something authenticated came last over each carrier, nanoseconds; 0 = never.
    package let streamHeardAt = Atomic<Int64>(0)
    package let datagramHeardAt = Atomic<Int64>(0)
    /// When something was sent last over each carrier, nanoseconds; 0 = never.
    package let streamSentAt = Atomic<Int64>(0)
    package let datagramSentAt = Atomic<Int64>(0)
    /// Control packets handed up and not yet taken.
    let pendingControl = Atomic<Int>(0)

    package init() {}

    /// When a carrier was used last.
    struct Times {
        /// Something authenticated came; zero = never.
        var heardAt = Instant.zero
        /// Something was sent; zero = never.
        var sentAt = Instant.zero
    }

    /// Shows when a carrier was used last.
    func publish(_ times: Times, of carrier: CarrierKind) {
        switch carrier {
        case .stream:
            streamHeardAt.store(times.heardAt.nanoseconds, ordering: .relaxed)
            streamSentAt.store(times.sentAt.nanoseconds, ordering: .relaxed)
        case .datagram:
            datagramHeardAt.store(times.heardAt.nanoseconds, ordering: .relaxed)
            datagramSentAt.store(times.sentAt.nanoseconds, ordering: .relaxed)
        }
    }

    /// Bytes that one carrier received and sent.
    package func bytes(over carrier: CarrierKind) -> (received: UInt64, sent: UInt64) {
        let received = datagramReceivedBytes.load(ordering: .relaxed)
        let sent = datagramSentBytes.load(ordering: .relaxed)
        switch carrier {
        case .datagram: return (received, sent)
        case .stream:
            return (
                receivedBytes.load(ordering: .relaxed) &- received,
                sentBytes.load(ordering: .relaxed) &- sent
            )
        }
    }

    /// When a carrier with keys was heard and sent on last; `nil` when it never was heard.
    package func lastUse(of carrier: CarrierKind) -> (heardAt: Instant, sentAt: Instant)? {
        let heard: Int64
        let sent: Int64
        switch carrier {
        case .stream:
            heard = streamHeardAt.load(ordering: .relaxed)
            sent = streamSentAt.load(ordering: .relaxed)
        case .datagram:
            heard = datagramHeardAt.load(ordering: .relaxed)
            sent = datagramSentAt.load(ordering: .relaxed)
        }
        guard heard > 0 else { return nil }
        return (Instant(nanoseconds: heard), Instant(nanoseconds: sent))
    }
}
