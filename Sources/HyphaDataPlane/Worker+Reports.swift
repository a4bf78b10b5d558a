// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaForwarding
import HyphaSession
import HyphaWire

extension Worker {
    // MARK: - To this host

    /// Drops a packet of this host, counts it, and tells its sender where that helps.
    ///
    /// - Parameters:
    ///   - packet: The packet.
    ///   - reason: Why it ends here.
    ///   - pathMTU: The greatest packet that could go on, bytes; told when this one was too large.
    mutating func refuse(
        _ packet: HostPacket,
        _ reason: DropReason,
        pathMTU: Int = Limits.tunnelMTUBytes
    ) {
        counters.drops.count(reason)
        guard let error = Self.error(for: reason, pathMTU: pathMTU), hostErrors.take(now: now)
        else { return }
        let bytes = tunRegion.span(packet.extent)
        guard bytes.count >= IPv6Header.byteCount else { return }
        let sender = IPv6Address(
            high: bytes.bigEndian(at: IPv6Header.sourceOffset),
            low: bytes.bigEndian(at: IPv6Header.sourceOffset + 8)
        )
        let envelope = ICMPv6Error.Envelope(source: identity.address, destination: sender)
        var target = scratch.mutableSpan(VirtioNetHeader.byteCount..<scratch.byteCount)
        guard let byteCount = error.write(about: bytes, envelope: envelope, into: &target) else {
            return
        }
        counters.hostErrors &+= 1
        writeScratch(byteCount)
    }

    /// What the host is told about a drop (base protocol section 4.3); most drops say nothing.
    private static func error(for reason: DropReason, pathMTU: Int) -> ICMPv6Error? {
        switch reason {
        case .ownSubnet: .addressUnreachable
        case .sourceNotOverlay: .sourcePolicyFailed
        case .hopLimit: .hopLimitExceeded
        case .noRoute: .noRoute
        case .noSession: .prohibited
        case .oversized: .packetTooBig(mtuBytes: pathMTU)
        default: nil
        }
    }

    // MARK: - To the source of a packet in transit

    /// Tells a packet's source, sealed for it, why its packet ends here.
    ///
    /// Needs a route to that source (base protocol section 4.6).
    mutating func sendReport(_ cause: OutOfBandReport.Cause, about frame: ReceivedFrame) {
        let source = frame.header.source
        guard source.isOverlay, source.high != check.ownSubnet else { return }
        guard links[frame.link].reports.take(now: now) else {
            counters.drops.count(.reportLimited)
            return
        }
        guard case .selected(let route) = table.lookup(high: source.high, low: source.low) else {
            search(source, origin: .link(links[frame.link].id))
            return
        }
        let report = OutOfBandReport(
            reporter: identity.subnet.address,
            offendingSource: source,
            offendingDestination: frame.header.destination,
            cause: cause
        )
        if seat.isShared, handOver(report, about: frame, route) { return }
        let key = table.key(at: route.index)
        guard let departure = departure(to: source, over: route, key, for: frame.link) else {
            return
        }
        let writer = FrameWriter(
            departure,
            DataHeader(
                bodyByteCount: 0,
                // 64, less one by the step of section 4.4.
                hopLimit: 63,
                source: identity.subnet.address,
                destination: source
            ),
            kind: .icmp
        )
        var content: [UInt8] = []
        report.append(quoting: receiveRegion.span(frame.body), to: &content)
        sendMade(content, writer)
        counters.reportsSent &+= 1
    }

    /// Sends a packet that is made here, off the steady path.
    ///
    /// - Parameters:
    ///   - content: What follows the user header.
    ///   - writer: Its way and its headers; the body's size is filled in.
    mutating func sendMade(_ content: [UInt8], _ writer: FrameWriter) {
        let plaintext = Self.bigEndianBytes(writer.userWord) + content
        var header = writer.header
        header.bodyByteCount = UInt16(clamping: plaintext.count + BaseBody.sealByteCount)
        let complete = FrameWriter(
            writer.departure,
            header,
            kind: writer.kind,
            detail: writer.detail
        )
        send(plaintext.span, complete)
    }

    private static func bigEndianBytes(_ word: UInt32) -> [UInt8] {
        [UInt8(word >> 24), UInt8(word >> 16 & 0xff), UInt8(word >> 8 & 0xff), UInt8(word & 0xff)]
    }

    /// Tells the neighbour why a packet that it sent directly ends here.
    ///
    /// The quote is the inner packet as it was before it was sealed: the link proves who sent it.
    mutating func sendDirectReport(
        _ cause: OutOfBandReport.Cause,
        about content: Range<Int>,
        to place: Int
    ) {
        guard links[place].reports.take(now: now) else {
            counters.drops.count(.reportLimited)
            return
        }
        guard let carrier = carrier(of: place) else { return }
        let packet = receiveRegion.span(content)
        let report = OutOfBandReport(
            reporter: identity.subnet.address,
            offendingSource: Self.address(packet, at: IPv6Header.sourceOffset),
            offendingDestination: Self.address(packet, at: IPv6Header.destinationOffset),
            cause: cause
        )
        let writer = FrameWriter(
            Departure(link: place, carrier: carrier, body: .direct),
            DataHeader(
                bodyByteCount: 0,
                hopLimit: 63,
                source: identity.address,
                destination: links[place].peerAddress
            ),
            kind: .icmp
        )
        var made: [UInt8] = []
        report.append(quoting: packet, to: &made)
        sendMade(made, writer)
        counters.reportsSent &+= 1
    }

    static func address(_ packet: Span<UInt8>, at offset: Int) -> IPv6Address {
        IPv6Address(high: packet.bigEndian(at: offset), low: packet.bigEndian(at: offset + 8))
    }

    // MARK: - From another router

    /// Gives the host the ICMPv6 error that another router reports about a packet of ours.
    ///
    /// The report quotes our own sealed body. Only what opens with the key of the destination that
    /// it names, and is from us to there, is passed on.
    mutating func deliverReport(
        _ content: Range<Int>,
        of frame: ReceivedFrame,
        hopLimit: UInt8
    ) {
        guard hasTUN, hostErrors.take(now: now) else {
            counters.drops.count(hasTUN ? .reportLimited : .noTUN)
            return
        }
        do throws(WireError) {
            let (report, body) = try OutOfBandReport.decode(receiveRegion.span(content))
            let range = content.lowerBound + body.lowerBound..<content.lowerBound + body.upperBound
            let envelope = ICMPv6Error.Envelope(
                source: frame.header.source,
                destination: frame.header.destination,
                hopLimit: hopLimit
            )
            deliver(report, quoting: range, from: frame.link, envelope)
        } catch {
            counters.drops.count(.badReport)
        }
    }

    /// The same from a neighbour about a packet sent to it directly, which is quoted in clear.
    mutating func deliverDirectReport(_ content: Range<Int>, from place: Int) {
        guard hasTUN, hostErrors.take(now: now) else {
            counters.drops.count(hasTUN ? .reportLimited : .noTUN)
            return
        }
        do throws(WireError) {
            let (report, body) = try OutOfBandReport.decode(receiveRegion.span(content))
            let range = content.lowerBound + body.lowerBound..<content.lowerBound + body.upperBound
            let envelope = ICMPv6Error.Envelope(
                source: IPv6Address(high: links[place].peerAddress.high, low: 0),
                destination: identity.address,
                hopLimit: 63
            )
            if report.offendingDestination.high == links[place].peerAddress.high {
                tellHost(report, about: range, envelope)
            } else {
                // About a packet that it was to pass on: the quote is a sealed body, and only what
                // opens was ours.
                deliver(report, quoting: range, from: place, envelope)
            }
        } catch {
            counters.drops.count(.badReport)
        }
    }

    mutating func deliver(
        _ report: OutOfBandReport,
        quoting quoted: Range<Int>,
        from link: Int,
        _ envelope: ICMPv6Error.Envelope
    ) {
        if seat.isShared, handOver(report, quoting: quoted, envelope) { return }
        guard !quoted.isEmpty, openQuoted(quoted, report, for: link) else {
            counters.drops.count(.badReport)
            return
        }
        let packet =
            quoted.lowerBound + UserHeader.byteCount..<quoted.upperBound - BaseBody.sealByteCount
        tellHost(report, about: packet, envelope)
    }

    /// Opens a body of ours that a report quotes, in place.
    private mutating func openQuoted(
        _ quoted: Range<Int>,
        _ report: OutOfBandReport,
        for link: Int
    ) -> Bool {
        if openQuotedBySession(quoted, report) { return true }
        let lost = report.offendingDestination
        guard let key = table.key(ofSourceHigh: lost.high, low: lost.low), prepare(key, for: link)
        else { return false }
        var body = receiveRegion.mutableSpan(quoted)
        return keys.open(for: key, inPlace: &body) == .done
    }

    private mutating func tellHost(
        _ report: OutOfBandReport,
        about packet: Range<Int>,
        _ envelope: ICMPv6Error.Envelope
    ) {
        let original = receiveRegion.span(packet)
        let lost = report.offendingDestination
        guard original.count >= IPv6Header.byteCount,
            original.bigEndian(at: IPv6Header.sourceOffset, as: UInt64.self) == check.ownSubnet,
            original.bigEndian(at: IPv6Header.destinationOffset, as: UInt64.self) == lost.high
        else {
            counters.drops.count(.badReport)
            return
        }
        let error = ICMPv6Error(type: report.cause.type, code: report.cause.code)
        var target = scratch.mutableSpan(VirtioNetHeader.byteCount..<scratch.byteCount)
        guard let byteCount = error.write(about: original, envelope: envelope, into: &target)
        else {
            counters.drops.count(.badReport)
            return
        }
        counters.hostErrors &+= 1
        writeScratch(byteCount)
    }
}
