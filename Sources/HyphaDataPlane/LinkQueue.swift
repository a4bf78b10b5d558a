// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaBytes

/// Bytes of whole frames waiting to be written to one stream.
///
/// One linear buffer: frames are sealed or copied straight into its free end and written from its
/// front in one call. It grows by doubling up to a ceiling, moves its content to the front rather
/// than grow where that suffices, and goes back to its small size after a quiet time.
///
///     | sent | waiting          | free |
///            head               tail
package struct LinkQueue: ~Copyable {
    private var region: ByteRegion
    private var head = 0
    private var tail = 0
    private var largeUseAt: Instant
    private var ages = QueueAges()

    /// Size when little is waiting, bytes.
    package static let smallByteCount = 16 << 10
    private static let largeByteCount = 256 << 10
    private static let quietTime: Duration = .seconds(10)

    package init(now: Instant) {
        region = ByteRegion(byteCount: Self.smallByteCount)
        largeUseAt = now
    }

    /// Bytes waiting.
    package var waitingByteCount: Int { tail - head }

    /// Bytes of memory held.
    package var capacity: Int { region.byteCount }

    /// How long the oldest waiting byte has been waiting.
    package mutating func age(now: Instant) -> Duration {
        waitingByteCount == 0 ? .zero : ages.ageOfFront(now: now)
    }

    /// Makes room for `byteCount` bytes at the end, whatever the ceilings; callers check those.
    package mutating func reserve(_ byteCount: Int, now: Instant) {
        if tail + byteCount > Self.largeByteCount { largeUseAt = now }
        guard tail + byteCount > region.byteCount else { return }
        let waiting = waitingByteCount
        // A quarter must be free after a move, so that moving costs at most three bytes a byte.
        if waiting + byteCount <= region.byteCount / 4 * 3 {
            region.move(head..<tail, to: 0)
        } else {
            var size = region.byteCount * 2
            while size / 4 * 3 < waiting + byteCount { size *= 2 }
            var larger = ByteRegion(byteCount: size)
            larger.copy(region.span(head..<tail), at: 0)
            region = larger
        }
        head = 0
        tail = waiting
    }

    /// The `byteCount` bytes reserved at the end.
    @_lifetime(&self)
    package mutating func free(_ byteCount: Int) -> MutableSpan<UInt8> {
        region.mutableSpan(tail..<tail + byteCount)
    }

    /// As ``free(_:)``, but not bound to this access: good until the queue is changed next.
    ///
    /// A frame is sealed there with what else the owner of the queue has.
    @_lifetime(immortal)
    mutating func freeUnbound(_ byteCount: Int) -> MutableSpan<UInt8> {
        // Safe: the caller writes the frame before it touches the queue again.
        unsafe region.view().mutableSpan(tail..<tail + byteCount)
    }

    /// Makes the first `byteCount` bytes of the free end part of what is waiting.
    package mutating func commit(_ byteCount: Int, now: Instant) {
        ages.append(byteCount, now: now)
        tail += byteCount
    }

    /// What is waiting.
    @_lifetime(borrow self)
    package func waiting() -> Span<UInt8> { region.span(head..<tail) }

    /// Takes `byteCount` bytes from the front.
    package mutating func remove(_ byteCount: Int, now: Instant) {
        head += byteCount
        ages.remove(byteCount)
        guard head == tail else { return }
        head = 0
        tail = 0
        if region.byteCount > Self.largeByteCount, now.elapsed(since: largeUseAt) > Self.quietTime {
            region = ByteRegion(byteCount: Self.smallByteCount)
        }
    }
}

/// When the bytes of a queue came, to within 64 KiB.
package struct QueueAges {
    /// A heap array: an `InlineArray` of this size is copied at each access.
    private var marks = [Mark](repeating: Mark(end: 0, at: .zero), count: 64)
    private var first = 0
    private var count = 0
    private var appended: UInt64 = 0
    private var removed: UInt64 = 0

    /// All bytes up to stream position `end` came at `at` or later than the mark before.
    private struct Mark {
        var end: UInt64
        var at: Instant
    }

    private static let spacing: UInt64 = 64 << 10

    package init() {}

    /// Notes that bytes came at the end.
    package mutating func append(_ byteCount: Int, now: Instant) {
        appended &+= UInt64(byteCount)
        let last = (first + count - 1) & 63
        if count > 0 {
            let start = count > 1 ? marks[(last - 1) & 63].end : removed
            if appended &- start <= Self.spacing || count == 64 {
                marks[last].end = appended
                return
            }
        }
        marks[(first + count) & 63] = Mark(end: appended, at: now)
        count += 1
    }

    /// Notes that bytes left from the front.
    package mutating func remove(_ byteCount: Int) {
        removed &+= UInt64(byteCount)
        while count > 0, marks[first].end <= removed {
            first = (first + 1) & 63
            count -= 1
        }
    }

    /// How long the oldest byte has been there, zero when there is none.
    package func ageOfFront(now: Instant) -> Duration {
        count == 0 ? .zero : now.elapsed(since: marks[first].at)
    }
}
