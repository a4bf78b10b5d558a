// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaLinux

/// Datagrams of one turn on their way to the kernel, in the order in which they were sealed.
///
/// Own frames are made in the send region, one behind the other; frames that are passed on are
/// sealed anew where they were received.
///
/// Frames of one size for one link that follow each other are one message, which the kernel cuts
/// (`UDP_SEGMENT`); the last of them may be smaller.
struct DatagramOutbox: ~Copyable {
    /// Messages that are complete.
    var batch = DatagramSendBatch()
    /// Bytes used in the send region.
    private(set) var used = 0
    /// The socket of all messages in it.
    private(set) var socket = -1
    /// The kernel had no room; the poller says when it has.
    var isBlocked = false
    private var run = Run()
    /// Messages in the batch, sent ones included.
    private var messageCount = 0

    /// A message that still grows.
    private struct Run {
        var link = -1
        var start = 0
        var segment = 0
        var count = 0
        /// A frame smaller than the others came: nothing can follow it.
        var isClosed = true
        var destination: DatagramDestination?
    }

    /// Whether no message more can be begun: the one that still grows takes the last place.
    var isFull: Bool {
        messageCount + (run.count > 0 ? 1 : 0) >= Limits.datagramsQueuedMax
    }

    /// Whether nothing waits.
    var isEmpty: Bool { used == 0 }

    /// Whether a frame of this link can become part of the message that still grows.
    private func canGrow(_ link: Int, _ byteCount: Int) -> Bool {
        run.link == link && !run.isClosed && byteCount <= run.segment
            && run.count < Limits.datagramsPerMessageMax
            && (run.count + 1) * run.segment <= Limits.datagramMessageBytesMax
    }

    /// Takes `byteCount` bytes of the region for one frame.
    ///
    /// - Parameters:
    ///   - byteCount: Size of the frame.
    ///   - place: Where it lies already; `nil` = at the end of what is used.
    ///   - link: Place of its link.
    ///   - destination: Where it goes.
    ///   - socket: Place of the socket that it leaves from.
    /// - Returns: Where the bytes begin.
    mutating func reserve(
        _ byteCount: Int,
        at place: Int? = nil,
        link: Int,
        to destination: DatagramDestination,
        socket: Int
    ) -> Int {
        self.socket = socket
        let start = place ?? used
        if start == used, canGrow(link, byteCount) {
            run.count += 1
            if byteCount < run.segment { run.isClosed = true }
        } else {
            closeRun()
            run = Run(
                link: link,
                start: start,
                segment: byteCount,
                count: 1,
                isClosed: false,
                destination: destination
            )
        }
        used = start + byteCount
        return start
    }

    /// Frames of one size that can be taken at once: they fit one message, and no more than are
    /// handed to the kernel together.
    ///
    /// - Parameters:
    ///   - byteCount: Size of a frame, for which there is room.
    ///   - link: Place of its link.
    /// - Returns: At least 1.
    func runRoom(of byteCount: Int, link: Int) -> Int {
        let isSame = canGrow(link, byteCount) && run.segment == byteCount
        let perMessage = min(
            Limits.datagramsPerMessageMax,
            Limits.datagramMessageBytesMax / byteCount
        )
        let untilFlush = (Limits.datagramFlushBytes - used - 1) / byteCount + 1
        return max(1, min(perMessage - (isSame ? run.count : 0), untilFlush))
    }

    /// Takes room for frames of one size at the end of what is used; see ``runRoom(of:link:)``.
    ///
    /// - Parameters:
    ///   - count: How many frames, at least 1.
    ///   - byteCount: Size of each but the last.
    ///   - lastByteCount: Size of the last, no more than the others.
    ///   - link: Place of their link.
    ///   - destination: Where they go.
    ///   - socket: Place of the socket that they leave from.
    /// - Returns: Where the bytes begin.
    mutating func reserveRun(
        _ count: Int,
        of byteCount: Int,
        lastByteCount: Int,
        link: Int,
        to destination: DatagramDestination,
        socket: Int
    ) -> Int {
        // A smaller frame ends a message of larger ones, so several can only begin another.
        if count > 1, run.segment != byteCount { closeRun() }
        let start = reserve(
            count > 1 ? byteCount : lastByteCount,
            link: link,
            to: destination,
            socket: socket
        )
        run.count += count - 1
        used = start + (count - 1) * byteCount + lastByteCount
        if lastByteCount < run.segment { run.isClosed = true }
        return start
    }

    /// Ends the message that still grows.
    mutating func closeRun() {
        if run.count > 0, let destination = run.destination {
            _ = batch.append(
                run.start..<used,
                segmentByteCount: run.segment,
                to: destination,
                tag: UInt64(run.link)
            )
            messageCount += 1
        }
        run = Run()
    }

    /// Forgets what was sent or given up.
    mutating func clear() {
        batch.removeAll()
        messageCount = 0
        run = Run()
        used = 0
        socket = -1
        isBlocked = false
    }
}
