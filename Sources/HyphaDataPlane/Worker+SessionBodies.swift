// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaForwarding
import HyphaSession
import HyphaWire

/// Bodies of sessions between two nodes, as they come in.
extension Worker {
    /// What became of a body that may be a session's.
    enum BodyOpening {
        /// Opened under the session at this place.
        case opened(Int)
        /// Dropped and counted.
        case dropped
        /// It names no session of its source.
        case unknown
    }

    /// Opens a body under the session that its end names, if there is one with its source.
    ///
    /// The end of a base body is random, so one in 2^32 names a session by chance and is lost.
    mutating func openBySession(_ frame: ReceivedFrame) -> BodyOpening {
        guard frame.body.count >= SessionBody.overheadByteCount else { return .unknown }
        let trailer = SessionTrailer.read(receiveRegion.span(frame.body))
        let session = sessionIndex.place(of: trailer.index)
        guard session >= 0, sessions[session].use == .endToEnd(subnet: frame.header.source.high)
        else { return .unknown }
        touch(session)
        switch open(frame, session, trailer.counter) {
        case .done:
            noteHeard(session)
            return .opened(session)
        case .replayed:
            counters.drops.count(.replayed)
            sessions[session].traffic.replayed &+= 1
        case .forged:
            counters.drops.count(.badSeal)
            noteForged(session)
        }
        return .dropped
    }

    private mutating func open(
        _ frame: ReceivedFrame,
        _ session: Int,
        _ counter: UInt64
    ) -> TransportSession.Opened {
        var bytes = receiveRegion.mutableSpan(frame.extent)
        return sessions[session].open(
            within: &bytes,
            text: DataHeader.byteCount..<frame.byteCount - SessionTrailer.byteCount,
            additionalData: DataHeader.sourceOffset..<DataHeader.byteCount,
            counter: counter
        )
    }

    private mutating func noteHeard(_ session: Int) {
        sessions[session].traffic.heardAt = now
        sessions[session].traffic.receivedPackets &+= 1
        counters.openedPackets &+= 1
        if sessions[session].confirm() {
            events.append(.session(.confirmed(SessionIndex(sessions[session].localIndex))))
        }
        noteSessionWear(session)
    }

    /// Says once that a session needs new keys.
    mutating func noteSessionWear(_ session: Int) {
        guard sessions[session].isWorn, !sessions[session].isReportedWorn else { return }
        sessions[session].isReportedWorn = true
        events.append(.session(.worn(SessionIndex(sessions[session].localIndex))))
    }

    private mutating func noteForged(_ session: Int) {
        guard sessions[session].failedTags >= TransportSession.failedTagsMax,
            !sessions[session].isReportedFailing
        else { return }
        sessions[session].isReportedFailing = true
        events.append(.session(.failing(SessionIndex(sessions[session].localIndex))))
    }

    /// A body that nothing opens: its source may use a session that this node has lost.
    mutating func noteUnknownBody(from source: IPv6Address) {
        guard desk.isOpen, desk.unknownIndexes.take(now: now) else { return }
        events.append(.session(.unknownIndex(from: source)))
    }

    // MARK: - By user header

    /// Whether an opened body may be looked at.
    ///
    /// - Parameters:
    ///   - kind: What its user header says.
    ///   - session: What opened it; `nil` = the base key.
    ///   - source: Its outer source.
    /// - Returns: `false` when it was dropped and counted.
    mutating func mayTake(
        _ kind: UserHeader.Kind,
        _ session: Int?,
        from source: IPv6Address
    ) -> Bool {
        if let session {
            if kind != .sessionControl { sessions[session].traffic.heardDataAt = now }
            return true
        }
        switch kind {
        case .sessionInitiation, .sessionResponse: return true
        default:
            if desk.takesBase(from: source.high) { return true }
            counters.drops.count(.unprotected)
            return false
        }
    }

    /// Takes a body that only nodes with sessions send.
    mutating func takeSessionBody(
        _ kind: UserHeader.Kind,
        _ content: Range<Int>,
        _ session: Int?,
        from source: IPv6Address
    ) {
        switch (kind, session) {
        case (.sessionControl, .some(let session)): handUpControl(content, session)
        case (.sessionInitiation, nil), (.sessionResponse, nil):
            handUp(kind.type, content, from: source)
        default: counters.drops.count(.unknownUserType)
        }
    }

    /// Without content it keeps alive.
    private mutating func handUpControl(_ content: Range<Int>, _ session: Int) {
        guard !content.isEmpty else { return }
        guard desk.controls.take(now: now) else {
            counters.drops.count(.controlBusy)
            return
        }
        let bytes = [UInt8](copying: receiveRegion.span(content))
        events.append(.session(.control(SessionIndex(sessions[session].localIndex), bytes)))
    }

    private mutating func handUp(_ type: UInt8, _ content: Range<Int>, from source: IPv6Address) {
        guard desk.isOpen, let key = table.key(ofSourceHigh: source.high, low: source.low) else {
            counters.drops.count(.unknownUserType)
            return
        }
        guard desk.messages.take(now: now) else {
            counters.drops.count(.controlBusy)
            return
        }
        let bytes = [UInt8](copying: receiveRegion.span(content))
        events.append(.session(.message(type, bytes, from: source, key: key)))
    }

    // MARK: - Quoted bodies

    /// Opens a body of ours that a report quotes, if a session sealed it.
    ///
    /// - Parameters:
    ///   - quoted: Where it lies in the receive region, at least 32 bytes, as the report's decoder
    ///     has seen to. What stands before it, at least 64 bytes of the report, was read already and
    ///     is overwritten with the addresses.
    ///   - report: What the report says of it.
    /// - Returns: Whether it is one, and now in clear.
    mutating func openQuotedBySession(_ quoted: Range<Int>, _ report: OutOfBandReport) -> Bool {
        let trailer = SessionTrailer.read(receiveRegion.span(quoted))
        guard let rule = desk.policies.rule(of: report.offendingDestination.high),
            let session = sender(of: trailer.index, rule)
        else { return false }
        let addressByteCount = DataHeader.byteCount - DataHeader.sourceOffset
        let start = quoted.lowerBound - addressByteCount
        var bytes = receiveRegion.mutableSpan(start..<quoted.upperBound)
        bytes.storeBigEndian(report.offendingSource.high, at: 0)
        bytes.storeBigEndian(report.offendingSource.low, at: 8)
        bytes.storeBigEndian(report.offendingDestination.high, at: 16)
        bytes.storeBigEndian(report.offendingDestination.low, at: 24)
        return sessions[session].openQuoted(
            within: &bytes,
            text: addressByteCount..<bytes.count - SessionTrailer.byteCount,
            additionalData: 0..<addressByteCount,
            counter: trailer.counter
        )
    }

    /// The session that sends with this index, out of the one in use and the one before.
    private func sender(of remote: UInt32, _ rule: SessionPolicyTable.Rule) -> Int? {
        for place in [rule.way == .session ? rule.place : -1, rule.formerPlace] where place >= 0 {
            let place = Int(place)
            if sessions.contains(place), sessions[place].remoteIndex == remote { return place }
        }
        return nil
    }
}
