// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// One control frame's content: sequence number, acknowledgement and whole Babel packets.
package struct ControlFrame: Hashable, Sendable {
    /// 0 = not acknowledged; others count up from 1.
    package let seq: UInt32
    /// The last sequence number that was delivered in order, 0 = none.
    package let ack: UInt32
    /// Babel packets one after another; empty = bare acknowledgement.
    package let packets: [UInt8]

    package init(seq: UInt32, ack: UInt32, packets: [UInt8]) {
        self.seq = seq
        self.ack = ack
        self.packets = packets
    }
}

/// What ``ReliableControl/poll(now:roundTrip:)`` wants.
package enum ControlStep: Hashable, Sendable {
    /// Seal and send this content.
    case send(ControlFrame)
    /// The oldest frame was resent ``Limits/controlResendsMax`` times in vain: the link is down.
    case dead
}

/// Control packets in order and without loss over a carrier that loses and reorders frames
/// (`Docs/protocol/hypha.md` section 3.3).
///
/// * Packets are gathered until ``poll(now:roundTrip:)`` runs or a frame is full, so what one
///   event produces leaves in few frames. A frame never exceeds the least UDP payload, because it
///   may be resent over a carrier or path smaller than the one it was first sent on.
/// * Each frame has its own timer: max(2 x round trip, 200 ms), doubling to 2 s. An
///   acknowledgement of something new starts the count and the gaps of the rest again, so eight
///   resends mean about 13 s in which nothing at all got through and came back.
/// * An acknowledgement waits ``ackDelay`` for a frame to ride on; one is sent at once for every
///   ``ackEvery`` frames, and for a frame that was heard before or came out of order.
package struct ReliableControl: Sendable {
    // Sending.
    private var nextSeq: UInt32 = 1
    private var inFlight: [Flight] = []
    private var queue: [[UInt8]] = []
    private var queueHead = 0
    /// Bytes of the packets that wait for their first frame.
    package private(set) var queuedByteCount = 0
    private var queuedAt: Instant = .zero

    // Receiving.
    private var expected: UInt32 = 1
    /// Frames after a gap, by sequence number, ascending.
    private var early: [ControlFrame] = []
    private var ackAt: Instant?
    private var unacknowledged = 0

    /// Counts for status.
    package private(set) var counters = ReliableControlCounters()
    /// The greatest acknowledgement heard, 0 = none.
    package private(set) var acknowledged: UInt32 = 0

    private struct Flight: Sendable {
        let seq: UInt32
        let packets: [UInt8]
        var sentAt: Instant
        var resends = 0
    }

    /// Bytes of packets in one frame at most: 1232 less frame header, tag, seq and ack.
    package static let frameBytesMax = Limits.datagramPayloadMin - 40
    /// How long an acknowledgement waits for a frame to ride on.
    package static let ackDelay: Duration = .milliseconds(25)
    /// So many frames are acknowledged at once.
    package static let ackEvery = 8
    private static let resendMin: Duration = .milliseconds(200)
    private static let resendMax: Duration = .seconds(2)

    package init() {}

    // MARK: - Sending

    /// Queues one whole Babel packet; sent by the next ``poll(now:roundTrip:)``.
    ///
    /// - Returns: `false` when the packet is larger than a frame, empty, or the queue is full;
    ///   nothing changed then but a counter.
    package mutating func enqueue(_ packet: [UInt8], now: Instant) -> Bool {
        guard !packet.isEmpty, packet.count <= Self.frameBytesMax,
            queuedByteCount + packet.count <= Limits.controlQueueBytesMax
        else {
            counters.refused &+= 1
            return false
        }
        if queueHead == queue.count { queuedAt = now }
        queue.append(packet)
        queuedByteCount += packet.count
        return true
    }

    /// A frame for a packet that needs no acknowledgement (Hello, IHU); carries one.
    package mutating func unacknowledgedFrame(_ packet: [UInt8]) -> ControlFrame {
        makeFrame(seq: 0, packets: packet)
    }

    /// Sends everything unacknowledged again at the next poll: the traffic moved to another carrier.
    package mutating func restartResends(now: Instant) {
        for i in inFlight.indices {
            inFlight[i].resends = 1
            inFlight[i].sentAt = now + .seconds(-10)
        }
    }

    /// Whether every packet handed over was acknowledged.
    package var isSettled: Bool { inFlight.isEmpty && queueHead == queue.count }

    /// Whether something was sent again because its acknowledgement is late.
    package var isLate: Bool { inFlight.contains { $0.resends > 0 } }

    // MARK: - Receiving

    /// Takes one frame of the neighbour.
    ///
    /// - Returns: The packets that are now in order, and a round-trip sample if the frame gave one.
    package mutating func receive(
        _ frame: ControlFrame,
        now: Instant
    ) -> (delivered: [[UInt8]], sample: Duration?) {
        // A count that is not of this link says nothing, and neither does what comes with it.
        guard frame.ack == 0 || Self.distance(from: nextSeq, to: frame.ack) < 0 else {
            counters.badAcknowledgements &+= 1
            return ([], nil)
        }
        let sample = acknowledge(frame.ack, now: now)
        guard frame.seq != 0 else {
            return (frame.packets.isEmpty ? [] : [frame.packets], sample)
        }
        let distance = Self.distance(from: expected, to: frame.seq)
        guard distance >= 0, distance < Limits.controlWindowFrames else {
            // Heard before: the acknowledgement was lost. Beyond the window: no sender of ours.
            if distance < 0 { counters.duplicates &+= 1 } else { counters.beyondWindow &+= 1 }
            ackAt = now
            return ([], sample)
        }
        guard distance == 0 else {
            keepEarly(frame, distance: distance)
            ackAt = now
            return ([], sample)
        }
        var delivered = [frame.packets]
        expected = Self.successor(expected)
        unacknowledged += 1
        while let next = early.first, next.seq == expected {
            delivered.append(next.packets)
            early.removeFirst()
            expected = Self.successor(expected)
            unacknowledged += 1
        }
        if unacknowledged >= Self.ackEvery {
            ackAt = now
        } else if ackAt == nil {
            ackAt = now + Self.ackDelay
        }
        return (delivered, sample)
    }

    // MARK: - Timer

    /// The next thing to send; called until `nil` when ``deadline(roundTrip:)`` is due.
    package mutating func poll(now: Instant, roundTrip: Duration) -> ControlStep? {
        for i in inFlight.indices
        where inFlight[i].sentAt + Self.gap(inFlight[i].resends, roundTrip) <= now {
            if inFlight[i].resends >= Limits.controlResendsMax {
                // Younger frames wait for the oldest; only that one proves anything.
                guard i == 0 else { continue }
                return .dead
            }
            inFlight[i].resends += 1
            inFlight[i].sentAt = now
            counters.resent &+= 1
            return .send(makeFrame(seq: inFlight[i].seq, packets: inFlight[i].packets))
        }
        if queueHead < queue.count, inFlight.count < Limits.controlWindowFrames {
            return .send(nextFrame(now: now))
        }
        if let due = ackAt, due <= now { return .send(makeFrame(seq: 0, packets: [])) }
        return nil
    }

    /// When ``poll(now:roundTrip:)`` has something to do, `nil` for never.
    package func deadline(roundTrip: Duration) -> Instant? {
        var earliest = ackAt
        func consider(_ instant: Instant) { earliest = min(earliest ?? instant, instant) }
        if queueHead < queue.count, inFlight.count < Limits.controlWindowFrames {
            consider(queuedAt)
        }
        for (i, flight) in inFlight.enumerated()
        where i == 0 || flight.resends < Limits.controlResendsMax {
            consider(flight.sentAt + Self.gap(flight.resends, roundTrip))
        }
        return earliest
    }

    // MARK: - Private

    private mutating func nextFrame(now: Instant) -> ControlFrame {
        var packets = queue[queueHead]
        queue[queueHead] = []
        queueHead += 1
        while queueHead < queue.count,
            packets.count + queue[queueHead].count <= Self.frameBytesMax
        {
            packets += queue[queueHead]
            queue[queueHead] = []
            queueHead += 1
        }
        queuedByteCount -= packets.count
        if queueHead == queue.count {
            queue.removeAll(keepingCapacity: queue.count <= Limits.controlWindowFrames)
            queueHead = 0
        }
        let seq = nextSeq
        nextSeq = Self.successor(nextSeq)
        inFlight.append(Flight(seq: seq, packets: packets, sentAt: now))
        counters.sent &+= 1
        return makeFrame(seq: seq, packets: packets)
    }

    private mutating func makeFrame(seq: UInt32, packets: [UInt8]) -> ControlFrame {
        ackAt = nil
        unacknowledged = 0
        return ControlFrame(seq: seq, ack: Self.predecessor(expected), packets: packets)
    }

    private mutating func acknowledge(_ ack: UInt32, now: Instant) -> Duration? {
        guard ack != 0,
            let last = inFlight.lastIndex(where: { Self.distance(from: $0.seq, to: ack) >= 0 })
        else { return nil }
        let newest = inFlight[last]
        inFlight.removeFirst(last + 1)
        acknowledged = ack
        for i in inFlight.indices { inFlight[i].resends = min(inFlight[i].resends, 1) }
        // A resent frame gives no sample: nobody knows which copy was acknowledged (Karn).
        return newest.resends == 0 ? now.elapsed(since: newest.sentAt) : nil
    }

    private mutating func keepEarly(_ frame: ControlFrame, distance: Int) {
        let at =
            early.firstIndex { Self.distance(from: expected, to: $0.seq) >= distance }
            ?? early.count
        guard at == early.count || early[at].seq != frame.seq else {
            counters.duplicates &+= 1
            return
        }
        early.insert(frame, at: at)
        counters.outOfOrder &+= 1
    }

    private static func gap(_ resends: Int, _ roundTrip: Duration) -> Duration {
        var gap = max(roundTrip * 2, resendMin)
        for _ in 0..<resends where gap < resendMax { gap = gap * 2 }
        return min(gap, max(resendMax, roundTrip * 2))
    }

    /// Steps from one sequence number to another over the wrap; 0 is never used, which makes a
    /// distance over it one too large and the window there one frame smaller.
    private static func distance(from: UInt32, to: UInt32) -> Int {
        Int(Int32(bitPattern: to &- from))
    }
    private static func successor(_ seq: UInt32) -> UInt32 { seq == .max ? 1 : seq + 1 }
    /// What is acknowledged when `seq` is expected next; 0 before anything was heard.
    ///
    /// A neighbour takes 0 for "nothing", which after 2^32 frames costs it one more resend.
    private static func predecessor(_ seq: UInt32) -> UInt32 { seq &- 1 }
}
