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
    /// The link it came from.
    let link: LinkID

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
    mutating func receiveData(at: Int, byteCount: Int, from link: LinkID) {
        let header: DataHeader
        do throws(WireError) {
            header = try DataHeader(receiveRegion.span(at..<at + byteCount))
        } catch {
            counters.drops.count(.malformed)
            return
        }
        let frame = ReceivedFrame(at: at, byteCount: byteCount, header: header, link: link)
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
            forward(receiveRegion.span(frame.extent), to: route.link)
        case .unselected:
            counters.drops.count(.noRoute)
            sendReport(.noRoute, about: frame)
        case .unknown:
            let bytes = receiveRegion.span(frame.extent)
            hold(bytes, for: destination, origin: .link(frame.link))
        }
    }

    /// Appends a frame whose hop limit was already lowered to the queue of its next hop.
    mutating func forward(_ frame: Span<UInt8>, to link: LinkID) {
        guard let place = placeToSend(frame.count, on: link) else { return }
        links[place].append(frame, now: now)
        counters.transitPackets &+= 1
        counters.transitBytes &+= UInt64(frame.count)
        appended(frame.count, to: place)
    }

    /// The place of a link that takes a data frame of `byteCount` bytes now; counts the drop
    /// otherwise.
    mutating func placeToSend(_ byteCount: Int, on link: LinkID) -> Int? {
        let place = index.place(of: link)
        guard place >= 0, !links[place].isFailed else {
            counters.drops.count(.linkGone)
            return nil
        }
        guard links[place].accepts(byteCount, allWaiting: allWaiting, now: now) else {
            counters.drops.count(.linkQueueFull)
            return nil
        }
        return place
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
        guard let key = table.key(ofSourceHigh: source.high, low: source.low) else {
            holdInbound(receiveRegion.span(frame.extent), from: source, link: frame.link)
            return
        }
        guard prepare(key, for: frame.link) else { return }
        var body = receiveRegion.mutableSpan(frame.body)
        guard keys.open(for: key, inPlace: &body) == .done else {
            counters.drops.count(.badSeal)
            return
        }
        counters.openedPackets &+= 1
        handleOpened(frame, hopLimit: hopLimit)
    }

    /// Dispatches an opened body by its user header.
    private mutating func handleOpened(_ frame: ReceivedFrame, hopLimit: UInt8) {
        let plain = frame.body.lowerBound..<frame.body.upperBound - BaseBody.sealByteCount
        let content = plain.lowerBound + UserHeader.byteCount..<plain.upperBound
        do throws(WireError) {
            switch try UserHeader(receiveRegion.span(plain)).kind {
            case .ip: deliverPacket(content, source: frame.header.source, hopLimit: hopLimit)
            case .icmp: deliverReport(content, of: frame, hopLimit: hopLimit)
            case .message, .other: counters.drops.count(.unknownUserType)
            }
        } catch {
            counters.drops.count(.unknownUserType)
        }
    }

    /// Gives an inner packet to the host, through the coalescer.
    private mutating func deliverPacket(
        _ content: Range<Int>,
        source: IPv6Address,
        hopLimit: UInt8
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
        coalescer.add(packetAt: content.lowerBound, count: byteCount, in: &region)
        writeGroups()
    }

    /// Ends all groups and writes them; the receive region may be used anew afterwards.
    mutating func deliverCoalesced() {
        guard hasTUN else { return }
        var region = receiveRegion.mutableSpan(0..<receiveRegion.byteCount)
        coalescer.flush(in: &region)
        writeGroups()
    }

    private mutating func writeGroups() {
        while let group = coalescer.next() {
            for i in 0..<group.sliceCount {
                let slice = coalescer.slice(i, of: group)
                slices[i] = ByteSlice(slice.offset..<slice.offset + slice.count)
            }
            let result = writeToTUN(from: receiveRegion, sliceCount: group.sliceCount)
            count(result, byteCount: group.byteCount - VirtioNetHeader.byteCount)
        }
    }

    /// Gives the host one packet made here, lying in `scratch` behind its virtio-net header.
    mutating func writeScratch(_ byteCount: Int) {
        var bytes = scratch.mutableSpan(0..<VirtioNetHeader.byteCount + byteCount)
        VirtioNetHeader().write(to: &bytes, at: 0)
        slices[0] = ByteSlice(0..<VirtioNetHeader.byteCount + byteCount)
        count(writeToTUN(from: scratch, sliceCount: 1), byteCount: byteCount)
    }

    /// Writes the first slices, which together are one packet; `nil` without TUN.
    private func writeToTUN(from view: ByteView, sliceCount: Int) -> IOResult? {
        switch tun {
        case .some(let device):
            device.writeSlices(
                of: view.span(0..<view.byteCount),
                slices: slices.span.extracting(0..<sliceCount)
            )
        case .none: nil
        }
    }

    private mutating func count(_ result: IOResult?, byteCount: Int) {
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
