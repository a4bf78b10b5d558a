// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// Handshakes of others, and sessions that come and go.
extension EndToEndEngine where Crypto: ~Copyable {
    /// A handshake body; its mathematics is done only for a key that may have its subnet.
    mutating func receive(
        _ type: UInt8,
        _ content: [UInt8],
        from address: IPv6Address,
        key: PublicKey,
        now: Instant
    ) {
        let subnet = address.high
        let isKnown = peers[subnet]?.key == key || reachable[subnet]?.key == key
        guard subnet != ownSubnet, isKnown || IPv6Address(derivedFrom: key).high == subnet else {
            counters.foreignKeys &+= 1
            return
        }
        guard accepts(key, for: prefix(subnet), now: now) else { return }
        // Without a record there would be nowhere to keep what comes of it.
        let isStranger = peers[subnet] == nil && met[subnet]?.isOwn != true
        if isStranger, strangerCount >= Limits.endToEndStrangersMax {
            counters.strangersRefused &+= 1
            return report(.peers, now: now)
        }
        tellHandshakes(.message(type, content, from: address, key: key), now: now)
    }

    mutating func install(_ session: EstablishedSession, now: Instant) {
        let subnet = IPv6Address(derivedFrom: session.peer).high
        let isOwn = met[subnet]?.isOwn == true
        guard findOrAdd(session.peer, subnet, isOwn: isOwn, now: now) else {
            return tellHandshakes(.forget(session.localIndex), now: now)
        }
        if let attempt = session.attempt, peers[subnet]?.attempt == attempt {
            attempts[attempt] = nil
            peers[subnet]?.attempt = nil
            peers[subnet]?.abandonAt = nil
        }
        peers[subnet]?.sessionCount += 1
        _ = peers[subnet]?.path.take(session.carrierMTU)
        sessions[session.localIndex] = EndToEndSession(
            subnet: subnet,
            remoteIndex: session.remoteIndex,
            isInitiator: session.isInitiator,
            installedAt: now,
            activity: SessionActivity(session: session.localIndex)
        )
        outputs.append(.install(session, prefix(subnet)))
        setTimer(subnet)
    }

    mutating func use(_ index: SessionIndex, now: Instant) {
        guard let session = sessions[index], peers[session.subnet] != nil else { return }
        let subnet = session.subnet
        // Somebody wants to talk; a rekey is no such sign.
        if peers[subnet]?.current == nil {
            peers[subnet]?.usedAt = now
            peers[subnet]?.since = now
            peers[subnet]?.rekeyedAt = nil
            peers[subnet]?.counts = SessionCounts()
        } else {
            peers[subnet]?.rekeyedAt = now
        }
        peers[subnet]?.current = index
        peers[subnet]?.failureCount = 0
        peers[subnet]?.tryAt = now
        peers[subnet]?.holdUntil = nil
        peers[subnet]?.wasReportedUnprotected = false
        meet(subnet, now: now)
        tell(subnet)
        setTimer(subnet)
        // The other end sends nothing under the session before it has received under it.
        if session.isInitiator { outputs.append(.sendEmpty(index)) }
        offerCandidates(subnet, at: now)
    }

    mutating func removed(_ index: SessionIndex, now: Instant) {
        guard let session = sessions.removeValue(forKey: index) else { return }
        let subnet = session.subnet
        peers[subnet]?.sessionCount -= 1
        if peers[subnet]?.current == index {
            peers[subnet]?.current = nil
            // Before the removal, so that nothing is sealed under what is gone.
            tell(subnet)
        }
        outputs.append(.remove(index))
        if let peer = peers[subnet], peer.isEmpty, !peer.isOwn {
            drop(subnet)
        } else {
            setTimer(subnet)
        }
    }

    /// Sends an empty body under a session, once for what was heard last.
    mutating func keepAlive(_ index: SessionIndex) {
        let heardAt = sessions[index]?.activity.heardDataAt
        sessions[index]?.keptAliveFor = heardAt
        counters.keepAlives &+= 1
        outputs.append(.sendEmpty(index))
    }

    // MARK: - Links

    /// A sealed link is a session with the node at its other end.
    mutating func setDirect(_ key: PublicKey, isUp: Bool, now: Instant) {
        let subnet = IPv6Address(derivedFrom: key).high
        guard isUp || peers[subnet] != nil, accepts(key, for: prefix(subnet), now: now),
            findOrAdd(key, subnet, isOwn: false, isReserved: true, now: now)
        else { return }
        peers[subnet]?.isDirect = isUp
        peers[subnet]?.usedAt = now
        if isUp {
            peers[subnet]?.holdUntil = nil
            peers[subnet]?.wasReportedUnprotected = false
            meet(subnet, now: now)
        } else {
            peers[subnet]?.failureCount = 0
            peers[subnet]?.tryAt = now
        }
        tell(subnet)
        setTimer(subnet)
    }

    // MARK: - Memory

    /// Remembers a node that has proven its key.
    private mutating func meet(_ subnet: UInt64, now: Instant) {
        guard let peer = peers[subnet] else { return }
        let old = met[subnet]
        let isOwn = peer.isOwn || old?.isOwn == true
        if let old, old.isOwn == isOwn { return met.touch(subnet, now: now) }
        let seconds =
            wallClock.unixSeconds
            &+ UInt64(
                max(0, now.elapsed(since: wallClock.at).milliseconds / 1000)
            )
        let node = MetNode(key: peer.key, metAtSeconds: old?.metAtSeconds ?? seconds, isOwn: isOwn)
        keep(node, subnet, now: now)
        outputs.append(.persist(.remember(node)))
        guard old == nil else { return }
        peers[subnet]?.graceUntil = now + EndToEndTimes.grace
        counters.met &+= 1
        outputs.append(.event(.met(peer.key)))
    }

    /// Forgets that a node was met, and its sessions; a sealed link stays what it is.
    mutating func forget(_ address: IPv6Address, now: Instant) {
        let subnet = address.high
        let node = met.remove(subnet)
        if let node { outputs.append(.persist(.forget(node.key))) }
        guard let peer = peers[subnet] else {
            if node != nil { outputs.append(.policy(prefix(subnet), nil)) }
            return
        }
        if let attempt = peer.attempt { abandon(attempt, subnet, now: now) }
        peers[subnet]?.graceUntil = nil
        // The end of its sessions is wanted and no failure of a handshake: the next packet tries.
        peers[subnet]?.holdUntil = now + EndToEndTimes.hold
        tellHandshakes(.close(peer: peer.key, .endToEnd), now: now)
        if peers[subnet]?.isEmpty == true { drop(subnet) } else { tell(subnet) }
    }
}
