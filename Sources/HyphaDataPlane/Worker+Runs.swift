// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaForwarding
import HyphaLinux
import HyphaSession
import HyphaWire

/// Frames of equal size between this node and a neighbour, many in a row: the segments of one large
/// packet on their way out, and one joined message on its way in.
///
/// They take the same steps as single frames, but what is the same for all of them is done once.
extension Worker {
    // MARK: - Sending

    /// The session of a departure whose frames can be made in a row, -1 without one.
    func runSession(_ departure: Departure, frameByteCount: Int) -> Int {
        guard departure.link >= 0, departure.isDirect,
            case .datagram(let session) = departure.carrier,
            links[departure.link].datagram.allowance == nil,
            frameByteCount <= links[departure.link].datagram.payloadMax
        else { return -1 }
        return session
    }

    /// Sends all segments of a large packet to the neighbour itself.
    ///
    /// - Parameters:
    ///   - run: The segments.
    ///   - packet: Where the packet lies in the TUN region.
    ///   - place: The neighbour's link, which sends by datagrams to a proven address.
    ///   - session: The session that seals for it.
    mutating func send(_ run: SegmentRun, of packet: Range<Int>, to place: Int, by session: Int) {
        var next = 0
        while next < run.count {
            guard makeDatagramRoom(place, run.frameByteCount) else {
                for _ in next + 1..<run.count { countQueueDrop(place) }
                return
            }
            let room = outbox.runRoom(of: run.frameByteCount, link: place)
            let segments = next..<next + min(run.count - next, room)
            let byteCount = run.byteCount(of: segments)
            let at = runSpace(place, run, segments)
            var frames = sendRegion.mutableSpan(at..<at + byteCount)
            run.write(segments, of: tunRegion.span(packet), into: &frames, by: &sessions[session])
            next = segments.upperBound
        }
        links[place].totals.sentPackets &+= UInt64(run.count)
        links[place].hasCarried = true
        counters.sealedPackets &+= UInt64(run.count)
    }

    /// The place of frames in the send region; room was made before.
    private mutating func runSpace(_ place: Int, _ run: SegmentRun, _ segments: Range<Int>) -> Int {
        guard let destination = links[place].datagram.destination else {
            invariant(false, "a usable carrier has a destination")
            return 0
        }
        let byteCount = UInt64(run.byteCount(of: segments))
        links[place].totals.sentBytes &+= byteCount
        links[place].totals.datagramSentBytes &+= byteCount
        links[place].totals.datagram.sentAt = now
        links[place].isTouched = true
        return outbox.reserveRun(
            segments.count,
            of: run.frameByteCount,
            lastByteCount: run.frameByteCount(of: segments.upperBound - 1),
            link: place,
            to: destination,
            socket: links[place].datagram.socket
        )
    }

    // MARK: - Receiving

    /// Takes the frames at the start of a joined message that are whole packets, all of one link.
    ///
    /// - Parameters:
    ///   - extent: Where the frames lie in the receive region.
    ///   - segment: Size of each but the last, bytes.
    ///   - source: Where they came from.
    /// - Returns: Where the first frame begins that was not taken: it is another kind of frame, or
    ///   the link's first, or came from elsewhere.
    mutating func receiveRun(
        _ extent: Range<Int>,
        segment: Int,
        from source: NativeAddress
    ) -> Int {
        let first = extent.lowerBound
        guard segment < extent.count, let header = packetHeader(first..<first + segment) else {
            return first
        }
        let session = sessionIndex.place(of: header.receiverIndex)
        guard session >= 0, sessions[session].isConfirmed,
            case .link(let id, .datagram) = sessions[session].use
        else { return first }
        let place = index.place(of: id.value)
        guard place >= 0, !links[place].isFailed, links[place].datagram.native == source,
            links[place].datagram.allowance == nil
        else { return first }
        var at = first
        var genuine = (packets: 0, bytes: 0)
        var hop: TransitHop?
        while at < extent.upperBound {
            let frame = at..<min(at + segment, extent.upperBound)
            guard let next = packetHeader(frame), next.receiverIndex == header.receiverIndex else {
                break
            }
            if open(frame, next, session) {
                genuine.packets += 1
                genuine.bytes += frame.count
                if next.kind == .direct {
                    let end = frame.upperBound - SealedFrame.tagByteCount
                    receiveDirect(at + SealedFrame.headerByteCount..<end, from: place)
                } else {
                    passRouted(frame, from: place, &hop)
                }
            }
            at = frame.upperBound
        }
        noteTransit(hop)
        if genuine.packets > 0 { noteRun(genuine, place, session) }
        return at
    }

    /// The header of a frame that is one whole packet, `nil` of another frame.
    private func packetHeader(_ frame: Range<Int>) -> TransportHeader? {
        guard frame.count >= SealedFrame.directOverheadByteCount,
            let header = try? TransportHeader(receiveRegion.span(frame)), header.parts == 1
        else { return nil }
        switch header.kind {
        case .direct: return header
        case .routed where frame.count >= SealedFrame.routedOverheadByteCount: return header
        default: return nil
        }
    }

    private mutating func noteRun(
        _ genuine: (packets: Int, bytes: Int),
        _ place: Int,
        _ session: Int
    ) {
        links[place].totals.receivedPackets &+= UInt64(genuine.packets)
        links[place].hasCarried = true
        links[place].totals.datagram.heardAt = now
        links[place].totals.receivedBytes &+= UInt64(genuine.bytes)
        links[place].totals.datagramReceivedBytes &+= UInt64(genuine.bytes)
        links[place].isTouched = true
        noteWear(session)
    }
}

/// The segments of one large packet as frames of one size, the last one excepted.
struct SegmentRun {
    let plan: SegmentPlan
    /// What the inner packets carry: the sender's less one.
    let hopLimit: UInt8
    /// Size of every frame but the last, bytes.
    let frameByteCount: Int

    init(_ plan: SegmentPlan, hopLimit: UInt8) {
        self.plan = plan
        self.hopLimit = hopLimit
        frameByteCount = SealedFrame.directOverheadByteCount + plan.greatestByteCount
    }

    var count: Int { plan.count }

    func frameByteCount(of segment: Int) -> Int {
        SealedFrame.directOverheadByteCount + plan.byteCount(of: segment)
    }

    /// Size of some frames together; all but the last are equal.
    func byteCount(of segments: Range<Int>) -> Int {
        (segments.count - 1) * frameByteCount + frameByteCount(of: segments.upperBound - 1)
    }

    /// Writes frames one behind the other.
    ///
    /// - Parameters:
    ///   - segments: Which, at least one.
    ///   - packet: The large packet.
    ///   - frames: As large as they are together.
    ///   - session: What seals them.
    func write(
        _ segments: Range<Int>,
        of packet: Span<UInt8>,
        into frames: inout MutableSpan<UInt8>,
        by session: inout TransportSession
    ) {
        let text = SealedFrame.headerByteCount
        let content = text + UserHeader.byteCount
        let user = UserHeader.word(.ip, detail: UserDetail.partialChecksum)
        let first = session.takeCounters(UInt64(segments.count))
        var at = 0
        for segment in segments {
            let byteCount = frameByteCount(of: segment)
            var frame = frames.slice(at..<at + byteCount)
            let counter = first &+ UInt64(segment &- segments.lowerBound)
            TransportHeader(
                kind: .direct,
                receiverIndex: session.remoteIndex,
                counter: counter
            ).write(to: &frame)
            frame.storeBigEndian(user, at: text)
            var inner = frame.slice(content..<byteCount)
            _ = plan.writeSegment(segment, of: packet, into: &inner, isPartial: true)
            frame[content + IPv6Header.hopLimitOffset] = hopLimit
            session.seal(
                within: &frame,
                text: text..<byteCount,
                additionalData: 0..<text,
                counter: counter
            )
            at += byteCount
        }
    }
}

extension UserHeader {
    /// The four bytes before a content.
    static func word(_ kind: Kind, detail: UInt16) -> UInt32 {
        UInt32(version) << 24 | UInt32(kind.type) << 16 | UInt32(detail)
    }
}
