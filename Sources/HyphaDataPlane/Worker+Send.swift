// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaForwarding
import HyphaSession
import HyphaWire

/// Frames on their way out, whatever their carrier.
extension Worker {
    // MARK: - The way

    /// The place of a link that can take frames, or `nil` and the drop counted.
    func livingPlace(of link: LinkID) -> Int? {
        let place = index.place(of: link.value)
        return place >= 0 && !links[place].isFailed ? place : nil
    }

    /// The carrier that traffic of a link goes over now; `nil` while it has none.
    func carrier(of place: Int) -> Departure.Carrier? {
        let hasDatagrams = links[place].datagram.isUsable && maySend(links[place].datagram.session)
        if links[place].active == .datagram, hasDatagrams {
            return .datagram(links[place].datagram.session)
        }
        if links[place].stream >= 0 {
            let session = links[place].streamSession
            if session >= 0 { return maySend(session) ? .sealedStream(session) : nil }
            if !streams[links[place].stream].isSealed { return .plainStream }
        }
        return hasDatagrams ? .datagram(links[place].datagram.session) : nil
    }

    /// Whether a session's keys may still be used; they wear out long after new ones are due.
    private func maySend(_ session: Int) -> Bool { !sessions[session].isSpent }

    /// Whether a data frame may join what is waiting on a carrier; counts the drop otherwise.
    mutating func hasRoom(_ place: Int, _ carrier: Departure.Carrier, _ byteCount: Int) -> Bool {
        links[place].hasCarried = true
        switch carrier {
        case .plainStream, .sealedStream:
            let stream = links[place].stream
            if streams[stream].accepts(byteCount, allWaiting: allWaiting, now: now) { return true }
            countQueueDrop(place)
            return false
        case .datagram:
            return makeDatagramRoom(place, byteCount)
        }
    }

    /// Counts a frame that found no room on its link.
    mutating func countQueueDrop(_ place: Int) {
        links[place].totals.queueDrops &+= 1
        counters.drops.count(.linkQueueFull)
    }

    // MARK: - Own packets

    /// Sends one frame around a plaintext that lies elsewhere.
    mutating func send(_ plaintext: Span<UInt8>, _ writer: FrameWriter) {
        let departure = writer.departure
        guard !departure.isElsewhere else { return sendElsewhere(plaintext, writer) }
        let byteCount =
            departure.overheadByteCount - UserHeader.byteCount + plaintext.count
        if departure.isDatagram, byteCount > links[departure.link].datagram.payloadMax {
            sendInParts(plaintext, writer)
            return
        }
        guard hasRoom(departure.link, departure.carrier, byteCount) else { return }
        switch departure.carrier {
        case .plainStream, .sealedStream:
            let stream = links[departure.link].stream
            streams[stream].queue.reserve(byteCount, now: now)
            var frame = streams[stream].queue.freeUnbound(byteCount)
            writer.write(
                plaintext,
                into: &frame,
                sessions: &sessions,
                keys: &keys,
                nonces: &nonces
            )
            commit(byteCount, to: departure.link)
        case .datagram:
            let at = datagramSpace(departure.link, byteCount)
            var frame = sendRegion.mutableSpan(at..<at + byteCount)
            writer.write(
                plaintext,
                into: &frame,
                sessions: &sessions,
                keys: &keys,
                nonces: &nonces
            )
        }
        links[departure.link].totals.sentPackets &+= 1
        counters.sealedPackets &+= 1
    }

    /// Sends one segment of the large packet that lies in the TUN region.
    mutating func send(
        segment: Int,
        of plan: SegmentPlan,
        _ packet: Range<Int>,
        _ writer: FrameWriter
    ) {
        let departure = writer.departure
        guard !departure.isElsewhere else {
            return sendElsewhere(segment: segment, of: plan, packet, writer)
        }
        let byteCount = departure.overheadByteCount + plan.byteCount(of: segment)
        if departure.isDatagram, byteCount > links[departure.link].datagram.payloadMax {
            sendInParts(segment: segment, of: plan, packet, writer)
            return
        }
        guard hasRoom(departure.link, departure.carrier, byteCount) else { return }
        if departure.isDatagram {
            let at = datagramSpace(departure.link, byteCount)
            var frame = sendRegion.mutableSpan(at..<at + byteCount)
            writer.write(
                segment: segment,
                of: plan,
                tunRegion.span(packet),
                into: &frame,
                sessions: &sessions,
                keys: &keys,
                nonces: &nonces
            )
        } else {
            let stream = links[departure.link].stream
            streams[stream].queue.reserve(byteCount, now: now)
            var frame = streams[stream].queue.freeUnbound(byteCount)
            writer.write(
                segment: segment,
                of: plan,
                tunRegion.span(packet),
                into: &frame,
                sessions: &sessions,
                keys: &keys,
                nonces: &nonces
            )
            commit(byteCount, to: departure.link)
        }
        links[departure.link].totals.sentPackets &+= 1
        counters.sealedPackets &+= 1
    }

    private mutating func commit(_ byteCount: Int, to place: Int) {
        streams[links[place].stream].queue.commit(byteCount, now: now)
        appended(byteCount, to: links[place].stream)
    }

    // MARK: - In two parts

    /// Cuts a frame that the path does not take whole (`Docs/protocol/hypha.md` section 3.3).
    private mutating func sendInParts(_ plaintext: Span<UInt8>, _ writer: FrameWriter) {
        guard case .datagram(let session) = writer.departure.carrier else { return }
        if writer.departure.isDirect {
            guard sendDirectParts(plaintext, writer.departure.link, session) else { return }
        } else {
            // Sealed as for a base stream first: the outer header, then the whole body.
            let plain = Departure(
                link: writer.departure.link,
                carrier: .plainStream,
                body: writer.departure.body
            )
            let byteCount =
                plain.overheadByteCount - UserHeader.byteCount + plaintext.count
            var frame = partRegion.mutableSpan(0..<byteCount)
            let inner = FrameWriter(
                plain,
                writer.header,
                kind: writer.kind,
                detail: writer.detail
            )
            inner.write(
                plaintext,
                into: &frame,
                sessions: &sessions,
                keys: &keys,
                nonces: &nonces
            )
            let whole = partRegion.span(0..<byteCount)
            guard forwardInParts(whole, to: writer.departure.link, session) else { return }
        }
        links[writer.departure.link].totals.sentPackets &+= 1
        counters.sealedPackets &+= 1
    }

    private mutating func sendInParts(
        segment: Int,
        of plan: SegmentPlan,
        _ packet: Range<Int>,
        _ writer: FrameWriter
    ) {
        let byteCount = UserHeader.byteCount + plan.byteCount(of: segment)
        let start = partRegion.byteCount / 2
        var plaintext = partRegion.mutableSpan(start..<start + byteCount)
        plaintext.storeBigEndian(writer.userWord, at: 0)
        var content = plaintext.slice(UserHeader.byteCount..<byteCount)
        _ = plan.writeSegment(
            segment,
            of: tunRegion.span(packet),
            into: &content,
            isPartial: writer.detail & UserDetail.partialChecksum != 0
        )
        if writer.departure.isDirect {
            content[IPv6Header.hopLimitOffset] = writer.header.hopLimit
        }
        sendInParts(partRegion.span(start..<start + byteCount), writer)
    }

    /// Sends direct data as two frames; `false` and the drop counted when it cannot.
    private mutating func sendDirectParts(
        _ plaintext: Span<UInt8>,
        _ place: Int,
        _ session: Int
    ) -> Bool {
        let half = (plaintext.count + 1) / 2
        let overhead = SealedFrame.byteCountMin
        guard half + overhead <= links[place].datagram.payloadMax else {
            counters.drops.count(.oversized)
            return false
        }
        guard hasRoom(place, .datagram(session), plaintext.count + 2 * overhead) else {
            return false
        }
        let first = sessions[session].takeCounters(2)
        for part in 0..<2 {
            let slice = plaintext.extracting(part == 0 ? 0..<half : half..<plaintext.count)
            let byteCount = slice.count + overhead
            let at = datagramSpace(place, byteCount)
            var frame = sendRegion.mutableSpan(at..<at + byteCount)
            let counter = first &+ UInt64(part)
            TransportHeader(
                kind: .direct,
                part: UInt8(part),
                parts: 2,
                receiverIndex: sessions[session].remoteIndex,
                counter: counter
            ).write(to: &frame)
            sessions[session].seal(
                slice,
                within: &frame,
                text: SealedFrame.headerByteCount..<byteCount,
                additionalData: 0..<SealedFrame.headerByteCount,
                counter: counter
            )
        }
        return true
    }

    // MARK: - Frames of others, and such as are made already

    /// Passes a framed data packet on whose hop limit was lowered already.
    mutating func forward(_ frame: Span<UInt8>, to link: LinkID) {
        guard let place = livingPlace(of: link), let carrier = carrier(of: place) else {
            if seat.isElsewhere(link) { return handOver(frame, to: link) }
            counters.drops.count(.linkGone)
            return
        }
        switch carrier {
        case .plainStream:
            guard hasRoom(place, carrier, frame.count) else { return }
            streams[links[place].stream].append(frame, now: now)
            appended(frame.count, to: links[place].stream)
        case .sealedStream(let session):
            let byteCount =
                frame.count - DataHeader.byteCount + SealedFrame.routedOverheadByteCount
                + StreamFrame.headerByteCount
            guard hasRoom(place, carrier, byteCount) else { return }
            let stream = links[place].stream
            streams[stream].queue.reserve(byteCount, now: now)
            var target = streams[stream].queue.freeUnbound(byteCount)
            SealedFrame.writeStreamHeader(&target, byteCount: byteCount)
            let start = StreamFrame.headerByteCount
            SealedFrame.writeRouted(frame, into: &target, start: start, &sessions[session])
            commit(byteCount, to: place)
        case .datagram(let session):
            let byteCount =
                frame.count - DataHeader.byteCount + SealedFrame.routedOverheadByteCount
            if byteCount > links[place].datagram.payloadMax {
                guard forwardInParts(frame, to: place, session) else { return }
                break
            }
            guard hasRoom(place, carrier, byteCount) else { return }
            let at = datagramSpace(place, byteCount)
            var target = sendRegion.mutableSpan(at..<at + byteCount)
            SealedFrame.writeRouted(frame, into: &target, start: 0, &sessions[session])
        }
        links[place].totals.sentPackets &+= 1
        counters.transitPackets &+= 1
        counters.transitBytes &+= UInt64(frame.count)
    }

    /// Sends a framed data packet as two frames, each with the header and one half of the body;
    /// `false` and the drop counted when it cannot.
    private mutating func forwardInParts(
        _ frame: Span<UInt8>,
        to place: Int,
        _ session: Int
    ) -> Bool {
        let body = frame.count - DataHeader.byteCount
        let half = (body + 1) / 2
        let overhead = SealedFrame.routedOverheadByteCount
        guard half + overhead <= links[place].datagram.payloadMax else {
            counters.drops.count(.oversized)
            return false
        }
        guard hasRoom(place, .datagram(session), body + 2 * overhead) else { return false }
        let first = sessions[session].takeCounters(2)
        for part in 0..<2 {
            let slice = part == 0 ? 0..<half : half..<body
            let byteCount = slice.count + overhead
            let at = datagramSpace(place, byteCount)
            var target = sendRegion.mutableSpan(at..<at + byteCount)
            let counter = first &+ UInt64(part)
            SealedFrame.writeRoutedHeader(
                frame,
                into: &target,
                TransportHeader(
                    kind: .routed,
                    part: UInt8(part),
                    parts: 2,
                    receiverIndex: sessions[session].remoteIndex,
                    counter: counter
                ),
                start: 0,
                &sessions[session]
            )
            let bytes = DataHeader.byteCount + slice.lowerBound
            target.copy(frame.extracting(bytes..<bytes + slice.count), at: overhead)
        }
        return true
    }

    // MARK: - Control and liveness

    /// Seals a frame that the control plane made.
    ///
    /// - Parameters:
    ///   - kind: Control or liveness.
    ///   - content: What is inside.
    ///   - carrier: Over which carrier; `nil` = the active one.
    ///   - place: The link.
    ///   - padTo: Size of the whole frame at least, bytes.
    mutating func send(
        _ kind: TransportKind,
        _ content: [UInt8],
        over carrier: CarrierKind?,
        of place: Int,
        padTo: Int?
    ) {
        let chosen = carrier ?? links[place].active
        let isStream = chosen == .stream
        let session = isStream ? links[place].streamSession : links[place].datagram.session
        guard session >= 0, isStream ? links[place].stream >= 0 : links[place].datagram.isUsable
        else { return }
        let start = isStream ? StreamFrame.headerByteCount : 0
        let least = SealedFrame.byteCountMin + content.count
        let byteCount = start + max(least, min(padTo ?? 0, Limits.sealedFrameBytesMax))
        if isStream {
            let ceiling = Limits.linkQueueBytesMax + Limits.linkControlBytesMax
            let stream = links[place].stream
            guard streams[stream].queue.waitingByteCount + byteCount <= ceiling else {
                loseStream(stream, .controlQueueFull)
                return
            }
            streams[stream].queue.reserve(byteCount, now: now)
            var frame = streams[stream].queue.freeUnbound(byteCount)
            SealedFrame.writeStreamHeader(&frame, byteCount: byteCount)
            SealedFrame.write(kind, content, into: &frame, start: start, &sessions[session])
            commit(byteCount, to: place)
        } else {
            guard makeDatagramRoom(place, byteCount) else { return }
            let at = datagramSpace(place, byteCount)
            var frame = sendRegion.mutableSpan(at..<at + byteCount)
            SealedFrame.write(kind, content, into: &frame, start: 0, &sessions[session])
        }
        links[place].totals.sentPackets &+= 1
    }
}

extension SealedFrame {
    /// Writes a framed data packet as a routed frame.
    static func writeRouted(
        _ packet: Span<UInt8>,
        into target: inout MutableSpan<UInt8>,
        start: Int,
        _ session: inout TransportSession
    ) {
        let header = TransportHeader(
            kind: .routed,
            receiverIndex: session.remoteIndex,
            counter: session.takeCounters()
        )
        writeRoutedHeader(packet, into: &target, header, start: start, &session)
        target.copy(
            packet.extracting(DataHeader.byteCount..<packet.count),
            at: start + routedOverheadByteCount
        )
    }

    /// Writes the sealed header of a routed frame; the body is the caller's.
    static func writeRoutedHeader(
        _ packet: Span<UInt8>,
        into target: inout MutableSpan<UInt8>,
        _ header: TransportHeader,
        start: Int,
        _ session: inout TransportSession
    ) {
        target.copy(packet.extracting(0..<DataHeader.byteCount), at: outerOffset(start))
        var head = target.slice(start..<target.count)
        header.write(to: &head)
        sealRoutedHeader(&target, start: start, header.counter, &session)
    }

    /// Writes a frame around a content that is sealed whole, padded with zeros.
    static func write(
        _ kind: TransportKind,
        _ content: [UInt8],
        into frame: inout MutableSpan<UInt8>,
        start: Int,
        _ session: inout TransportSession
    ) {
        let counter = session.takeCounters()
        var head = frame.slice(start..<frame.count)
        TransportHeader(kind: kind, receiverIndex: session.remoteIndex, counter: counter)
            .write(to: &head)
        let text = start + headerByteCount
        frame.copy(content.span, at: text)
        for i in text + content.count..<frame.count { frame[i] = 0 }
        session.seal(
            within: &frame,
            text: text..<frame.count,
            additionalData: start..<text,
            counter: counter
        )
    }
}
