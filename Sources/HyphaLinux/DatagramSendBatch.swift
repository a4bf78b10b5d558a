// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
import HyphaBase

/// Messages in one region that wait to be sent together; made once, used again.
///
/// Filled with ``append(_:segmentByteCount:to:tag:)``, sent with ``DatagramSocket/flush(_:of:)``.
/// What the socket had no room for stays, and so must its bytes in the region until they are sent
/// or ``removeAll()`` forgets them.
package struct DatagramSendBatch: ~Copyable, Sendable {
    /// A message that was not sent: the `tag` it was appended with and why, an errno value.
    package struct Failure: Hashable, Sendable {
        package let tag: UInt64
        package let code: Int32
    }

    private var messages: [hypha_datagram_message] = []
    /// The first that is neither sent nor failed.
    private var next = 0
    private var failures: [Failure] = []

    package init() {
        messages.reserveCapacity(Limits.datagramsQueuedMax)
        failures.reserveCapacity(Limits.datagramsQueuedMax)
    }

    /// Whether nothing waits.
    package var isEmpty: Bool { next == messages.count }

    /// Datagrams that wait.
    package var datagramCount: Int {
        messages[next...].reduce(0) { sum, message in
            let segment = max(1, Int(message.segment_byte_count))
            return sum + (message.count + segment - 1) / segment
        }
    }

    /// Whether nothing more can be appended.
    package var isFull: Bool { messages.count >= Limits.datagramsQueuedMax }

    /// Appends bytes, to be cut into datagrams.
    ///
    /// A message for the kernel has 64 datagrams and some 65 500 bytes at most; more bytes become
    /// several messages.
    ///
    /// - Parameters:
    ///   - range: The bytes in the region of the later flush.
    ///   - segmentByteCount: Size of each datagram but the last, 1...65 535 bytes.
    ///   - destination: Where all of them go.
    ///   - tag: Comes back with a failure.
    /// - Returns: Bytes taken from the front, whole datagrams; fewer than given, possibly none, when
    ///   the batch is full.
    package mutating func append(
        _ range: Range<Int>,
        segmentByteCount: Int,
        to destination: DatagramDestination,
        tag: UInt64 = 0
    ) -> Int {
        invariant((1...65_535).contains(segmentByteCount), "a datagram's size")
        let messageBytes = Self.messageByteCount(segmentByteCount: segmentByteCount)
        var start = range.lowerBound
        while start < range.upperBound, !isFull {
            let end = min(range.upperBound, start + messageBytes)
            messages.append(
                hypha_datagram_message(
                    to: destination.native,
                    tag: tag,
                    offset: start,
                    count: end - start,
                    segment_byte_count: UInt32(segmentByteCount),
                    code: 0,
                    refusal: 0,
                    reserved: 0
                )
            )
            start = end
        }
        return start - range.lowerBound
    }

    /// Forgets what waits and failed.
    package mutating func removeAll() {
        messages.removeAll(keepingCapacity: true)
        failures.removeAll(keepingCapacity: true)
        next = 0
    }

    /// Takes one failure of the latest flush, the last one first.
    package mutating func nextFailure() -> Failure? { failures.popLast() }

    /// The most bytes that one message may have: as many datagrams as one call cuts.
    static func messageByteCount(segmentByteCount: Int) -> Int {
        let datagrams = Limits.datagramMessageBytesMax / segmentByteCount
        return max(1, min(Limits.datagramsPerMessageMax, datagrams)) * segmentByteCount
    }

    /// Sends from the front what there is room for.
    mutating func send(
        on number: Int32,
        features: inout UInt32,
        region: Span<UInt8>,
        report: inout hypha_send_report
    ) {
        failures.removeAll(keepingCapacity: true)
        let first = next
        // Safe: the shim checks every message against the region's size and keeps no pointer; only
        // messages that exist are passed.
        let result = unsafe region.withUnsafeBufferPointer { bytes in
            unsafe messages.withUnsafeMutableBufferPointer { entries in
                let waiting = entries.extracting(first...)
                return unsafe hypha_udp_send(
                    number,
                    &features,
                    bytes.baseAddress,
                    bytes.count,
                    waiting.baseAddress,
                    waiting.count,
                    &report
                )
            }
        }
        invariant(result >= 0, "a message lies outside of the region")
        for i in first..<first + result where messages[i].code != 0 {
            refuseOwnMistake(messages[i].code)
            failures.append(Failure(tag: messages[i].tag, code: messages[i].code))
        }
        next = first + result
        if isEmpty {
            messages.removeAll(keepingCapacity: true)
            next = 0
        }
    }
}
