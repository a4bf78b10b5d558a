// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import Synchronization

/// Messages on their way from one worker to one other: one writes, one reads, nobody waits or
/// takes a lock.
///
/// A message lies in one run of bytes; what does not fit behind the last one begins at the front
/// again. Positions count bytes since the start and never go back.
///
///     | size of the message 4 | kind 4 | argument 8 | payload | padding to 16 |
package final class WorkerRing: Sendable {
    fileprivate let view: ByteView
    /// Owns what the view shows; nobody locks it.
    private let memory: Mutex<ByteRegion>
    /// Where the writer goes on.
    fileprivate let tail = Atomic<Int>(0)
    /// Keeps the two out of one cache line, since two processors change them.
    private let gap = InlineArray<8, UInt64>(repeating: 0)
    /// Where the reader goes on.
    fileprivate let head = Atomic<Int>(0)

    /// - Parameter byteCount: Size, a power of two, 1024 or more.
    package init(byteCount: Int = Limits.workerRingBytes) {
        invariant(byteCount >= 1024 && byteCount & (byteCount - 1) == 0, "size of a ring")
        let region = ByteRegion(byteCount: byteCount)
        // Safe: the region lives as long as the ring, and the positions say whose turn it is.
        unsafe view = region.view()
        memory = Mutex(region)
    }

    fileprivate static let headerByteCount = 16

    /// Whether everything written was read.
    package var isEmpty: Bool {
        head.load(ordering: .acquiring) == tail.load(ordering: .acquiring)
    }
}

/// The writing end of a ring; there is one.
package struct RingWriter: ~Copyable {
    private let ring: WorkerRing
    private var tail = 0
    /// What the reader has read, as last seen.
    private var head = 0
    /// Where the message begins that is being written.
    private var start = 0
    private var byteCount = 0

    /// What is written while the ring is empty stays below, where memory is at hand.
    private static let nearByteCount = 256 << 10

    package init(_ ring: WorkerRing) { self.ring = ring }

    /// Makes room for the payload of one message.
    ///
    /// - Parameter byteCount: Its size.
    /// - Returns: `false` when it does not fit, and nothing has changed.
    package mutating func begin(_ byteCount: Int) -> Bool {
        let capacity = ring.view.byteCount
        let size = Self.size(of: byteCount)
        let offset = tail & (capacity - 1)
        var skipped = offset + size > capacity ? capacity - offset : 0
        if skipped == 0, offset > 0, offset + size > min(Self.nearByteCount, capacity / 2) {
            head = ring.head.load(ordering: .acquiring)
            if head == tail, offset >= size { skipped = capacity - offset }
        }
        if tail + skipped + size - head > capacity {
            head = ring.head.load(ordering: .acquiring)
            guard tail + skipped + size - head <= capacity else { return false }
        }
        if skipped > 0 {
            // Read as a message that says nothing.
            var gap = ring.view.mutableSpan(offset..<offset + WorkerRing.headerByteCount)
            gap.storeBigEndian(UInt32(truncatingIfNeeded: skipped), at: 0)
            gap.storeBigEndian(UInt32.max, at: 4)
        }
        start = tail + skipped
        self.byteCount = byteCount
        return true
    }

    /// The payload of the message that was begun, to be filled.
    @_lifetime(immortal)
    package func payload() -> MutableSpan<UInt8> {
        let at = start & (ring.view.byteCount - 1) + WorkerRing.headerByteCount
        return ring.view.mutableSpan(at..<at + byteCount)
    }

    /// Shows the reader the message that was begun.
    package mutating func commit(_ kind: UInt32, _ argument: UInt64) {
        let at = start & (ring.view.byteCount - 1)
        var header = ring.view.mutableSpan(at..<at + WorkerRing.headerByteCount)
        header.storeBigEndian(UInt32(truncatingIfNeeded: byteCount), at: 0)
        header.storeBigEndian(kind, at: 4)
        header.storeBigEndian(argument, at: 8)
        tail = start + Self.size(of: byteCount)
        ring.tail.store(tail, ordering: .releasing)
    }

    fileprivate static func size(of byteCount: Int) -> Int {
        (WorkerRing.headerByteCount + byteCount + 15) & ~15
    }
}

/// The reading end of a ring; there is one.
package struct RingReader: ~Copyable {
    private let ring: WorkerRing
    private var head = 0
    /// Behind the latest message.
    private var end = 0
    /// Messages before this position are taken in this turn.
    private var seen = 0

    /// One message.
    package struct Message {
        package let kind: UInt32
        package let argument: UInt64
        fileprivate let extent: Range<Int>
    }

    package init(_ ring: WorkerRing) { self.ring = ring }

    /// Whether something waits; asked before sleeping, with the writer looking for sleepers after
    /// it has written.
    package var hasMessages: Bool {
        ring.tail.load(ordering: .sequentiallyConsistent) != head
    }

    /// Notes what there is: ``next()`` gives that and nothing later.
    package mutating func look() { seen = ring.tail.load(ordering: .acquiring) }

    /// The next message; the one before is gone then.
    package mutating func next() -> Message? {
        release()
        while head < seen {
            let at = head & (ring.view.byteCount - 1)
            let header = ring.view.span(at..<at + WorkerRing.headerByteCount)
            let size = Int(header.bigEndian(at: 0, as: UInt32.self))
            let kind = header.bigEndian(at: 4, as: UInt32.self)
            guard kind != .max else {
                head += size
                end = head
                continue
            }
            end = head + RingWriter.size(of: size)
            let start = at + WorkerRing.headerByteCount
            return Message(
                kind: kind,
                argument: header.bigEndian(at: 8),
                extent: start..<start + size
            )
        }
        release()
        return nil
    }

    /// The payload of the latest message.
    @_lifetime(immortal)
    package func payload(of message: Message) -> Span<UInt8> { ring.view.span(message.extent) }

    private mutating func release() {
        head = end
        ring.head.store(head, ordering: .releasing)
    }
}
