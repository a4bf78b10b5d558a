// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaWire

/// What two ends of a session tell each other of the way between them.
extension EndToEndEngine where Crypto: ~Copyable {
    // MARK: - From the other end

    /// A body of type 0x12 with content was opened under a session.
    mutating func control(_ index: SessionIndex, _ content: [UInt8], now: Instant) {
        guard let subnet = sessions[index]?.subnet else { return }
        do throws(WireError) {
            switch try SessionControl.decode(content.span) {
            case nil: break
            case .mtuProbe(let token): report(token, content.count, to: subnet)
            case .pathReport(let report): take(report, subnet, now: now)
            case .candidates(let candidates): take(candidates, subnet, now: now)
            }
        } catch {
            counters.controlMalformed &+= 1
        }
    }

    /// Answers a probe; what it costs to send is less than what came.
    private mutating func report(_ token: UInt64, _ byteCount: Int, to subnet: UInt64) {
        guard let current = peers[subnet]?.current else { return }
        counters.pathReports &+= 1
        let report = PathReport(
            innerMTU: configuration.handshake.innerMTU,
            token: token,
            receivedByteCount: UInt16(clamping: byteCount)
        )
        outputs.append(.sendControl(current, SessionControl.pathReport(report).encoded()))
    }

    private mutating func take(_ report: PathReport, _ subnet: UInt64, now: Instant) {
        guard var peer = peers[subnet] else { return }
        let before = peer.path.ceiling
        _ = peer.path.take(report.innerMTU)
        _ = peer.path.answered(report.token, byteCount: report.receivedByteCount, now: now)
        peers[subnet] = peer
        if peer.path.limit != nil, peer.path.ceiling < before { counters.pathsLimited &+= 1 }
        tell(subnet)
        setTimer(subnet)
    }

    private mutating func take(_ candidates: [SocketAddress], _ subnet: UInt64, now: Instant) {
        guard let peer = peers[subnet] else { return }
        let usable = EndpointCandidates.chosen(from: candidates)
        counters.candidatesRefused &+= UInt64(candidates.count - usable.count)
        if let last = peer.candidatesAt,
            now.elapsed(since: last) < EndToEndTimes.candidatesHeard
        {
            counters.candidatesRefused &+= UInt64(usable.count)
            return
        }
        peers[subnet]?.candidates = usable
        peers[subnet]?.candidatesAt = now
    }

    // MARK: - The size of packets

    /// The greatest inner packet for a node, bytes.
    func innerMTU(of peer: EndToEndPeer, _ subnet: UInt64) -> UInt16 {
        let own = configuration.handshake.innerMTU
        guard !peer.isDirect else { return own }
        let known = peer.current == nil ? own : peer.path.ceiling
        return min(known, target(peer, subnet))
    }

    /// The size to be probed: what routing, this host and the other one allow.
    private func target(_ peer: EndToEndPeer, _ subnet: UInt64) -> UInt16 {
        let way = max(reachable[subnet]?.pathMTU ?? .max, PathState.least)
        return min(way, peer.path.taken, configuration.handshake.innerMTU)
    }

    /// What the packet path does not know of itself: it has the sizes of routing and of this host.
    func sizeLimit(of peer: EndToEndPeer) -> UInt16 {
        let ceiling = peer.path.ceiling
        return ceiling < configuration.handshake.innerMTU ? ceiling : .max
    }

    /// When the size is to be looked after; `nil` without a session of its own.
    func pathDueAt(_ peer: EndToEndPeer) -> Instant? {
        peer.isDirect || peer.current == nil ? nil : peer.path.dueAt
    }

    /// Sends the probe that is due, if one is.
    mutating func pathDue(_ subnet: UInt64, now: Instant) {
        guard var peer = peers[subnet], let current = peer.current,
            let due = pathDueAt(peer), due <= now
        else { return }
        let step = peer.path.due(
            target: target(peer, subnet),
            isUsed: now.elapsed(since: peer.usedAt) < EndToEndTimes.idle,
            token: random.next(),
            now: now
        )
        peers[subnet] = peer
        guard let step else { return }
        counters.pathProbes &+= 1
        let probe = SessionControl.mtuProbe(token: step.token)
        outputs.append(.sendControl(current, probe.encoded(padTo: Int(step.byteCount))))
    }

    /// Routing says another size of the way to a node.
    mutating func pathChanged(_ subnet: UInt64, now: Instant) {
        guard peers[subnet]?.path.dueAt != nil else { return }
        peers[subnet]?.path.restart(now: now)
        tell(subnet)
        setTimer(subnet)
    }

    // MARK: - Endpoint candidates

    /// What this node is to say of where it can be reached; told to others at different times.
    mutating func setEndpoints(_ endpoints: [SocketAddress], now: Instant) {
        let chosen = EndpointCandidates.chosen(from: endpoints)
        guard chosen != ownCandidates else { return }
        ownCandidates = chosen
        let spread = EndToEndTimes.candidatesTold.nanoseconds
        for subnet in peers.keys.sorted() where peers[subnet]?.current != nil {
            let delay = Duration.nanoseconds(Int64.random(in: 0...spread, using: &random))
            offerCandidates(subnet, at: now + delay)
        }
    }

    /// Plans to say where this node can be reached, once a minute and only to a node that this host
    /// has had packets for, answers included: it is nobody else's business where we are.
    mutating func offerCandidates(_ subnet: UInt64, at instant: Instant) {
        guard let peer = peers[subnet], peer.isOwn || peer.hasSentData, !peer.isDirect,
            !ownCandidates.isEmpty
        else { return }
        let earliest = peer.toldCandidatesAt.map { $0 + EndToEndTimes.candidatesTold }
        peers[subnet]?.offerAt = max(instant, earliest ?? instant)
        setTimer(subnet)
    }

    /// Whether there is a session with the node of this key, in which it was told where this node
    /// can be reached.
    package func hasToldEndpoints(to key: PublicKey) -> Bool {
        guard let peer = peers[IPv6Address(derivedFrom: key).high], peer.key == key else {
            return false
        }
        return peer.current != nil && peer.toldCandidatesAt != nil
    }

    /// Says what went under a session of a node that could perhaps be reached without others in
    /// between.
    mutating func tellUse(
        of peer: EndToEndPeer,
        _ counts: SessionCounts,
        since before: SessionCounts
    ) {
        guard !peer.isDirect, !peer.candidates.isEmpty else { return }
        let sent = counts.sentPackets &- before.sentPackets
        let received = counts.receivedPackets &- before.receivedPackets
        guard sent != 0 || received != 0 else { return }
        outputs.append(
            .carried(peer.key, sent: sent, received: received, candidates: peer.candidates)
        )
    }

    /// Says it, if it is time.
    mutating func offerDue(_ subnet: UInt64, now: Instant) {
        guard let peer = peers[subnet], let at = peer.offerAt, at <= now else { return }
        peers[subnet]?.offerAt = nil
        guard let current = peer.current, !peer.isDirect, !ownCandidates.isEmpty else { return }
        peers[subnet]?.toldCandidatesAt = now
        outputs.append(.sendControl(current, SessionControl.candidates(ownCandidates).encoded()))
    }
}
