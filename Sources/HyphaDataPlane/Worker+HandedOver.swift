// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaForwarding
import HyphaLinux
import HyphaSession
import HyphaWire

/// What other workers hand to this one.
///
/// One worker's messages are taken in their order, so a flow that goes one way through the workers
/// keeps its order.
extension Worker {
    /// Takes what was there when the turn began.
    mutating func takeHandedOver() {
        for place in 0..<seat.inletCount { takeHandedOver(from: place) }
    }

    private mutating func takeHandedOver(from place: Int) {
        // Where the next frame is put in the receive region.
        var used = 0
        while let message = seat.next(from: place) {
            let payload = seat.payload(of: message, from: place)
            if used + payload.count > Self.handedRegionByteCount { finishHanded(&used) }
            switch HandedMessage(rawValue: message.kind) {
            case .hostPacket: takeHostPacket(payload, HandedStage(rawValue: message.argument))
            case .transit:
                forward(payload, to: LinkID(UInt32(truncatingIfNeeded: message.argument)))
            case .ownFrame: takeOwnFrame(payload, message.argument)
            case .datagram:
                let segment = Int(truncatingIfNeeded: message.argument)
                used += takeDatagrams(payload, segment: segment, at: used)
            case .body: used += takeBody(payload, at: used)
            case .report: takeReport(payload)
            case .quote:
                finishHanded(&used)
                takeQuote(payload, hopLimit: UInt8(truncatingIfNeeded: message.argument))
            case nil: invariant(false, "a message of our own")
            }
        }
        finishHanded(&used)
    }

    /// The part of the receive region that a joined frame does not need.
    private static var handedRegionByteCount: Int {
        Limits.datagramsPerReceiveMax * Limits.datagramSlotBytes
    }

    /// Gives the host and the kernel what points into the receive region, so that it can be used
    /// anew.
    private mutating func finishHanded(_ used: inout Int) {
        guard used > 0 else { return }
        deliverCoalesced()
        flushPassing()
        used = 0
    }

    // MARK: - Own packets

    private mutating func takeHostPacket(_ payload: Span<UInt8>, _ stage: HandedStage?) {
        tunRegion.copy(payload, at: TUNLayout.virtioOffset)
        guard let offload = VirtioNetHeader(payload), let stage else { return }
        seat.stage = stage
        let byteCount = payload.count - VirtioNetHeader.byteCount
        sendHostPacket(HostPacket(offload: offload, byteCount: byteCount))
        seat.stage = .read
    }

    /// Passes on what is counted already.
    private mutating func takeOwnFrame(_ frame: Span<UInt8>, _ link: UInt64) {
        let (packets, bytes) = (counters.transitPackets, counters.transitBytes)
        let link = LinkID(UInt32(truncatingIfNeeded: link))
        // It came here because the link is this worker's; if it is gone, so is the packet.
        forward(frame, to: link)
        counters.transitPackets = packets
        counters.transitBytes = bytes
    }

    // MARK: - Received frames

    private mutating func takeDatagrams(
        _ payload: Span<UInt8>,
        segment: Int,
        at place: Int
    ) -> Int {
        let byteCount = payload.count - HandedDatagram.frameOffset
        let source = HandedDatagram.source(payload)
        // Without a gap, so that frames passed on from here can become one message.
        receiveRegion.copy(payload.extracting(HandedDatagram.frameOffset...), at: place)
        let upper = place + byteCount
        var at = receiveRun(place..<upper, segment: segment, from: source)
        while at < upper {
            let end = min(at + segment, upper)
            receiveFrame(at..<end, over: .datagram, from: source)
            at = end
        }
        return byteCount
    }

    /// A packet for this host whose body a session of this worker opens; its hop limit was looked
    /// at already, and is not lowered before it is opened.
    private mutating func takeBody(_ payload: Span<UInt8>, at place: Int) -> Int {
        receiveRegion.copy(payload, at: place)
        guard let header = try? DataHeader(payload),
            let hopLimit = HopLimit.step(header.hopLimit)
        else { return payload.count }
        let frame = ReceivedFrame(
            at: place,
            byteCount: payload.count,
            header: header,
            link: Self.noLink
        )
        switch openBySession(frame) {
        case .opened(let session): handleOpened(frame, hopLimit: hopLimit, by: session)
        case .dropped: break
        // The session went while the packet was on its way.
        case .unknown: counters.drops.count(.badSeal)
        }
        return payload.count
    }

    /// The place of the link of a packet that came over a link of another worker.
    private static var noLink: Int { -1 }

    // MARK: - Reports

    private mutating func takeReport(_ payload: Span<UInt8>) {
        let address = Self.address(payload, at: 0)
        let lookup = table.lookup(high: address.high, low: address.low)
        guard case .selected(let route) = lookup else {
            counters.drops.count(.noRoute)
            return
        }
        let key = table.key(at: route.index)
        guard let departure = departure(to: address, over: route, key, for: nil) else { return }
        let header = DataHeader(
            bodyByteCount: 0,
            hopLimit: 63,
            source: identity.subnet.address,
            destination: address
        )
        let content = [UInt8](copying: payload.extracting(Self.addressByteCount...))
        sendMade(content, FrameWriter(departure, header, kind: .icmp))
        counters.reportsSent &+= 1
    }

    private mutating func takeQuote(_ payload: Span<UInt8>, hopLimit: UInt8) {
        receiveRegion.copy(payload, at: 0)
        let start = 2 * Self.addressByteCount
        let envelope = ICMPv6Error.Envelope(
            source: Self.address(payload, at: 0),
            destination: Self.address(payload, at: Self.addressByteCount),
            hopLimit: hopLimit
        )
        do throws(WireError) {
            let (report, body) = try OutOfBandReport.decode(payload.extracting(start...))
            let quoted = start + body.lowerBound..<start + body.upperBound
            deliver(report, quoting: quoted, from: Self.noLink, envelope)
        } catch {
            counters.drops.count(.badReport)
        }
    }

    private static var addressByteCount: Int { 16 }
}
