// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaForwarding
import HyphaLinux
import HyphaSession
import HyphaWire

/// A data frame and where it lies in the receive region.
struct ReceivedFrame {
    /// Where the frame begins, and its size, bytes.
    let at: Int
    let byteCount: Int
    let header: DataHeader
    /// Place of the link it came from.
    let link: Int
    /// Where the sealed frame begins that it came in, `nil` when it did not come in one whole.
    var sealedAt: Int?

    var extent: Range<Int> { at..<at + byteCount }
    var body: Range<Int> { at + DataHeader.byteCount..<at + byteCount }
}

extension Worker {
    /// Takes one data frame from a link.
    ///
    /// The steps of base protocol section 4.4:
    ///
    ///  1. hop limit below 2: report and drop, before anything else;
    ///  2. for our /64: open and deliver;
    ///  3. selected route: pass on with one hop less, the body untouched;
    ///  4. routes but none selected: report; nothing known: hold the frame and search.
    mutating func receiveData(
        at: Int,
        byteCount: Int,
        from link: Int,
        sealedAt: Int? = nil
    ) {
        let header: DataHeader
        do throws(WireError) {
            header = try DataHeader(receiveRegion.span(at..<at + byteCount))
        } catch {
            counters.drops.count(.malformed)
            return
        }
        let frame = ReceivedFrame(
            at: at,
            byteCount: byteCount,
            header: header,
            link: link,
            sealedAt: sealedAt
        )
        guard let hopLimit = HopLimit.step(header.hopLimit) else {
            counters.drops.count(.hopLimit)
            sendReport(.hopLimitExceeded, about: frame)
            return
        }
        if header.destination.high == check.ownSubnet {
            deliver(frame, hopLimit: hopLimit)
        } else {
            var bytes = receiveRegion.mutableSpan(frame.extent)
            DataHeader.setHopLimit(hopLimit, in: &bytes)
            passOn(frame)
        }
    }

    // MARK: - Transit

    private mutating func passOn(_ frame: ReceivedFrame) {
        let destination = frame.header.destination
        switch table.lookup(high: destination.high, low: destination.low) {
        case .selected(let route):
            askForRefresh(route, of: destination)
            passOn(frame, to: route.link)
        case .unselected:
            counters.drops.count(.noRoute)
            sendReport(.noRoute, about: frame)
        case .unknown:
            let bytes = receiveRegion.span(frame.extent)
            hold(bytes, for: destination, origin: .link(links[frame.link].id))
        }
    }

    /// Sends a frame on: from where it lies when it came and goes by datagrams, as a copy otherwise.
    private mutating func passOn(_ frame: ReceivedFrame, to link: LinkID) {
        if let start = frame.sealedAt, let place = livingPlace(of: link),
            case .datagram(let session) = carrier(of: place),
            passInPlace(start, frame, to: place, session)
        {
            counters.transitPackets &+= 1
            counters.transitBytes &+= UInt64(frame.byteCount)
            return
        }
        forward(receiveRegion.span(frame.extent), to: link)
    }

    /// Tells routing once that a route in use is about to expire.
    mutating func askForRefresh(_ route: ForwardingTable.Route, of destination: IPv6Address) {
        if table.takeRefresh(route.index, now: now) {
            events.append(.refresh(Prefix(subnetOf: destination)))
        }
    }

    // MARK: - Delivery

    /// Opens a frame for this node (base protocol section 4.5).
    private mutating func deliver(_ frame: ReceivedFrame, hopLimit: UInt8) {
        let source = frame.header.source
        switch openBySession(frame) {
        case .opened(let session):
            handleOpened(frame, hopLimit: hopLimit, by: session)
            return
        case .dropped: return
        case .unknown: if seat.isShared, handOverBody(frame) { return }
        }
        guard let key = table.key(ofSourceHigh: source.high, low: source.low) else {
            let link = links[frame.link].id
            holdInbound(receiveRegion.span(frame.extent), from: source, link: link)
            return
        }
        guard prepare(key, for: frame.link) else { return }
        var body = receiveRegion.mutableSpan(frame.body)
        guard keys.open(for: key, inPlace: &body) == .done else {
            counters.drops.count(.badSeal)
            noteUnknownBody(from: source)
            return
        }
        counters.openedPackets &+= 1
        handleOpened(frame, hopLimit: hopLimit, by: nil)
    }

    /// Dispatches an opened body by its user header; `session`: what opened it, `nil` = the base
    /// key.
    mutating func handleOpened(
        _ frame: ReceivedFrame,
        hopLimit: UInt8,
        by session: Int?
    ) {
        let plain = frame.body.lowerBound..<frame.body.upperBound - BaseBody.sealByteCount
        let content = plain.lowerBound + UserHeader.byteCount..<plain.upperBound
        do throws(WireError) {
            let kind = try UserHeader(receiveRegion.span(plain)).kind
            let source = frame.header.source
            guard mayTake(kind, session, from: source) else { return }
            switch kind {
            case .ip:
                let detail = receiveRegion.span(plain).bigEndian(at: 2, as: UInt16.self)
                deliverPacket(
                    content,
                    source: source,
                    hopLimit: hopLimit,
                    isPartial: session != nil && detail & UserDetail.partialChecksum != 0
                )
            case .superPacket where session != nil:
                deliverSuperPacket(plain, source: source, hopLimit: hopLimit)
            case .icmp: deliverReport(content, of: frame, hopLimit: hopLimit)
            default: takeSessionBody(kind, content, session, from: source)
            }
        } catch {
            counters.drops.count(.unknownUserType)
        }
    }

    /// Gives an inner packet to the host, through the coalescer.
    mutating func deliverPacket(
        _ content: Range<Int>,
        source: IPv6Address,
        hopLimit: UInt8,
        isPartial: Bool = false
    ) {
        guard hasTUN else {
            counters.drops.count(.noTUN)
            return
        }
        let packet = receiveRegion.span(content)
        if let reason = check.inbound(packet, keySubnet: source.high) {
            counters.drops.count(reason)
            return
        }
        let claimed = packet.bigEndian(at: IPv6Header.payloadByteCountOffset, as: UInt16.self)
        let byteCount = IPv6Header.byteCount + Int(claimed)
        guard byteCount <= content.count else {
            counters.drops.count(.malformed)
            return
        }
        var region = receiveRegion.mutableSpan(0..<receiveRegion.byteCount)
        region[content.lowerBound + IPv6Header.hopLimitOffset] = hopLimit
        coalescer.add(
            packetAt: content.lowerBound,
            count: byteCount,
            in: &region,
            isPartial: isPartial
        )
        writeGroups()
    }

    /// Ends all groups and writes them; the receive region may be used anew afterwards.
    mutating func deliverCoalesced() {
        guard hasTUN else { return }
        var region = receiveRegion.mutableSpan(0..<receiveRegion.byteCount)
        coalescer.flush(in: &region)
        writeGroups()
        flushTUN()
    }

    private mutating func writeGroups() {
        while let group = coalescer.next() {
            for i in 0..<group.sliceCount {
                let slice = coalescer.slice(i, of: group)
                slices[i] = ByteSlice(slice.offset..<slice.offset + slice.count)
            }
            writeReceived(sliceCount: group.sliceCount, byteCount: group.byteCount)
        }
    }

    /// Gives the host one packet whose parts lie in the receive region: a large one at once, so
    /// that the host starts on it, small ones many at a time.
    mutating func writeReceived(sliceCount: Int, byteCount: Int) {
        if byteCount <= TUNLayout.largeByteCount {
            if appendToTUN(sliceCount: sliceCount) { return }
            flushTUN()
            if appendToTUN(sliceCount: sliceCount) { return }
        } else {
            flushTUN()
        }
        let result = writeToTUN(from: receiveRegion, sliceCount: sliceCount)
        count(result, byteCount: byteCount - VirtioNetHeader.byteCount)
    }

    /// Part by part: a span of the property would lock the device as well.
    private mutating func appendToTUN(sliceCount: Int) -> Bool {
        guard tun?.beginPacket(partCount: sliceCount) == true else { return false }
        for i in 0..<sliceCount { tun?.addPart(slices[i]) }
        return true
    }

    /// Writes the small packets that were gathered.
    mutating func flushTUN() {
        guard let waiting = tun?.queuedCount, waiting > 0,
            let report = tun?.flush(of: receiveRegion.span(0..<receiveRegion.byteCount))
        else { return }
        counters.drops.count(.tunWriteFailed, packets: report.failures)
        counters.tunSentPackets &+= UInt64(report.packets)
        let headers = report.packets * VirtioNetHeader.byteCount
        counters.tunSentBytes &+= UInt64(max(0, report.bytes - headers))
    }

    /// Gives the host one packet made here, lying in `scratch` behind its virtio-net header.
    mutating func writeScratch(_ byteCount: Int) {
        flushTUN()
        var bytes = scratch.mutableSpan(0..<VirtioNetHeader.byteCount + byteCount)
        VirtioNetHeader().write(to: &bytes, at: 0)
        slices[0] = ByteSlice(0..<VirtioNetHeader.byteCount + byteCount)
        count(writeToTUN(from: scratch, sliceCount: 1), byteCount: byteCount)
    }

    /// Writes the first slices, which together are one packet; `nil` without TUN.
    func writeToTUN(from view: ByteView, sliceCount: Int) -> IOResult? {
        switch tun {
        case .some(let port):
            port.descriptor.writeSlices(
                of: view.span(0..<view.byteCount),
                slices: slices.span.extracting(0..<sliceCount)
            )
        case .none: nil
        }
    }

    mutating func count(_ result: IOResult?, byteCount: Int) {
        guard case .count = result else {
            counters.drops.count(.tunWriteFailed)
            return
        }
        counters.tunSentPackets &+= 1
        counters.tunSentBytes &+= UInt64(byteCount)
    }

    /// Whether packets for this host have somewhere to go.
    var hasTUN: Bool {
        switch tun {
        case .some: true
        case .none: false
        }
    }
}
