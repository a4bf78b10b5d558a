// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaLink
import Testing

private let roundTrip: Duration = .milliseconds(20)

private func packet(_ number: Int, count: Int = 40) -> [UInt8] {
    [42, 2] + [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: count - 2)
}

/// The macro cannot look into a call that changes something.
private func expectTaken(_ isTaken: Bool) { #expect(isTaken) }

private func expectDelivered(
    _ result: (delivered: [[UInt8]], sample: Duration?),
    _ packets: [[UInt8]]
) {
    #expect(result.delivered == packets)
}

private func expectFrames(_ result: (frames: [ControlFrame], dead: Bool), _ frames: [ControlFrame])
{
    #expect(result.frames == frames)
}

/// Everything one side wants to send at `now`.
private func drain(
    _ side: inout ReliableControl,
    now: Instant
) -> (frames: [ControlFrame], dead: Bool) {
    var frames: [ControlFrame] = []
    while let step = side.poll(now: now, roundTrip: roundTrip) {
        switch step {
        case .send(let frame): frames.append(frame)
        case .dead: return (frames, true)
        }
    }
    return (frames, false)
}

@Suite struct ReliableControlTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    @Test func packetsOfOneMomentShareAFrame() {
        var side = ReliableControl()
        for i in 0..<10 { expectTaken(side.enqueue(packet(i), now: start)) }
        #expect(side.deadline(roundTrip: roundTrip) == start)
        let frames = drain(&side, now: start).frames
        #expect(frames.map(\.seq) == [1])
        #expect(frames.first?.packets == (0..<10).flatMap { packet($0) })
    }

    @Test func noFrameExceedsTheLeastPayload() {
        var side = ReliableControl()
        for i in 0..<100 { expectTaken(side.enqueue(packet(i, count: 500), now: start)) }
        let frames = drain(&side, now: start).frames
        #expect(frames.count == 50)
        #expect(frames.allSatisfy { $0.packets.count <= ReliableControl.frameBytesMax })
        #expect(ReliableControl.frameBytesMax + 16 + 16 + 8 == 1232)
        let isTaken = side.enqueue(
            packet(0, count: ReliableControl.frameBytesMax + 1),
            now: start
        )
        #expect(!isTaken)
        #expect(side.counters.refused == 1)
    }

    @Test func helloNeitherWaitsNorIsRepeated() {
        var side = ReliableControl()
        let hello = side.unacknowledgedFrame(packet(7))
        #expect(hello == ControlFrame(seq: 0, ack: 0, packets: packet(7)))
        #expect(side.deadline(roundTrip: roundTrip) == nil)
        var other = ReliableControl()
        let heard = other.receive(ControlFrame(seq: 0, ack: 0, packets: packet(7)), now: start)
        #expect(heard.delivered == [packet(7)])
        #expect(other.deadline(roundTrip: roundTrip) == nil)
    }

    @Test func framesAreDeliveredInOrderAndOnce() {
        var side = ReliableControl()
        func frame(_ seq: UInt32) -> ControlFrame {
            ControlFrame(seq: seq, ack: 0, packets: packet(Int(seq)))
        }
        expectDelivered(side.receive(frame(2), now: start), [])
        expectDelivered(side.receive(frame(3), now: start), [])
        expectDelivered(side.receive(frame(2), now: start), [])
        expectDelivered(side.receive(frame(1), now: start), [1, 2, 3].map { packet($0) })
        expectDelivered(side.receive(frame(1), now: start), [])
        expectDelivered(side.receive(frame(3), now: start), [])
        expectDelivered(side.receive(frame(4), now: start), [packet(4)])
        #expect(side.counters.duplicates == 3)
        #expect(side.counters.outOfOrder == 2)
    }

    @Test func aFrameBeyondTheWindowIsNotKept() {
        var side = ReliableControl()
        let limit = UInt32(Limits.controlWindowFrames)
        _ = side.receive(ControlFrame(seq: limit + 1, ack: 0, packets: [1]), now: start)
        #expect(side.counters.beyondWindow == 1)
        _ = side.receive(ControlFrame(seq: limit, ack: 0, packets: [1]), now: start)
        #expect(side.counters.outOfOrder == 1)
    }

    @Test func theAcknowledgementRidesOrFollowsWithin50Milliseconds() throws {
        var side = ReliableControl()
        _ = side.receive(ControlFrame(seq: 1, ack: 0, packets: packet(1)), now: start)
        let due = try #require(side.deadline(roundTrip: roundTrip))
        #expect(due.elapsed(since: start) >= .milliseconds(20))
        #expect(due.elapsed(since: start) <= .milliseconds(50))
        expectFrames(drain(&side, now: start), [])
        expectFrames(drain(&side, now: due), [ControlFrame(seq: 0, ack: 1, packets: [])])

        _ = side.receive(ControlFrame(seq: 2, ack: 0, packets: packet(2)), now: due)
        expectTaken(side.enqueue(packet(9), now: due))
        expectFrames(drain(&side, now: due), [ControlFrame(seq: 1, ack: 2, packets: packet(9))])
        #expect(side.deadline(roundTrip: roundTrip) == due + .milliseconds(200))
    }

    @Test func aDuplicateIsAcknowledgedAtOnce() {
        var side = ReliableControl()
        _ = side.receive(ControlFrame(seq: 1, ack: 0, packets: packet(1)), now: start)
        _ = drain(&side, now: start + .milliseconds(30))
        _ = side.receive(
            ControlFrame(seq: 1, ack: 0, packets: packet(1)),
            now: start + .milliseconds(200)
        )
        expectFrames(
            drain(&side, now: start + .milliseconds(200)),
            [ControlFrame(seq: 0, ack: 1, packets: [])]
        )
    }

    @Test func theWindowHoldsPacketsBackUntilAcknowledged() {
        var side = ReliableControl()
        for i in 0..<70 { expectTaken(side.enqueue(packet(i, count: 1000), now: start)) }
        do {
            let frames = drain(&side, now: start).frames
            #expect(frames.count == Limits.controlWindowFrames)
        }
        #expect(side.queuedByteCount == 6000)
        #expect(side.deadline(roundTrip: roundTrip) == start + .milliseconds(200))
        let sample = side.receive(
            ControlFrame(seq: 0, ack: 2, packets: []),
            now: start + .milliseconds(10)
        ).sample
        #expect(sample == .milliseconds(10))
        do {
            let frames = drain(&side, now: start + .milliseconds(10)).frames
            #expect(frames.map(\.seq) == [65, 66])
        }
    }

    @Test func theQueueHasACeiling() {
        var side = ReliableControl()
        var taken = 0
        while side.enqueue(packet(taken, count: 1024), now: start) { taken += 1 }
        #expect(taken == Limits.controlQueueBytesMax / 1024)
        #expect(side.counters.refused == 1)
        do {
            let frames = drain(&side, now: start).frames
            #expect(frames.count == Limits.controlWindowFrames)
        }
        expectTaken(side.enqueue(packet(0, count: 1024), now: start))
    }

    @Test func resendsDoubleToTwoSecondsAndEndTheLinkAfterEight() throws {
        var side = ReliableControl()
        expectTaken(side.enqueue(packet(1), now: start))
        var times: [Int64] = []
        var now = start
        var isDead = false
        while !isDead {
            let result = drain(&side, now: now)
            isDead = result.dead
            if !isDead { times.append(now.elapsed(since: start).milliseconds) }
            now = try #require(side.deadline(roundTrip: roundTrip))
            #expect(times.count < 20)
        }
        #expect(times == [0, 200, 600, 1400, 3000, 5000, 7000, 9000, 11_000])
    }

    @Test func aLongRoundTripStretchesTheFirstResend() {
        var side = ReliableControl()
        expectTaken(side.enqueue(packet(1), now: start))
        _ = side.poll(now: start, roundTrip: .milliseconds(600))
        #expect(side.deadline(roundTrip: .milliseconds(600)) == start + .milliseconds(1200))
    }

    @Test func acknowledgementsOfFramesNeverSentAreIgnored() {
        var side = ReliableControl()
        expectTaken(side.enqueue(packet(1), now: start))
        _ = drain(&side, now: start)
        _ = side.receive(ControlFrame(seq: 0, ack: 2, packets: []), now: start)
        #expect(side.counters.badAcknowledgements == 1)
        #expect(!side.isSettled)
        _ = side.receive(ControlFrame(seq: 0, ack: 1, packets: []), now: start)
        #expect(side.isSettled)
    }

    @Test(arguments: 1...20)
    func everythingArrivesInOrderThroughLossReorderingAndCopies(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var sides = [ReliableControl(), ReliableControl()]
        var inTransit: [(at: Instant, to: Int, frame: ControlFrame)] = []
        var arrived: [[UInt8]] = [[], []]
        var expected: [[UInt8]] = [[], []]
        var now = start
        var handed = 0
        while handed < 300 || !sides.allSatisfy(\.isSettled) {
            if handed < 300 {
                let from = handed % 2
                let bytes = packet(handed, count: Int.random(in: 10...900, using: &random))
                expectTaken(sides[from].enqueue(bytes, now: now))
                expected[1 - from] += bytes
                handed += 1
            }
            for from in 0..<2 {
                let result = drain(&sides[from], now: now)
                try #require(!result.dead, "seed \(seed)")
                for frame in result.frames {
                    for _ in 0..<(Int.random(in: 0..<10, using: &random) == 0 ? 2 : 1)
                    where Int.random(in: 0..<5, using: &random) != 0 {
                        let delay = Duration.milliseconds(Int.random(in: 5...40, using: &random))
                        inTransit.append((now + delay, 1 - from, frame))
                    }
                }
            }
            now = now + .milliseconds(5)
            for item in inTransit where item.at <= now {
                for packets in sides[item.to].receive(item.frame, now: now).delivered {
                    arrived[item.to] += packets
                }
            }
            inTransit.removeAll { $0.at <= now }
            try #require(now.elapsed(since: start) < .seconds(300), "seed \(seed)")
        }
        #expect(arrived == expected, "seed \(seed)")
    }
}
