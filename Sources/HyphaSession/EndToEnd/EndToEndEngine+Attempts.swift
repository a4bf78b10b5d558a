// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// When a handshake is begun, and what comes of it when it fails.
extension EndToEndEngine where Crypto: ~Copyable {
    /// The packet path has packets for a subnet and no session for it.
    mutating func wanted(_ address: IPv6Address, key: PublicKey, isMarked: Bool, now: Instant) {
        let subnet = address.high
        guard accepts(key, for: prefix(subnet), now: now),
            findOrAdd(key, subnet, isOwn: true, now: now)
        else { return }
        peers[subnet]?.usedAt = now
        peers[subnet]?.isMarked = isMarked
        met.touch(subnet, now: now)
        if let peer = peers[subnet], peer.tryAt <= now, !hasSession(peer) {
            begin(subnet, now: now)
        }
        tell(subnet, always: true)
        setTimer(subnet)
    }

    private func hasSession(_ peer: EndToEndPeer) -> Bool { peer.isDirect || peer.current != nil }

    /// Begins a handshake, unless one is under way.
    mutating func begin(_ subnet: UInt64, now: Instant) {
        guard let peer = peers[subnet], peer.attempt == nil else { return }
        let id = AttemptID(nextAttempt)
        nextAttempt += 1
        counters.attempts &+= 1
        attempts[id] = subnet
        peers[subnet]?.attempt = id
        let isStranger = met[subnet] == nil && !configuration.requiresSessions
        if isStranger, peer.current == nil {
            if !peer.isMarked {
                peers[subnet]?.abandonAt = now + EndToEndTimes.unmarkedAttempt
            } else if !peer.wasReportedUnprotected, peer.holdUntil == nil {
                peers[subnet]?.holdUntil = now + EndToEndTimes.hold
            }
        }
        tellHandshakes(.initiate(id, .endToEnd(peer.address), key: peer.key), now: now)
    }

    /// Begins a handshake that no packet asks for, at most one a second for each /64.
    ///
    /// - Returns: Whether it was begun.
    mutating func beginUnasked(_ subnet: UInt64, now: Instant) -> Bool {
        guard let peer = peers[subnet], !peer.isDirect, peer.attempt == nil, peer.unaskedAt <= now
        else { return false }
        peers[subnet]?.unaskedAt = now + EndToEndTimes.unasked
        begin(subnet, now: now)
        tell(subnet)
        setTimer(subnet)
        return true
    }

    /// Ends an attempt of which nothing is to come.
    mutating func abandon(_ attempt: AttemptID, _ subnet: UInt64, now: Instant) {
        attempts[attempt] = nil
        peers[subnet]?.attempt = nil
        peers[subnet]?.abandonAt = nil
        peers[subnet]?.holdUntil = nil
        tellHandshakes(.abandon(attempt), now: now)
    }

    mutating func attemptFailed(_ id: AttemptID, _ failure: HandshakeFailure, now: Instant) {
        guard let subnet = attempts.removeValue(forKey: id), peers[subnet]?.attempt == id,
            var peer = peers[subnet]
        else { return }
        peer.attempt = nil
        peer.abandonAt = nil
        switch failure {
        case .superseded: peer.holdUntil = nil
        // The fault is ours, so packets wait as long as for an answer.
        case .ceiling: peer.tryAt = now + EndToEndTimes.noRoom
        case .unusableKey, .ourselves, .timedOut, .noKeyReply, .keyChanged:
            counters.attemptsFailed &+= 1
            peer.holdUntil = nil
            peer.failureCount += 1
            let gap = gap(of: peer, subnet)
            let jitter = Int64.random(in: 0...gap.nanoseconds / 4, using: &random)
            peer.tryAt = now + gap + .nanoseconds(jitter)
            if met[subnet] != nil, peer.failureCount == 1, peer.current == nil {
                outputs.append(.event(.held(peer.key)))
            }
        }
        peers[subnet] = peer
        tell(subnet)
        setTimer(subnet)
    }

    private func gap(of peer: EndToEndPeer, _ subnet: UInt64) -> Duration {
        let gap: EndToEndTimes.Gap =
            if met[subnet] != nil || configuration.requiresSessions {
                EndToEndTimes.gapHeld
            } else if peer.isMarked {
                EndToEndTimes.gapMarked
            } else {
                EndToEndTimes.gapUnmarked
            }
        return gap.after(peer.failureCount)
    }

    // MARK: - What calls for a handshake besides packets

    /// A node has restarted if its router id has another random part: it has lost its sessions.
    mutating func isReachable(
        _ prefix: Prefix,
        _ routerID: RouterID,
        pathMTU: UInt16,
        now: Instant
    ) {
        guard prefix.length == 64 else { return }
        let subnet = prefix.address.high
        guard accepts(routerID.publicKey, for: prefix, now: now) else { return }
        guard reachable[subnet] != nil || reachable.count < Limits.reachableSubnetsMax else {
            counters.reachableRefused &+= 1
            return report(.reachable, now: now)
        }
        let capabilities = Capabilities(rawValue: routerID.capabilities)
        let reached = ReachableSubnet(
            key: routerID.publicKey,
            bootRandom: routerID.isHypha ? UInt32(truncatingIfNeeded: routerID.tail) : nil,
            isMarked: routerID.isHypha && capabilities.contains(.sessions),
            pathMTU: pathMTU
        )
        let before = reachable.updateValue(reached, forKey: subnet)
        if before?.pathMTU != pathMTU { pathChanged(subnet, now: now) }
        guard let peer = peers[subnet], peer.key == reached.key else { return }
        peers[subnet]?.isMarked = reached.isMarked
        guard let bootRandom = reached.bootRandom else { return }
        peers[subnet]?.bootRandom = bootRandom
        guard let old = peer.bootRandom, old != bootRandom else { return }
        peers[subnet]?.failureCount = 0
        peers[subnet]?.tryAt = now
        let isUsed = now.elapsed(since: peer.usedAt) < EndToEndTimes.idle
        if isUsed, peer.current != nil, beginUnasked(subnet, now: now) { counters.restarts &+= 1 }
    }

    /// Somebody sends under a session that this node has lost.
    mutating func unknownIndex(from address: IPv6Address, now: Instant) {
        let subnet = address.high
        guard let node = met[subnet], reachable[subnet]?.key == node.key,
            findOrAdd(node.key, subnet, isOwn: node.isOwn, now: now),
            peers[subnet]?.attempt == nil, unaskedBudget.take(now: now),
            beginUnasked(subnet, now: now)
        else {
            counters.unknownIndicesIgnored &+= 1
            return
        }
        peers[subnet]?.usedAt = now
        counters.unknownIndices &+= 1
    }

    /// Notes when a session was used, and does what is due: a new handshake after silence.
    mutating func note(_ activity: SessionActivity, _ counts: SessionCounts, now: Instant) {
        guard var session = sessions[activity.session], var peer = peers[session.subnet] else {
            return
        }
        session.activity = activity
        peer.counts.add(counts, since: session.counts)
        tellUse(of: peer, counts, since: session.counts)
        session.counts = counts
        if activity.sentDataAt != nil { peer.path.wake(now: now) }
        for instant in [activity.sentDataAt, activity.heardDataAt] {
            if let instant { peer.usedAt = max(peer.usedAt, min(instant, now)) }
        }
        let isFirstData = activity.sentDataAt != nil && !peer.hasSentData
        if isFirstData { peer.hasSentData = true }
        peers[session.subnet] = peer
        // Whoever had packets for the node when the session began has said it then.
        if isFirstData, peer.toldCandidatesAt == nil {
            offerCandidates(session.subnet, at: now)
        }
        let heardAt = max(activity.heardAt ?? session.installedAt, session.installedAt)
        if let since = session.unansweredSince, heardAt >= since { session.unansweredSince = nil }
        if let sent = activity.sentDataAt, sent > heardAt, session.unansweredSince == nil {
            session.unansweredSince = sent
        }
        sessions[activity.session] = session
        met.touch(session.subnet, now: now)
        if peer.current == activity.session {
            let isUsed = now.elapsed(since: peer.usedAt) < EndToEndTimes.idle
            if session.isIdle, isUsed {
                sessions[activity.session]?.isIdle = false
                tellHandshakes(.traffic(activity.session, isIdle: false), now: now)
            }
            if let since = session.unansweredSince,
                now.elapsed(since: since) >= EndToEndTimes.silence,
                beginUnasked(session.subnet, now: now)
            {
                counters.silences &+= 1
                sessions[activity.session]?.unansweredSince = now
            }
        }
        setTimer(session.subnet)
    }
}
