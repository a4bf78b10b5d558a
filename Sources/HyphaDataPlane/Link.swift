// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaForwarding
import HyphaLinux
import HyphaWire
import Synchronization

/// One established stream to a neighbour, as its worker holds it.
struct Link: ~Copyable {
    let id: LinkID
    let descriptor: Descriptor
    let counters: LinkCounters
    var queue: LinkQueue
    var partial = PartialFrame()
    /// Bytes asked for in one read: grows while reads come back full.
    var readByteCount = Link.readByteCountMin
    /// Frames were appended since the last write.
    var isDirty = false
    /// The kernel took less than was waiting; the poller says when there is room.
    var awaitsRoom = false
    /// Not read until the control plane has taken what came before.
    var isPaused = false
    /// Given up in this turn; removed at its end.
    var isFailed = false
    /// What this link may make us send or compute.
    var reports: TokenBucket
    var derivations: TokenBucket
    var totals = Totals()

    /// Counted without atomics; published once a turn.
    struct Totals {
        var receivedBytes: UInt64 = 0
        var sentBytes: UInt64 = 0
        var receivedPackets: UInt64 = 0
        var sentPackets: UInt64 = 0
        var queueDrops: UInt64 = 0
    }

    static let readByteCountMin = 32 << 10
    static let readByteCountMax = 256 << 10

    init(id: LinkID, descriptor: consuming Descriptor, counters: LinkCounters, now: Instant) {
        self.id = id
        self.descriptor = descriptor
        self.counters = counters
        queue = LinkQueue(now: now)
        reports = TokenBucket(
            perSecond: Limits.reportsPerLinkPerSecond,
            burst: Limits.reportsPerLinkBurst
        )
        derivations = TokenBucket(
            perSecond: Limits.derivationsPerLinkPerSecond,
            burst: Limits.derivationsPerLinkBurst
        )
    }

    /// Whether a data frame of `byteCount` bytes may join the queue; counts when it may not.
    mutating func accepts(_ byteCount: Int, allWaiting: Int, now: Instant) -> Bool {
        let waiting = queue.waitingByteCount
        if waiting + byteCount <= Limits.linkQueueBytesAlways { return true }
        let accepted =
            waiting + byteCount <= Limits.linkQueueBytesMax
            && allWaiting + byteCount <= Limits.allLinkQueuesBytesMax
            && queue.age(now: now) <= Limits.linkQueueAgeMax
        if !accepted { totals.queueDrops &+= 1 }
        return accepted
    }

    /// Appends a whole frame as it is.
    mutating func append(_ frame: Span<UInt8>, now: Instant) {
        queue.reserve(frame.count, now: now)
        var free = queue.free(frame.count)
        free.copy(frame, at: 0)
        queue.commit(frame.count, now: now)
        totals.sentPackets &+= 1
    }

    /// Writes from the front of the queue.
    mutating func write(now: Instant) -> IOResult {
        let result = descriptor.send(queue.waiting())
        if case .count(let written) = result {
            queue.remove(written, now: now)
            totals.sentBytes &+= UInt64(written)
        }
        return result
    }

    /// Makes the totals visible to the control plane.
    func publish() {
        counters.receivedBytes.store(totals.receivedBytes, ordering: .relaxed)
        counters.sentBytes.store(totals.sentBytes, ordering: .relaxed)
        counters.receivedPackets.store(totals.receivedPackets, ordering: .relaxed)
        counters.sentPackets.store(totals.sentPackets, ordering: .relaxed)
        counters.queueDrops.store(totals.queueDrops, ordering: .relaxed)
        counters.queuedBytes.store(UInt64(queue.waitingByteCount), ordering: .relaxed)
    }

    /// Reads more at once while reads come back full, and less again when they do not.
    mutating func adaptRead(wanted: Int, got: Int) {
        if got == wanted {
            readByteCount = min(readByteCount * 2, Self.readByteCountMax)
        } else if got < Self.readByteCountMin / 2 {
            readByteCount = Self.readByteCountMin
            partial.shrink()
        }
    }
}
