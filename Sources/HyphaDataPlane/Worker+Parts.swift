// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaForwarding
import HyphaLinux
import HyphaSession
import HyphaWire

/// Frames that came in two parts (`Docs/protocol/hypha.md` section 3.3).
extension Worker {
    /// One part of direct data, opened.
    mutating func joinDirect(_ content: Range<Int>, _ header: TransportHeader, _ place: Int) {
        guard let byteCount = join(content.lowerBound..<content.lowerBound, content, header, place)
        else { return }
        receiveDirect(Self.joinOffset..<Self.joinOffset + byteCount, from: place)
        deliverCoalesced()
    }

    /// One part of routed data: its opened header, and its half of the body.
    mutating func joinRouted(_ extent: Range<Int>, _ header: TransportHeader, _ place: Int) {
        let start = extent.lowerBound + SealedFrame.headerByteCount
        let head = start..<start + SealedFrame.routedHeaderByteCount
        let slice = extent.lowerBound + SealedFrame.routedOverheadByteCount..<extent.upperBound
        guard let byteCount = join(head, slice, header, place) else { return }
        // Its packet header is 1, 0, 0, 0.
        let at = Self.joinOffset - StreamFrame.headerByteCount
        var packet = receiveRegion.mutableSpan(at..<Self.joinOffset + byteCount)
        packet.storeBigEndian(0x0100_0000 as UInt32, at: 0)
        receiveData(at: at, byteCount: packet.count, from: place)
        deliverCoalesced()
    }

    /// Where a joined frame is put: behind the slots of the datagrams of this batch, with room for
    /// a packet header in front.
    static var joinOffset: Int { Limits.datagramsPerReceiveMax * Limits.datagramSlotBytes + 64 }

    /// Puts a part with the other one; the size of the frame when that was the second.
    private mutating func join(
        _ head: Range<Int>,
        _ slice: Range<Int>,
        _ header: TransportHeader,
        _ place: Int
    ) -> Int? {
        // Groups of the coalescer may lie where the frame is put.
        deliverCoalesced()
        let before = links[place].parts.counters
        let part = PartReassembly.Part(
            session: SessionIndex(header.receiverIndex),
            counter: header.counter,
            number: header.part,
            head: receiveRegion.span(head),
            slice: receiveRegion.span(slice)
        )
        var output = receiveRegion.mutableSpan(Self.joinOffset..<receiveRegion.byteCount)
        let outcome = links[place].parts.add(part, into: &output, now: now)
        countLost(since: before, place)
        if outcome == .waiting, partsDeadline == nil { setPartsDeadline() }
        guard case .joined(let byteCount) = outcome else { return nil }
        return byteCount
    }

    private mutating func countLost(since before: PartReassembly.Counters, _ place: Int) {
        let after = links[place].parts.counters
        let lost =
            after.expired &- before.expired &+ after.evicted &- before.evicted &+ after.refused
            &- before.refused
        counters.drops.count(.partLost, packets: Int(truncatingIfNeeded: lost))
    }

    /// Drops parts that have waited for long enough; looked for twice a second while some wait.
    mutating func expireParts() {
        guard let deadline = partsDeadline, deadline.instant <= now else { return }
        partsDeadline = nil
        for place in 0..<links.end where links.contains(place) {
            let before = links[place].parts.counters
            links[place].parts.expire(now: now)
            countLost(since: before, place)
            if links[place].parts.count > 0 { setPartsDeadline() }
        }
    }

    private mutating func setPartsDeadline() {
        partsDeadline = Deadline(now + Limits.partWait, "a part of a frame")
    }
}
