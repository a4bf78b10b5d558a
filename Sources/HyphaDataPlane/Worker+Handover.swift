// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaForwarding
import HyphaLinux
import HyphaSession
import HyphaWire

/// What this worker hands to others, since what comes next is theirs; nothing of it is reached by a
/// worker that is alone.
extension Worker {
    // MARK: - Own packets

    /// Hands a packet of this host to the worker that can send it, if that is not this one.
    ///
    /// The steps, each of them taken once at most:
    ///
    ///  1. the next hop is the destination: its link's worker, which seals it directly;
    ///  2. the destination may have a session: the worker that keeps what is known of its /64;
    ///  3. the session with the destination is a link that the route does not lead to: its worker.
    ///
    /// - Returns: Whether it is another worker's business.
    mutating func handOver(
        _ packet: HostPacket,
        to destination: IPv6Address,
        _ route: ForwardingTable.Route
    ) -> Bool {
        let linkOwner = seat.owner(of: route.link)
        if route.isDirect, linkOwner != seat.number, seat.stage < .atLink {
            return handOver(packet, .atLink, to: linkOwner)
        }
        guard desk.isOpen, seat.stage < .atNeighbour, !endsHere(route) else { return false }
        let way = desk.policies.rule(of: destination.high)?.way
        if way == .direct, let link = seat.neighbours[destination.high], seat.isElsewhere(link) {
            return handOver(packet, .atNeighbour, to: seat.owner(of: link))
        }
        let deskOwner = seat.owner(ofSubnet: destination.high)
        guard way != .base, deskOwner != seat.number, seat.stage < .atDesk else { return false }
        return handOver(packet, .atDesk, to: deskOwner)
    }

    /// Whether a route ends at the other end of a link of this worker that seals what it carries.
    private func endsHere(_ route: ForwardingTable.Route) -> Bool {
        guard let place = livingPlace(of: route.link), let carrier = carrier(of: place)
        else { return false }
        return leadsTo(table.key(at: route.index), place, carrier)
    }

    private mutating func handOver(
        _ packet: HostPacket,
        _ stage: HandedStage,
        to worker: Int
    ) -> Bool {
        let bytes = tunRegion.span(packet.withOffload)
        guard begin(bytes.count, to: worker) else { return true }
        var payload = seat.payload(to: worker)
        payload.copy(bytes, at: 0)
        // Whoever takes it reads the header anew, which may have been that of a held packet.
        packet.offload.write(to: &payload, at: 0)
        commit(.hostPacket, stage.rawValue, to: worker)
        return true
    }

    /// How a packet of this host leaves over a link of another worker.
    mutating func departureElsewhere(
        to destination: IPv6Address,
        over route: ForwardingTable.Route,
        _ key: PublicKey
    ) throws(NoDeparture) -> Departure {
        let body = try ownBody(to: destination, key, isMarked: route.offersSessions)
        if case .direct = body { return try directDeparture(to: destination.high, key) }
        let place = Departure.place(elsewhere: route.link)
        return Departure(link: place, carrier: .plainStream, body: body)
    }

    /// How a packet that is made here leaves over a link of another worker; `nil` and the drop
    /// counted when it cannot.
    mutating func reportDeparture(
        to destination: IPv6Address,
        over route: ForwardingTable.Route,
        _ key: PublicKey,
        for link: Int?
    ) -> Departure? {
        let place = Departure.place(elsewhere: route.link)
        if let session = session(with: destination.high) {
            return Departure(link: place, carrier: .plainStream, body: .session(session))
        }
        guard prepare(key, for: link) else { return nil }
        return Departure(link: place, carrier: .plainStream, body: .base(key))
    }

    /// Seals one packet into the ring to the worker of the next hop, as for a base stream.
    mutating func sendElsewhere(_ plaintext: Span<UInt8>, _ writer: FrameWriter) {
        let byteCount =
            writer.departure.overheadByteCount - UserHeader.byteCount + plaintext.count
        let link = writer.departure.linkElsewhere
        let worker = seat.owner(of: link)
        guard begin(byteCount, to: worker) else { return }
        var frame = seat.payload(to: worker)
        writer.write(
            plaintext,
            into: &frame,
            sessions: &sessions,
            keys: &keys,
            nonces: &nonces
        )
        commit(.ownFrame, UInt64(link.value), to: worker)
        counters.sealedPackets &+= 1
    }

    /// The same with one segment of the large packet that lies in the TUN region.
    mutating func sendElsewhere(
        segment: Int,
        of plan: SegmentPlan,
        _ packet: Range<Int>,
        _ writer: FrameWriter
    ) {
        let byteCount = writer.departure.overheadByteCount + plan.byteCount(of: segment)
        let link = writer.departure.linkElsewhere
        let worker = seat.owner(of: link)
        guard begin(byteCount, to: worker) else { return }
        var frame = seat.payload(to: worker)
        writer.write(
            segment: segment,
            of: plan,
            tunRegion.span(packet),
            into: &frame,
            sessions: &sessions,
            keys: &keys,
            nonces: &nonces
        )
        commit(.ownFrame, UInt64(link.value), to: worker)
        counters.sealedPackets &+= 1
    }

    // MARK: - Frames

    /// Hands a framed data packet to the worker of the next hop.
    mutating func handOver(_ frame: Span<UInt8>, to link: LinkID) {
        let worker = seat.owner(of: link)
        guard begin(frame.count, to: worker) else { return }
        var payload = seat.payload(to: worker)
        payload.copy(frame, at: 0)
        commit(.transit, UInt64(link.value), to: worker)
    }

    /// Hands received transport frames to the workers of their sessions, those that follow each
    /// other to one worker together.
    ///
    /// - Parameters:
    ///   - extent: Where frames of one source lie in the receive region, one behind the other.
    ///   - segment: Size of each but the last, bytes.
    ///   - source: Where they came from.
    /// - Returns: Where the first frame begins that is no other worker's.
    mutating func handOverRun(
        _ extent: Range<Int>,
        segment: Int,
        from source: NativeAddress
    ) -> Int {
        var first = extent.lowerBound
        while first < extent.upperBound {
            let worker = sessionOwner(first..<min(first + segment, extent.upperBound))
            guard worker >= 0 else { return first }
            var end = min(first + segment, extent.upperBound)
            while end < extent.upperBound {
                let next = end..<min(end + segment, extent.upperBound)
                guard sessionOwner(next) == worker else { break }
                end = next.upperBound
            }
            handOver(first..<end, segment: segment, from: source, to: worker)
            first = end
        }
        return first
    }

    /// Hands a single frame over; `false` when no other worker has its session.
    mutating func handOver(_ frame: Range<Int>, from source: NativeAddress) -> Bool {
        seat.isShared
            && handOverRun(frame, segment: frame.count, from: source) == frame.upperBound
    }

    /// The other worker that has the session of a transport frame, -1 when none has.
    private func sessionOwner(_ frame: Range<Int>) -> Int {
        guard frame.count >= SealedFrame.byteCountMin,
            let header = try? TransportHeader(receiveRegion.span(frame))
        else { return -1 }
        return seat.sessions.place(of: header.receiverIndex)
    }

    private mutating func handOver(
        _ frames: Range<Int>,
        segment: Int,
        from source: NativeAddress,
        to worker: Int
    ) {
        let at = HandedDatagram.frameOffset
        let packets = (frames.count + segment - 1) / segment
        guard begin(at + frames.count, to: worker, packets: packets) else { return }
        var payload = seat.payload(to: worker)
        HandedDatagram.write(source, to: &payload)
        payload.copy(receiveRegion.span(frames), at: at)
        commit(.datagram, UInt64(segment), to: worker, packets: packets)
    }

    /// Hands a packet for this host to the worker of the session that its end names, if there is
    /// one.
    mutating func handOverBody(_ frame: ReceivedFrame) -> Bool {
        guard frame.body.count >= SessionBody.overheadByteCount else { return false }
        let index = SessionTrailer.read(receiveRegion.span(frame.body)).index
        let worker = seat.sessions.place(of: index)
        guard worker >= 0 else { return false }
        guard begin(frame.byteCount, to: worker) else { return true }
        var payload = seat.payload(to: worker)
        payload.copy(receiveRegion.span(frame.extent), at: 0)
        commit(.body, 0, to: worker)
        return true
    }

    // MARK: - Reports

    /// Hands a report to the worker that can seal it for whom it tells; `false` when that is this
    /// one.
    mutating func handOver(
        _ report: OutOfBandReport,
        about frame: ReceivedFrame,
        _ route: ForwardingTable.Route
    ) -> Bool {
        let source = frame.header.source
        let linkOwner = seat.owner(of: route.link)
        let deskOwner = seat.owner(ofSubnet: source.high)
        let worker: Int
        if route.isDirect, linkOwner != seat.number {
            worker = linkOwner
        } else if desk.policies.rule(of: source.high)?.way == .session, !endsHere(route),
            deskOwner != seat.number
        {
            worker = deskOwner
        } else {
            return false
        }
        var content = source.bytes
        report.append(quoting: receiveRegion.span(frame.body), to: &content)
        guard begin(content.count, to: worker) else { return true }
        var payload = seat.payload(to: worker)
        payload.copy(content.span, at: 0)
        commit(.report, 0, to: worker)
        return true
    }

    /// Hands a report about a packet of ours to the worker of the session that sealed what it
    /// quotes; `false` when that is this one.
    mutating func handOver(
        _ report: OutOfBandReport,
        quoting quoted: Range<Int>,
        _ envelope: ICMPv6Error.Envelope
    ) -> Bool {
        let subnet = report.offendingDestination.high
        let worker = seat.owner(ofSubnet: subnet)
        guard worker != seat.number, !quoted.isEmpty,
            desk.policies.rule(of: subnet)?.way == .session
        else { return false }
        let addresses = envelope.source.bytes + envelope.destination.bytes
        let start = quoted.lowerBound - OutOfBandReport.byteCountMin
        let content = receiveRegion.span(start..<quoted.upperBound)
        guard begin(addresses.count + content.count, to: worker) else { return true }
        var payload = seat.payload(to: worker)
        payload.copy(addresses.span, at: 0)
        payload.copy(content, at: addresses.count)
        commit(.quote, UInt64(envelope.hopLimit), to: worker)
        return true
    }

    // MARK: - Rings

    /// Makes room for a message; counts the drop when the other worker is too far behind.
    private mutating func begin(_ byteCount: Int, to worker: Int, packets: Int = 1) -> Bool {
        if seat.begin(byteCount, to: worker) { return true }
        counters.drops.count(.workerBehind, packets: packets)
        return false
    }

    private mutating func commit(
        _ kind: HandedMessage,
        _ argument: UInt64,
        to worker: Int,
        packets: Int = 1
    ) {
        seat.commit(kind, argument, to: worker)
        counters.handedOver &+= UInt64(packets)
    }
}

/// Received datagrams on their way to another worker: where they came from, and the frames.
enum HandedDatagram {
    static let frameOffset = NativeAddress.byteCount

    static func write(_ source: NativeAddress, to bytes: inout MutableSpan<UInt8>) {
        source.write(to: &bytes, at: 0)
    }

    static func source(_ bytes: Span<UInt8>) -> NativeAddress { NativeAddress(bytes, at: 0) }
}
