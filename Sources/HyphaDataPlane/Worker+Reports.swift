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
    mutating func refuse(_ packet: HostPacket, _ reason: DropReason) {
        counters.drops.count(reason)
        guard let error = Self.error(for: reason), hostErrors.take(now: now) else { return }
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
    private static func error(for reason: DropReason) -> ICMPv6Error? {
        switch reason {
        case .ownSubnet: .addressUnreachable
        case .sourceNotOverlay: .sourcePolicyFailed
        case .hopLimit: .hopLimitExceeded
        case .noRoute: .noRoute
        case .oversized: .packetTooBig(mtuBytes: Limits.tunnelMTUBytes)
        case .malformed, .notIPv6, .queueFull, .unknownSource, .badSeal, .innerMismatch,
            .destinationNotOverlay, .linkQueueFull, .linkGone, .keyDerivationLimited,
            .unknownUserType, .reportLimited, .badReport, .tunWriteFailed, .badOffload, .noTUN:
            nil
        }
    }

    // MARK: - To the source of a packet in transit

    /// Tells a packet's source, sealed for it, why its packet ends here.
    ///
    /// Needs a route to that source (base protocol section 4.6).
    mutating func sendReport(_ cause: OutOfBandReport.Cause, about frame: ReceivedFrame) {
        let source = frame.header.source
        let from = index.place(of: frame.link)
        guard from >= 0, source.isOverlay, source.high != check.ownSubnet else { return }
        guard links[from].reports.take(now: now) else {
            counters.drops.count(.reportLimited)
            return
        }
        guard case .selected(let route) = table.lookup(high: source.high, low: source.low) else {
            search(source, origin: .link(frame.link))
            return
        }
        let key = table.key(at: route.index)
        guard prepare(key, for: frame.link) else { return }
        let report = OutOfBandReport(
            reporter: identity.subnet.address,
            offendingSource: source,
            offendingDestination: frame.header.destination,
            cause: cause
        )
        var plaintext: [UInt8] = [1, UserHeader.Kind.icmp.type, 0, 0]
        report.append(quoting: receiveRegion.span(frame.body), to: &plaintext)
        seal(report: plaintext, to: source, key, route.link)
    }

    private mutating func seal(
        report plaintext: [UInt8],
        to source: IPv6Address,
        _ key: PublicKey,
        _ link: LinkID
    ) {
        let bodyByteCount = plaintext.count + BaseBody.sealByteCount
        let header = DataHeader(
            bodyByteCount: UInt16(clamping: bodyByteCount),
            // 64, less one by the step of section 4.4.
            hopLimit: 63,
            source: identity.subnet.address,
            destination: source
        )
        let frameByteCount = DataHeader.byteCount + bodyByteCount
        guard let place = placeToSend(frameByteCount, on: link) else { return }
        let nonce = nonces.draw()
        links[place].seal(plaintext.span, header, for: key, keys: &keys, nonce: nonce, now: now)
        counters.reportsSent &+= 1
        appended(frameByteCount, to: place)
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
            deliver(report, quoting: range, of: frame, hopLimit: hopLimit)
        } catch {
            counters.drops.count(.badReport)
        }
    }

    private mutating func deliver(
        _ report: OutOfBandReport,
        quoting quoted: Range<Int>,
        of frame: ReceivedFrame,
        hopLimit: UInt8
    ) {
        let lost = report.offendingDestination
        guard !quoted.isEmpty, let key = table.key(ofSourceHigh: lost.high, low: lost.low),
            prepare(key, for: frame.link)
        else {
            counters.drops.count(.badReport)
            return
        }
        var body = receiveRegion.mutableSpan(quoted)
        guard keys.open(for: key, inPlace: &body) == .done else {
            counters.drops.count(.badReport)
            return
        }
        let packet =
            quoted.lowerBound + UserHeader.byteCount..<quoted.upperBound - BaseBody.sealByteCount
        let original = receiveRegion.span(packet)
        guard original.count >= IPv6Header.byteCount,
            original.bigEndian(at: IPv6Header.sourceOffset, as: UInt64.self) == check.ownSubnet,
            original.bigEndian(at: IPv6Header.destinationOffset, as: UInt64.self) == lost.high
        else {
            counters.drops.count(.badReport)
            return
        }
        let error = ICMPv6Error(type: report.cause.type, code: report.cause.code)
        let envelope = ICMPv6Error.Envelope(
            source: frame.header.source,
            destination: frame.header.destination,
            hopLimit: hopLimit
        )
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
