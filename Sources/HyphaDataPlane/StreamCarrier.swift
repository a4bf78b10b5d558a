// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaForwarding
import HyphaLinux

/// One established stream, as its worker holds it; it carries the frames of one link.
struct StreamCarrier: ~Copyable {
    /// Place of the link that it carries.
    var link: Int
    /// Tells events of this stream from those of one that had its place before.
    let serial: UInt32
    let descriptor: Descriptor
    var queue: LinkQueue
    var partial = PartialFrame()
    /// Bytes asked for in one read: grows while reads come back full.
    var readByteCount = StreamCarrier.readByteCountMin
    /// Frames were appended since the last write.
    var isDirty = false
    /// The kernel took less than was waiting; the poller says when there is room.
    var awaitsRoom = false
    /// Not read until the control plane has taken what came before.
    var isPaused = false
    /// Given up in this turn; removed at its end.
    var isFailed = false
    /// Nothing in clear goes out: the link was upgraded, or begins sealed.
    var isSealed = false
    /// A packet of the base dialect ends it: the neighbour has begun to seal, or must from the first
    /// byte on.
    var isClosedToClear = false

    static let readByteCountMin = 32 << 10
    static let readByteCountMax = 256 << 10

    init(link: Int, serial: UInt32, descriptor: consuming Descriptor, now: Instant) {
        self.link = link
        self.serial = serial
        self.descriptor = descriptor
        queue = LinkQueue(now: now)
    }

    /// Whether a data frame of `byteCount` bytes may join the queue.
    mutating func accepts(_ byteCount: Int, allWaiting: Int, now: Instant) -> Bool {
        let waiting = queue.waitingByteCount
        if waiting + byteCount <= Limits.linkQueueBytesAlways { return true }
        return waiting + byteCount <= Limits.linkQueueBytesMax
            && allWaiting + byteCount <= Limits.allLinkQueuesBytesMax
            && queue.age(now: now) <= Limits.linkQueueAgeMax
    }

    /// Appends bytes as they are.
    mutating func append(_ bytes: Span<UInt8>, now: Instant) {
        queue.reserve(bytes.count, now: now)
        var free = queue.free(bytes.count)
        free.copy(bytes, at: 0)
        queue.commit(bytes.count, now: now)
    }

    /// Writes from the front of the queue.
    mutating func write(now: Instant) -> IOResult {
        let result = descriptor.send(queue.waiting())
        if case .count(let written) = result { queue.remove(written, now: now) }
        return result
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
