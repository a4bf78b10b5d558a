// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaForwarding
import HyphaLinux
import HyphaSession
import Synchronization

/// One neighbour, as its worker holds it, with up to two carriers.
///
/// A base neighbour has a stream and nothing else. A Hypha neighbour has datagrams, a stream, or
/// both; frames go over the active one.
struct Link: ~Copyable {
    let id: LinkID
    let counters: LinkTraffic
    /// Place of the stream, -1 without.
    var stream = -1
    /// A sealed stream that was replaced, read until its session is removed; -1 without.
    var formerStream = -1
    var formerSession = -1
    /// Where datagrams go.
    var datagram = DatagramCarrier()
    /// What frames of this host leave on.
    var active = CarrierKind.stream
    /// Place of the session that seals frames on the stream, -1 in the base dialect.
    var streamSession = -1
    /// The neighbour's key, once it is authenticated.
    var peer: PublicKey?
    /// The address derived from it; zero before.
    var peerAddress = IPv6Address(high: 0, low: 0)
    /// Frames of which one part came.
    var parts = PartReassembly()
    /// Given up in this turn; removed at its end.
    var isFailed = false
    /// Something was sent or received in this turn.
    var isTouched = false
    /// The control plane is told when data is sent or comes, once.
    var isWatched = false
    /// Data was sent or came since that was asked for.
    var hasCarried = false
    /// What this link may make us send or compute.
    var reports: TokenBucket
    var derivations: TokenBucket
    var totals = Totals()

    /// Counted without atomics; published once a turn.
    struct Totals {
        var receivedBytes: UInt64 = 0
        var sentBytes: UInt64 = 0
        var datagramReceivedBytes: UInt64 = 0
        var datagramSentBytes: UInt64 = 0
        var receivedPackets: UInt64 = 0
        var sentPackets: UInt64 = 0
        var queueDrops: UInt64 = 0
        /// When something authenticated came and something was sent last, over each carrier.
        var stream = LinkTraffic.Times()
        var datagram = LinkTraffic.Times()
    }

    init(id: LinkID, counters: LinkTraffic) {
        self.id = id
        self.counters = counters
        reports = TokenBucket(
            perSecond: Limits.reportsPerLinkPerSecond,
            burst: Limits.reportsPerLinkBurst
        )
        derivations = TokenBucket(
            perSecond: Limits.derivationsPerLinkPerSecond,
            burst: Limits.derivationsPerLinkBurst
        )
    }

    /// Makes the totals visible to the control plane.
    func publish(queuedBytes: Int) {
        counters.receivedBytes.store(totals.receivedBytes, ordering: .relaxed)
        counters.sentBytes.store(totals.sentBytes, ordering: .relaxed)
        counters.datagramReceivedBytes.store(totals.datagramReceivedBytes, ordering: .relaxed)
        counters.datagramSentBytes.store(totals.datagramSentBytes, ordering: .relaxed)
        counters.receivedPackets.store(totals.receivedPackets, ordering: .relaxed)
        counters.sentPackets.store(totals.sentPackets, ordering: .relaxed)
        counters.queueDrops.store(totals.queueDrops, ordering: .relaxed)
        counters.queuedBytes.store(UInt64(queuedBytes), ordering: .relaxed)
        counters.publish(totals.stream, of: .stream)
        counters.publish(totals.datagram, of: .datagram)
    }
}
