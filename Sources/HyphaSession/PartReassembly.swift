// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaBytes

/// Joins frames that a carrier's size made the sender cut in two (`Docs/protocol/hypha.md` section
/// 3.3), for one link.
///
/// The two parts have consecutive counters and name their group by that of part 0. The place of a
/// group follows from its counter, so that nothing is searched: a part whose place is taken by
/// another group evicts it. Memory is taken when the first part comes.
package struct PartReassembly: ~Copyable {
    private var places: [Place] = []
    /// A single byte before the first part comes.
    private var memory = ByteRegion(byteCount: 1)
    /// What became of parts.
    package private(set) var counters = Counters()

    private struct Place {
        var session = SessionIndex(0)
        var group: UInt64 = 0
        var part: UInt8 = 0
        var isUsed = false
        var headByteCount = 0
        var byteCount = 0
        var since = Instant.zero
    }

    /// What became of parts.
    package struct Counters: Hashable, Sendable {
        /// Frames made of two parts.
        package internal(set) var joined: UInt64 = 0
        /// Parts that waited for 500 ms.
        package internal(set) var expired: UInt64 = 0
        /// Parts that gave way to another group.
        package internal(set) var evicted: UInt64 = 0
        /// Parts that are too large, come twice, or do not belong together.
        package internal(set) var refused: UInt64 = 0
    }

    /// One part of a frame, opened.
    package struct Part: ~Escapable {
        /// The session it came under, since counters begin anew with each.
        package var session: SessionIndex
        /// Its counter.
        package var counter: UInt64
        /// 0 or 1.
        package var number: UInt8
        /// What both parts carry: the data header of a routed frame, otherwise empty.
        package var head: Span<UInt8>
        /// This part of the rest.
        package var slice: Span<UInt8>

        @_lifetime(copy head, copy slice)
        package init(
            session: SessionIndex,
            counter: UInt64,
            number: UInt8,
            head: Span<UInt8>,
            slice: Span<UInt8>
        ) {
            self.session = session
            self.counter = counter
            self.number = number
            self.head = head
            self.slice = slice
        }
    }

    /// What became of a part.
    package enum Outcome: Hashable, Sendable {
        /// It waits for the other one.
        case waiting
        /// Head and both slices are in the output, this many bytes.
        case joined(byteCount: Int)
        /// It is of no use, and was counted.
        case refused
    }

    package init() {}

    /// Parts waiting, expired ones included until ``expire(now:)``.
    package var count: Int { places.count { $0.isUsed } }

    /// Takes a part, copying it unless it completes its frame.
    ///
    /// - Parameters:
    ///   - part: Opened and not seen before.
    ///   - output: Where a joined frame is put; at least as large as two parts can be.
    ///   - now: The time.
    /// - Returns: What became of it.
    package mutating func add(
        _ part: Part,
        into output: inout MutableSpan<UInt8>,
        now: Instant
    ) -> Outcome {
        let byteCount = part.head.count + part.slice.count
        guard part.number < 2, part.counter >= UInt64(part.number),
            byteCount <= Limits.partBytesMax
        else { return refuse() }
        let group = part.counter - UInt64(part.number)
        // Counters of two parts are consecutive, so the last bit tells few groups apart.
        let at = Int(truncatingIfNeeded: group >> 1) & (Limits.partGroupsMax - 1)
        if places.isEmpty {
            places = [Place](repeating: Place(), count: Limits.partGroupsMax)
            memory = ByteRegion(byteCount: Limits.partGroupsMax * Limits.partBytesMax)
        }
        let place = places[at]
        if place.isUsed, now.elapsed(since: place.since) < Limits.partWait {
            guard place.group != group || place.session != part.session else {
                return join(part, at, into: &output)
            }
            counters.evicted &+= 1
        } else if place.isUsed {
            counters.expired &+= 1
        }
        keep(part, group, at, now: now)
        return .waiting
    }

    /// Drops the parts that have waited for 500 ms.
    package mutating func expire(now: Instant) {
        for at in places.indices where places[at].isUsed {
            guard now.elapsed(since: places[at].since) >= Limits.partWait else { continue }
            places[at].isUsed = false
            counters.expired &+= 1
        }
    }

    // MARK: - Private

    private mutating func keep(_ part: borrowing Part, _ group: UInt64, _ at: Int, now: Instant) {
        let start = at * Limits.partBytesMax
        memory.copy(part.head, at: start)
        memory.copy(part.slice, at: start + part.head.count)
        places[at] = Place(
            session: part.session,
            group: group,
            part: part.number,
            isUsed: true,
            headByteCount: part.head.count,
            byteCount: part.slice.count,
            since: now
        )
    }

    private mutating func join(
        _ part: borrowing Part,
        _ at: Int,
        into output: inout MutableSpan<UInt8>
    ) -> Outcome {
        let place = places[at]
        let isFirst = part.number == 0
        let sizes =
            isFirst ? (part.slice.count, place.byteCount) : (place.byteCount, part.slice.count)
        // The sender puts the larger half in part 0.
        let headByteCount = part.head.count
        let byteCount = headByteCount + sizes.0 + sizes.1
        let start = at * Limits.partBytesMax
        guard place.part != part.number, sizes.0 == sizes.1 || sizes.0 == sizes.1 + 1,
            output.count >= byteCount, place.headByteCount == headByteCount,
            Self.isEqual(memory.span(start..<start + headByteCount), part.head),
            Self.fits(part.head, bodyByteCount: sizes.0 + sizes.1)
        else { return refuse() }
        output.copy(part.head, at: 0)
        let middle = headByteCount + sizes.0
        output.copy(part.slice, at: isFirst ? headByteCount : middle)
        let kept = start + headByteCount..<start + headByteCount + place.byteCount
        output.copy(memory.span(kept), at: isFirst ? middle : headByteCount)
        places[at].isUsed = false
        counters.joined &+= 1
        return .joined(byteCount: byteCount)
    }

    private mutating func refuse() -> Outcome {
        counters.refused &+= 1
        return .refused
    }

    /// Whether the body is as large as a data header says: reserved 1, length 2 and so on.
    private static func fits(_ head: Span<UInt8>, bodyByteCount: Int) -> Bool {
        guard !head.isEmpty else { return true }
        return head.count >= 3 && Int(head.bigEndian(at: 1, as: UInt16.self)) == bodyByteCount
    }

    private static func isEqual(_ first: Span<UInt8>, _ second: Span<UInt8>) -> Bool {
        guard first.count == second.count else { return false }
        for i in first.indices where first[i] != second[i] { return false }
        return true
    }
}
