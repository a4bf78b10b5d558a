// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaSession
import HyphaWire

/// What the packet path says, and control packets both ways.
extension LinkEngine where Crypto: ~Copyable {
    mutating func handle(_ event: CarrierEvent, now: Instant) {
        switch event {
        case .datagram(let bytes, let address):
            guard configuration.hasDatagrams else { return }
            pass(.frame(bytes, from: .datagram(address)), now: now)
        case .streamFrame(let link, let bytes):
            guard let at = links.index(of: link), let stream = links[at].stream else { return }
            pass(.frame(bytes, from: .stream(stream.pathLink)), now: now)
        case .frame(let link, let carrier, let kind, let content, let byteCount, let from):
            receive(
                link,
                carrier,
                kind,
                content,
                frameByteCount: byteCount,
                from: from,
                now: now
            )
        case .confirmed(let index): pass(.confirmed(index), now: now)
        case .worn(let index): pass(.worn(index), now: now)
        case .failing(let index): pass(.failing(index), now: now)
        case .roamed(let link, let address): roamed(link, to: address, now: now)
        case .unknownIndex: break
        case .carrierLost(let link, .stream, let errno): streamLost(link, errno: errno, now: now)
        case .carrierLost(let link, .datagram, let errno):
            datagramsRefused(link, errno: errno, now: now)
        }
    }

    // MARK: - Frames

    private mutating func receive(
        _ link: LinkID,
        _ carrier: CarrierKind,
        _ kind: TransportKind,
        _ content: [UInt8],
        frameByteCount: Int,
        from: SocketAddress?,
        now: Instant
    ) {
        guard let at = links.index(of: link) else { return }
        switch carrier {
        case .stream: links[at].stream?.carrier.liveness.heard(at: now)
        case .datagram:
            links[at].datagram?.carrier.liveness.heard(at: now)
            links[at].datagram?.data.noteOwn(byteCount: frameByteCount)
        }
        do throws(WireError) {
            switch kind {
            case .control:
                receive(try ControlContent.decode(content.span), at, carrier, now: now)
            case .liveness:
                guard let liveness = try LivenessContent.decode(content.span) else { return }
                receive(liveness, at, carrier, frameByteCount, from: from, now: now)
            case .routed, .direct: break
            }
        } catch { counters.malformed &+= 1 }
    }

    // MARK: - Control

    private mutating func receive(
        _ content: ControlContent,
        _ at: Int,
        _ carrier: CarrierKind,
        now: Instant
    ) {
        guard links[at].isUp else {
            counters.packetsDropped &+= 1
            return
        }
        let link = links[at].id
        let frame = ControlFrame(seq: content.seq, ack: content.ack, packets: content.packets)
        if hasStartedAnew(frame, links[at], now: now) { startAnew(at, over: carrier, now: now) }
        guard let at = links.index(of: link) else { return }
        if frame.ack != 0 { links[at].controlHeldUntil = nil }
        let bad = links[at].control.counters.badAcknowledgements
        let heard = links[at].control.receive(frame, now: now)
        guard links[at].control.counters.badAcknowledgements == bad else {
            return contradicted(at, now: now)
        }
        if frame.ack != 0 { links[at].contradictedAt = nil }
        if links[at].control.acknowledged != 0, links[at].firstAcknowledgedAt == nil {
            links[at].firstAcknowledgedAt = now
        }
        for packets in heard.delivered { outputs.append(.received(link, packets)) }
        // An acknowledgement may have waited for company, so it is a sample only for want of better.
        if let sample = heard.sample, !links[at].roundTrip.isMeasured {
            outputs.append(.roundTrip(link, sample))
        }
        refresh(at)
    }

    /// The neighbour acknowledges what was never sent: it has not noticed that this end is new.
    ///
    /// If it does not soon, nothing but a new link helps.
    private mutating func contradicted(_ at: Int, now: Instant) {
        guard let since = links[at].contradictedAt else {
            links[at].contradictedAt = now
            return
        }
        guard now.elapsed(since: since) > LinkTimes.contradiction else { return }
        end(links[at].id, .controlLost, code: .protocolError, now: now)
    }

    /// Forgets what belonged to the neighbour's former life: the count, and the other carrier if
    /// its session is of that time.
    private mutating func startAnew(_ at: Int, over carrier: CarrierKind, now: Instant) {
        let link = links[at].id
        counters.startedAnew &+= 1
        links[at].control = ReliableControl()
        let rekeyedAt = links[at].rekeyedAt ?? now
        links[at].rekeyedAt = nil
        links[at].firstAcknowledgedAt = nil
        links[at].controlHeldUntil = nil
        if let key = links[at].key { outputs.append(.upgraded(link, key)) }
        let other =
            carrier == .stream ? links[at].datagram?.carrier : links[at].stream?.carrier
        guard let other, rekeyedAt.elapsed(since: other.keyedAt) > LinkTimes.formerLife else {
            return
        }
        switch carrier {
        case .datagram:
            if links[at].active == .stream { links[at].choice?.force() }
            setActive(at, .datagram, now: now)
            loseStream(link, .replaced, now: now)
        case .stream:
            links[at].datagram = nil
            if let attempt = links[at].datagramAttempt { abandon(attempt, now: now) }
            links[at].datagramAttempt = nil
            links[at].choice = CarrierChoice(tryAt: firstTry(at, now: now))
            setActive(at, .stream, now: now)
            for session in other.sessions { pass(.forget(session), now: now) }
        }
    }

    /// Whether the neighbour lost its state and made a new session on a link that is still there
    /// for us: it acknowledges nothing although it once did.
    ///
    /// A frame from the time before the first acknowledgement cannot be that late.
    private func hasStartedAnew(_ frame: ControlFrame, _ record: LinkRecord, now: Instant) -> Bool {
        guard frame.ack == 0, let rekeyedAt = record.rekeyedAt,
            let acknowledgedAt = record.firstAcknowledgedAt
        else { return false }
        return now.elapsed(since: rekeyedAt) < LinkTimes.startedAnew
            && rekeyedAt.elapsed(since: acknowledgedAt) > LinkTimes.acknowledgementSettled
    }

    mutating func send(_ link: LinkID, _ packet: [UInt8], isReliable: Bool, now: Instant) {
        guard let at = links.index(of: link), links[at].isUp,
            packet.count <= ReliableControl.frameBytesMax, !packet.isEmpty
        else {
            counters.packetsDropped &+= 1
            return
        }
        guard isReliable else {
            return transmit(links[at].control.unacknowledgedFrame(packet), at, now: now)
        }
        guard links[at].control.enqueue(packet, now: now) else {
            return end(link, .controlQueueFull, code: .unspecified, now: now)
        }
        refresh(at)
    }

    mutating func transmit(_ frame: ControlFrame, _ at: Int, now: Instant) {
        let content = ControlContent(seq: frame.seq, ack: frame.ack, packets: frame.packets)
        command(
            .send(links[at].id, nil, .control, content: content.encoded(), padTo: nil, to: nil)
        )
        switch links[at].active {
        case .datagram: links[at].datagram?.carrier.sentAt = now
        case .stream: links[at].stream?.carrier.sentAt = now
        case nil: break
        }
    }

    // MARK: - Liveness

    private mutating func receive(
        _ content: LivenessContent,
        _ at: Int,
        _ carrier: CarrierKind,
        _ frameByteCount: Int,
        from: SocketAddress?,
        now: Instant
    ) {
        let link = links[at].id
        switch content.type {
        case .probe:
            answer(LivenessContent(.echo, token: content.token), at, carrier, from, now: now)
        case .mtuProbe:
            let echo = LivenessContent(
                .echo,
                token: content.token,
                receivedByteCount: UInt16(clamping: frameByteCount)
            )
            answer(echo, at, carrier, from, now: now)
        case .challenge:
            answer(LivenessContent(.response, token: content.token), at, carrier, from, now: now)
        case .echo: echoed(content, at, carrier, now: now)
        case .response:
            guard let from, let roaming = links[at].datagram?.roaming else { return }
            var changed = roaming
            let steps = changed.answered(token: content.token, from: from)
            links[at].datagram?.roaming = changed
            for step in steps { follow(step, at, now: now) }
        case .close:
            guard content.closeCode == .replaced else {
                return finish(link, .closedByNeighbour(content.closeCode), now: now)
            }
            switch carrier {
            case .stream: loseStream(link, .closedByNeighbour(.replaced), now: now)
            case .datagram: loseDatagrams(link, .closedByNeighbour(.replaced), now: now)
            }
        }
    }

    private mutating func answer(
        _ content: LivenessContent,
        _ at: Int,
        _ carrier: CarrierKind,
        _ from: SocketAddress?,
        now: Instant
    ) {
        guard links[at].echoes.take(now: now) else {
            counters.echoesRefused &+= 1
            return
        }
        // Back to where it came from, which is also what proves a new address.
        let isElsewhere = carrier == .datagram && from != links[at].datagram?.roaming.proven
        command(
            .send(
                links[at].id,
                carrier,
                .liveness,
                content: content.encoded(),
                padTo: nil,
                to: isElsewhere ? from : nil
            )
        )
    }

    private mutating func echoed(
        _ content: LivenessContent,
        _ at: Int,
        _ carrier: CarrierKind,
        now: Instant
    ) {
        let link = links[at].id
        let sample: Duration?
        switch carrier {
        case .stream: sample = links[at].stream?.carrier.answered(content.token, now: now)
        case .datagram: sample = links[at].datagram?.carrier.answered(content.token, now: now)
        }
        if let sample, links[at].active == carrier { outputs.append(.roundTrip(link, sample)) }
        guard carrier == .datagram else { return }
        if let count = content.receivedByteCount,
            links[at].datagram?.mtu.answered(
                token: content.token,
                receivedByteCount: Int(count),
                now: now
            ) == true
        {
            payloadChanged(at)
        }
        if links[at].choice?.answered(token: content.token) == true {
            counters.raised &+= 1
            setActive(at, .datagram, now: now)
        }
        links[at].wakeAt = .zero
    }
}
