// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaForwarding
import HyphaLink
import HyphaLinux
import HyphaSession
import HyphaWire
import Synchronization

/// Sealed frames as they come in, from either carrier.
extension Worker {
    /// Takes one transport frame.
    ///
    /// - Parameters:
    ///   - extent: Where it lies in the receive region; opened in place.
    ///   - carrier: What brought it.
    ///   - link: The link of a stream; of a datagram the session says it.
    ///   - source: Where a datagram came from.
    mutating func receiveFrame(
        _ extent: Range<Int>,
        over carrier: CarrierKind,
        link: Int = -1,
        from source: NativeAddress? = nil
    ) {
        guard extent.count >= SealedFrame.byteCountMin else {
            counters.drops.count(.malformed)
            return
        }
        let header: TransportHeader
        do throws(WireError) {
            header = try TransportHeader(receiveRegion.span(extent))
        } catch {
            counters.drops.count(.malformed)
            return
        }
        let session = sessionIndex.place(of: header.receiverIndex)
        guard session >= 0, case .link(let id, carrier) = sessions[session].use else {
            if let source, handOver(extent, from: source) { return }
            counters.drops.count(.unknownSession)
            if let source { reportUnknownIndex(from: source) }
            return
        }
        let place = index.place(of: id.value)
        guard place >= 0, !links[place].isFailed, link < 0 || link == place else {
            counters.drops.count(.unknownSession)
            return
        }
        guard open(extent, header, session) else { return }
        links[place].totals.receivedPackets &+= 1
        switch carrier {
        case .stream: links[place].totals.stream.heardAt = now
        case .datagram: links[place].totals.datagram.heardAt = now
        }
        if sessions[session].confirm() {
            events.append(.carrier(.confirmed(SessionIndex(header.receiverIndex))))
            // What the neighbour said in clear before came before this one.
            let stream = links[place].stream
            if carrier == .stream, stream >= 0 { streams[stream].isClosedToClear = true }
        }
        if let source {
            if source != links[place].datagram.native {
                noteNewSource(source, place, header.counter == sessions[session].highestCounter)
            }
            links[place].datagram.noteReceived(extent.count, from: source)
            links[place].totals.receivedBytes &+= UInt64(extent.count)
            links[place].totals.datagramReceivedBytes &+= UInt64(extent.count)
        }
        links[place].isTouched = true
        handleOpened(extent, header, place, carrier, source)
        noteWear(session)
    }

    /// Opens the sealed part of a frame; counts why not.
    mutating func open(
        _ extent: Range<Int>,
        _ header: TransportHeader,
        _ session: Int
    ) -> Bool {
        let end =
            header.kind == .routed ? SealedFrame.routedOverheadByteCount : extent.count
        guard end <= extent.count else {
            counters.drops.count(.malformed)
            return false
        }
        var frame = receiveRegion.mutableSpan(extent)
        let outcome = sessions[session].open(
            within: &frame,
            text: SealedFrame.headerByteCount..<end,
            additionalData: 0..<SealedFrame.headerByteCount,
            counter: header.counter
        )
        switch outcome {
        case .done: return true
        case .replayed: counters.drops.count(.replayed)
        case .forged:
            counters.drops.count(.badSeal)
            noteFailures(session)
        }
        return false
    }

    private mutating func handleOpened(
        _ extent: Range<Int>,
        _ header: TransportHeader,
        _ place: Int,
        _ carrier: CarrierKind,
        _ source: NativeAddress?
    ) {
        let content =
            extent.lowerBound + SealedFrame.headerByteCount..<extent.upperBound
            - SealedFrame.tagByteCount
        switch header.kind {
        case .control, .liveness:
            handUp(content, header.kind, extent.count, place, carrier, source)
        case .direct:
            links[place].hasCarried = true
            if header.parts == 1 {
                receiveDirect(content, from: place)
            } else {
                joinDirect(content, header, place)
            }
        case .routed:
            links[place].hasCarried = true
            if header.parts == 1 {
                receiveRouted(extent, from: place)
            } else {
                joinRouted(extent, header, place)
            }
        }
    }

    /// Gives the control plane what is its business.
    private mutating func handUp(
        _ content: Range<Int>,
        _ kind: TransportKind,
        _ byteCount: Int,
        _ place: Int,
        _ carrier: CarrierKind,
        _ source: NativeAddress?
    ) {
        // An empty frame keeps alive and does nothing else.
        if kind == .liveness, content.isEmpty { return }
        // On a stream there is room, or it would not be read.
        guard mayHandUp(from: place) else {
            counters.drops.count(.controlBusy)
            return
        }
        events.append(
            .carrier(
                .frame(
                    links[place].id,
                    carrier,
                    kind,
                    content: [UInt8](copying: receiveRegion.span(content)),
                    frameByteCount: byteCount,
                    from: source?.socketAddress
                )
            )
        )
    }

    // MARK: - Data

    /// A packet of the neighbour itself for this host, opened: user header and content.
    mutating func receiveDirect(_ plain: Range<Int>, from place: Int) {
        counters.openedPackets &+= 1
        do throws(WireError) {
            let user = try UserHeader(receiveRegion.span(plain))
            let content = plain.lowerBound + UserHeader.byteCount..<plain.upperBound
            switch user.kind {
            case .ip:
                let detail = receiveRegion.span(plain).bigEndian(at: 2, as: UInt16.self)
                let isPartial = detail & UserDetail.partialChecksum != 0
                deliverDirect(content, from: place, isPartial: isPartial)
            case .superPacket: deliverSuperPacket(plain, source: links[place].peerAddress)
            case .icmp: deliverDirectReport(content, from: place)
            default: counters.drops.count(.unknownUserType)
            }
        } catch {
            counters.drops.count(.unknownUserType)
        }
    }

    /// One hop is used up on the way, as over a base link.
    private mutating func deliverDirect(
        _ content: Range<Int>,
        from place: Int,
        isPartial: Bool
    ) {
        guard content.count >= IPv6Header.byteCount else {
            counters.drops.count(.malformed)
            return
        }
        let received = receiveRegion.span(content)[IPv6Header.hopLimitOffset]
        guard let hopLimit = HopLimit.step(received) else {
            counters.drops.count(.hopLimit)
            sendDirectReport(.hopLimitExceeded, about: content, to: place)
            return
        }
        deliverPacket(
            content,
            source: links[place].peerAddress,
            hopLimit: hopLimit,
            isPartial: isPartial
        )
    }

    /// A routed frame whose header was opened in place: behind it the tag, then the body.
    ///
    /// The header moves up against the body, so that from here on it is a packet of the base.
    mutating func receiveRouted(_ extent: Range<Int>, from place: Int) {
        let at = extent.lowerBound + SealedFrame.routedOverheadByteCount - DataHeader.byteCount
        var frame = receiveRegion.mutableSpan(extent)
        SealedFrame.moveHeaderUp(&frame)
        let byteCount = extent.upperBound - at
        let header = receiveRegion.span(at..<at + DataHeader.byteCount)
        let body = Int(truncatingIfNeeded: header.bigEndian(at: 4, as: UInt32.self) >> 8 & 0xffff)
        guard body == byteCount - DataHeader.byteCount else {
            counters.drops.count(.malformed)
            return
        }
        receiveData(at: at, byteCount: byteCount, from: place, sealedAt: extent.lowerBound)
    }

    // MARK: - Wear

    mutating func noteWear(_ session: Int) {
        guard sessions[session].isWorn, !sessions[session].isReportedWorn else { return }
        sessions[session].isReportedWorn = true
        events.append(.carrier(.worn(SessionIndex(sessions[session].localIndex))))
    }

    mutating func noteFailures(_ session: Int) {
        guard sessions[session].failedTags >= TransportSession.failedTagsMax,
            !sessions[session].isReportedFailing
        else { return }
        sessions[session].isReportedFailing = true
        events.append(.carrier(.failing(SessionIndex(sessions[session].localIndex))))
    }
}

extension SealedFrame {
    /// Moves the opened data header of a routed frame up against the body, behind a packet header
    /// as a base stream has it.
    static func moveHeaderUp(_ frame: inout MutableSpan<UInt8>) {
        let from = headerByteCount
        let to = from + tagByteCount - StreamFrame.headerByteCount
        let first = UInt64(frame.bigEndian(at: from, as: UInt32.self))
        let words = (
            frame.bigEndian(at: from + 4, as: UInt64.self),
            frame.bigEndian(at: from + 12, as: UInt64.self),
            frame.bigEndian(at: from + 20, as: UInt64.self),
            frame.bigEndian(at: from + 28, as: UInt64.self)
        )
        // The packet header of a data packet is 1, 0, 0, 0.
        frame.storeBigEndian(first | 0x0100_0000_0000_0000, at: to)
        frame.storeBigEndian(words.0, at: to + 8)
        frame.storeBigEndian(words.1, at: to + 16)
        frame.storeBigEndian(words.2, at: to + 24)
        frame.storeBigEndian(words.3, at: to + 32)
    }

    /// The way back: the header behind the transport header, to be sealed.
    static func moveHeaderDown(_ frame: inout MutableSpan<UInt8>) {
        let to = headerByteCount
        let from = to + tagByteCount
        let first = frame.bigEndian(at: from, as: UInt32.self)
        let words = (
            frame.bigEndian(at: from + 4, as: UInt64.self),
            frame.bigEndian(at: from + 12, as: UInt64.self),
            frame.bigEndian(at: from + 20, as: UInt64.self),
            frame.bigEndian(at: from + 28, as: UInt64.self)
        )
        frame.storeBigEndian(first, at: to)
        frame.storeBigEndian(words.0, at: to + 4)
        frame.storeBigEndian(words.1, at: to + 12)
        frame.storeBigEndian(words.2, at: to + 20)
        frame.storeBigEndian(words.3, at: to + 28)
    }
}
