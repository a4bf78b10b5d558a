// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaForwarding
import HyphaSession
import HyphaWire

/// Sessions between two nodes, as the control plane wants them (`Docs/protocol/hypha.md`
/// section 4).
extension Worker {
    /// Carries out one command; sessions that are gone already are passed over.
    mutating func handle(_ command: SessionCommand) {
        switch command {
        case .begin(let requiresSessions):
            desk.isOpen = true
            desk.requiresSessions = requiresSessions
        case .policy(let prefix, let policy): setPolicy(prefix.address.high, policy)
        case .install(let local, let remote, let key, let prefix, let keys):
            insertSession(local, remote, .endToEnd(subnet: prefix.address.high), keys)
            desk.addresses[local.value] = IPv6Address(derivedFrom: key)
        case .remove(let local):
            removeSession(sessionIndex.place(of: local.value))
            seat.sessions.remove(local.value)
            desk.addresses[local.value] = nil
        case .sendEmpty(let local): sendControl(local, [])
        case .sendControl(let local, let content): sendControl(local, content)
        case .sendMessage(let type, let content, let address):
            sendMessage(type, content, to: address)
        }
    }

    // MARK: - Policies

    private mutating func setPolicy(_ subnet: UInt64, _ policy: SessionPolicy?) {
        if let policy {
            var rule = SessionPolicyTable.Rule(
                way: .base,
                isStrict: policy.receiving == .handshakesOnly
            )
            let before = desk.policies.rule(of: subnet)
            if before?.way == .session { rule.formerPlace = before?.place ?? -1 }
            switch policy.sending {
            case .base: break
            case .hold: rule.way = .hold
            case .refuse: rule.way = .refuse
            case .direct: rule.way = .direct
            case .session(let local):
                use(local, subnet, in: &rule)
                if rule.place >= 0 {
                    sessions[Int(rule.place)].sizeLimit = Int(policy.sizeLimit)
                }
            }
            if rule.place == before?.place { rule.formerPlace = before?.formerPlace ?? -1 }
            desk.policies.set(subnet, rule)
        } else {
            desk.policies.remove(subnet)
        }
        releaseWaiting(subnet)
    }

    /// Without the keys, for which there was no memory, packets wait.
    private func use(
        _ local: SessionIndex,
        _ subnet: UInt64,
        in rule: inout SessionPolicyTable.Rule
    ) {
        let place = sessionIndex.place(of: local.value)
        guard place >= 0, sessions[place].use == .endToEnd(subnet: subnet) else {
            // Another worker has it.
            rule.way = seat.owner(ofSubnet: subnet) == seat.number ? .hold : .session
            return
        }
        rule.way = .session
        rule.place = Int32(truncatingIfNeeded: place)
    }

    /// A session is gone; nothing is sent under it any more.
    mutating func forgetSession(_ place: Int, of subnet: UInt64) {
        guard var rule = desk.policies.rule(of: subnet) else { return }
        let gone = Int32(truncatingIfNeeded: place)
        if rule.formerPlace == gone { rule.formerPlace = -1 }
        if rule.way == .session, rule.place == gone {
            rule.way = .hold
            rule.place = -1
        }
        desk.policies.set(subnet, rule)
    }

    // MARK: - Waiting packets

    /// Keeps a packet until the policy of its subnet changes, or gives it up.
    mutating func turnAway(
        _ packet: HostPacket,
        to destination: IPv6Address,
        _ reason: NoDeparture
    ) {
        switch reason {
        case .dropped: break
        case .refused: refuse(packet, .noSession)
        case .waiting:
            let bytes = tunRegion.span(packet.withOffload)
            let verdict = desk.waiting.hold(
                bytes,
                subnet: destination.high,
                origin: .host,
                now: now
            )
            if verdict == .refused {
                counters.drops.count(.queueFull)
            } else {
                counters.heldPackets &+= 1
            }
        }
    }

    /// Sends what waited, in the order in which it came.
    private mutating func releaseWaiting(_ subnet: UInt64) {
        if desk.policies.rule(of: subnet)?.way == .hold { return }
        // As many as there can be: what has to wait again does so behind them.
        for _ in 0..<Limits.holdPacketsPerPrefixMax {
            guard let packet = desk.waiting.take(subnet, because: .released) else { return }
            counters.releasedPackets &+= 1
            sendAgain(packet)
        }
    }

    /// What is due: packets that waited too long, and a word on sessions that were used.
    mutating func tendSessions() {
        while let packet = desk.waiting.takeExpired(now: now) { giveUp(packet, .noSession) }
        guard let due = desk.reportAt, due <= now else { return }
        desk.reportAt = nil
        var reports: [SessionReport] = []
        for place in 0..<sessions.end where sessions.contains(place) {
            guard sessions[place].traffic.isTouched else { continue }
            sessions[place].traffic.isTouched = false
            reports.append(sessions[place].report)
        }
        if !reports.isEmpty { events.append(.session(.activity(reports))) }
    }

    /// Notes that a session was used.
    mutating func touch(_ session: Int) {
        sessions[session].traffic.isTouched = true
        if desk.reportAt == nil { desk.reportAt = now + Limits.sessionReportInterval }
    }

    // MARK: - Bodies that no packet causes

    private mutating func sendControl(_ local: SessionIndex, _ content: [UInt8]) {
        let session = sessionIndex.place(of: local.value)
        guard session >= 0, case .endToEnd = sessions[session].use, !sessions[session].isSpent,
            let address = desk.addresses[local.value],
            let (link, carrier, _) = way(to: address)
        else { return }
        let departure = Departure(link: link, carrier: carrier, body: .session(session))
        sessions[session].traffic.sentAt = now
        touch(session)
        sendMade(content, writer(departure, .sessionControl, to: address))
    }

    /// Without a route one is searched; handshakes are repeated.
    private mutating func sendMessage(_ type: UInt8, _ content: [UInt8], to address: IPv6Address) {
        guard let (link, carrier, key) = way(to: address) else {
            search(address, origin: .host)
            return
        }
        guard prepare(key, for: nil) else { return }
        let departure = Departure(link: link, carrier: carrier, body: .base(key))
        sendMade(content, writer(departure, UserHeader.Kind(type: type), to: address))
    }

    private func way(
        to address: IPv6Address
    ) -> (link: Int, carrier: Departure.Carrier, key: PublicKey)? {
        guard case .selected(let route) = table.lookup(high: address.high, low: address.low)
        else { return nil }
        let key = table.key(at: route.index)
        if seat.isElsewhere(route.link) {
            return (Departure.place(elsewhere: route.link), .plainStream, key)
        }
        guard let place = livingPlace(of: route.link), let carrier = carrier(of: place)
        else { return nil }
        return (place, carrier, key)
    }

    private func writer(
        _ departure: Departure,
        _ kind: UserHeader.Kind,
        to address: IPv6Address
    ) -> FrameWriter {
        FrameWriter(
            departure,
            DataHeader(
                bodyByteCount: 0,
                hopLimit: 63,
                source: identity.address,
                destination: address
            ),
            kind: kind
        )
    }
}

extension TransportSession {
    /// What the control plane is told of it.
    var report: SessionReport {
        SessionReport(
            activity: SessionActivity(
                session: SessionIndex(localIndex),
                sentAt: traffic.sentAt,
                sentDataAt: traffic.sentDataAt,
                heardAt: traffic.heardAt,
                heardDataAt: traffic.heardDataAt
            ),
            sentPackets: nextCounter,
            sentBytes: sentBytes,
            receivedPackets: traffic.receivedPackets,
            receivedBytes: receivedBytes,
            replayed: traffic.replayed,
            forged: failedTags
        )
    }
}
