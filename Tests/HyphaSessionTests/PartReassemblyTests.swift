// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaSession
import Testing

@Suite struct PartReassemblyTests {
    private static let session = SessionIndex(7)
    private static let now = Instant(nanoseconds: 1_000_000_000)

    /// 36 bytes that say how large the body is.
    private static func head(_ bodyByteCount: Int, mark: UInt8 = 9) -> [UInt8] {
        [0, UInt8(bodyByteCount >> 8), UInt8(bodyByteCount & 255)]
            + [UInt8](repeating: mark, count: 33)
    }

    private static func add(
        _ parts: inout PartReassembly,
        _ counter: UInt64,
        _ number: UInt8,
        _ slice: [UInt8],
        head: [UInt8] = [],
        session: SessionIndex = session,
        now: Instant = now,
        room: Int = 4096
    ) -> (PartReassembly.Outcome, [UInt8]) {
        var output = [UInt8](repeating: 0, count: room)
        var span = output.mutableSpan
        let part = PartReassembly.Part(
            session: session,
            counter: counter,
            number: number,
            head: head.span,
            slice: slice.span
        )
        let outcome = parts.add(part, into: &span, now: now)
        guard case .joined(let byteCount) = outcome else { return (outcome, []) }
        return (outcome, Array(output[..<byteCount]))
    }

    @Test func twoPartsAreJoinedInEitherOrder() {
        for isReversed in [false, true] {
            for byteCount in [0, 1, 2, 1399, 1432] {
                var parts = PartReassembly()
                let body = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 7) }
                let half = (byteCount + 1) / 2
                let slices = [Array(body[..<half]), Array(body[half...])]
                let head = Self.head(byteCount)
                let order = isReversed ? [1, 0] : [0, 1]
                let first = Self.add(
                    &parts,
                    40 + UInt64(order[0]),
                    UInt8(order[0]),
                    slices[order[0]],
                    head: head
                )
                #expect(first.0 == .waiting)
                #expect(parts.count == 1)
                let second = Self.add(
                    &parts,
                    40 + UInt64(order[1]),
                    UInt8(order[1]),
                    slices[order[1]],
                    head: head
                )
                #expect(second.0 == .joined(byteCount: 36 + byteCount))
                #expect(second.1 == head + body)
                #expect(parts.count == 0)
                #expect(parts.counters.joined == 1)
            }
        }
    }

    @Test func directPartsHaveNoHead() {
        var parts = PartReassembly()
        #expect(Self.add(&parts, 1, 0, [1, 2, 3]).0 == .waiting)
        #expect(Self.add(&parts, 2, 1, [4, 5]).1 == [1, 2, 3, 4, 5])
    }

    @Test func partsThatDoNotBelongTogetherAreRefused() {
        let head = Self.head(4)
        let wrong: [(UInt8, [UInt8], [UInt8])] = [
            (1, [3, 4], Self.head(4, mark: 8)), (1, [3, 4], Self.head(5)),
            (1, [3], head), (1, [3, 4, 5], head), (1, [3, 4], []), (0, [1, 2], head),
        ]
        for (number, slice, otherHead) in wrong {
            var parts = PartReassembly()
            #expect(Self.add(&parts, 10, 0, [1, 2], head: head).0 == .waiting)
            let counter = 10 + UInt64(number)
            #expect(Self.add(&parts, counter, number, slice, head: otherHead).0 == .refused)
            #expect(parts.counters.refused == 1)
            // The one that waits is not hurt by it.
            #expect(Self.add(&parts, 11, 1, [3, 4], head: head).1 == head + [1, 2, 3, 4])
        }
    }

    @Test func aHeadThatSaysAnotherSizeIsRefused() {
        var parts = PartReassembly()
        #expect(Self.add(&parts, 10, 0, [1, 2], head: Self.head(5)).0 == .waiting)
        #expect(Self.add(&parts, 11, 1, [3, 4], head: Self.head(5)).0 == .refused)
    }

    @Test func nonsenseIsRefused() {
        var parts = PartReassembly()
        let large = [UInt8](repeating: 0, count: Limits.partBytesMax)
        #expect(Self.add(&parts, 10, 2, [1]).0 == .refused)
        #expect(Self.add(&parts, 0, 1, [1]).0 == .refused)
        #expect(Self.add(&parts, 10, 0, large + [1]).0 == .refused)
        #expect(Self.add(&parts, 10, 0, large).0 == .waiting)
        #expect(Self.add(&parts, 11, 1, large).0 == .refused, "no room in the output")
        #expect(parts.counters.refused == 4)
    }

    @Test func groupsOfAnotherSessionDoNotMix() {
        var parts = PartReassembly()
        #expect(Self.add(&parts, 10, 0, [1]).0 == .waiting)
        #expect(Self.add(&parts, 11, 1, [2], session: SessionIndex(8)).0 == .waiting)
        #expect(parts.counters.evicted == 1)
        #expect(Self.add(&parts, 10, 0, [1], session: SessionIndex(8)).1 == [1, 2])
    }

    @Test func aPartWaitsForHalfASecond() {
        var parts = PartReassembly()
        let almost = Self.now + .milliseconds(499)
        let late = Self.now + .milliseconds(500)
        _ = Self.add(&parts, 10, 0, [1])
        _ = Self.add(&parts, 20, 0, [1])
        _ = Self.add(&parts, 30, 0, [1])
        #expect(Self.add(&parts, 11, 1, [2], now: almost).1 == [1, 2])
        #expect(Self.add(&parts, 21, 1, [2], now: late).0 == .waiting)
        #expect(parts.counters.expired == 1)
        parts.expire(now: almost)
        #expect(parts.count == 2)
        parts.expire(now: late)
        #expect(parts.count == 1)
        #expect(parts.counters.expired == 2)
    }

    @Test func atTheCeilingTheOldestGivesWay() {
        var parts = PartReassembly()
        for group in 0..<UInt64(Limits.partGroupsMax) {
            #expect(Self.add(&parts, group * 2, 0, [UInt8(group & 255)]).0 == .waiting)
        }
        #expect(parts.count == Limits.partGroupsMax)
        #expect(parts.counters.evicted == 0)
        #expect(Self.add(&parts, UInt64(Limits.partGroupsMax) * 2, 0, [9]).0 == .waiting)
        #expect(parts.count == Limits.partGroupsMax)
        #expect(parts.counters.evicted == 1)
        #expect(Self.add(&parts, 1, 1, [9]).0 == .waiting, "part 0 of it is gone")
        #expect(Self.add(&parts, 3, 1, [9]).1 == [1, 9])
    }
}
