// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// Direct links to nodes with which there are sessions (`Docs/protocol/hypha.md` section 4).
///
/// Such a link is a peer for as long as it lives or is being made, and never again after that
/// unless traffic calls for it. Every other peer goes before it: it takes no place that one of them
/// needs, and it becomes the link of a static or discovered peer that turns out to be the same node.
extension PeeringEngine {
    // MARK: - Trying

    /// Something went through sessions with a node.
    mutating func note(_ use: SessionUse, now: Instant) {
        guard configuration.makesDirectLinks, isStarted, !hasAnyLink(to: use.key),
            directPeerIndex(use.key) == nil
        else { return }
        let endpoints = use.candidates.prefix(Limits.directEndpointsMax).filter { !isOurs($0) }
        guard !endpoints.isEmpty else { return }
        switch prober.take(use, now: now) {
        case .wait: return
        case .full: return refuseDirectLink(now: now)
        case .isDue: break
        }
        let allowed = hasRoomForDirectLink() ? prober.allowance(endpoints.count, now: now) : 0
        guard allowed > 0 else {
            prober.postpone(use.key, now: now)
            return refuseDirectLink(now: now)
        }
        prober.began(use.key, told: use.candidates, now: now)
        probe(use.key, Array(endpoints.prefix(allowed)), now: now)
    }

    private mutating func probe(
        _ key: PublicKey,
        _ endpoints: [SocketAddress],
        now: Instant
    ) {
        guard let first = endpoints.first else { return }
        dialCount += 1
        let dial = DialID(dialCount)
        var peer = Peer(
            address: .direct(first),
            publicKey: key,
            state: .dialling(dial, since: now),
            schedule: RedialSchedule(now: now)
        )
        peer.attempts = 1
        peers.append(peer)
        counters.directProbes &+= 1
        counters.directEndpoints &+= UInt64(endpoints.count)
        outputs.append(.probe(dial, endpoints, key))
    }

    private func isOurs(_ endpoint: SocketAddress) -> Bool {
        interfaces.contains { $0.addresses.contains(endpoint.host) }
    }

    private mutating func refuseDirectLink(now: Instant) {
        counters.directLinksRefused &+= 1
        report(.directLinks, now: now)
    }

    // MARK: - Room

    /// Direct links there may be, those being made included.
    private var directLinksMax: Int { min(Limits.directLinksMax, configuration.linksMax / 4) }

    private func hasRoomForDirectLink() -> Bool {
        var probes = 0
        var count = 0
        for peer in peers where peer.isDirect {
            count += 1
            if case .dialling = peer.state { probes += 1 }
        }
        return probes < Limits.directProbesMax && count < directLinksMax
            && hasRoom(forDiscovered: true)
    }

    /// The oldest direct link, which gives way to any other peer.
    func directVictim() -> LinkID? {
        for peer in peers where peer.isDirect {
            if case .connected(let link) = peer.state { return link }
        }
        return nil
    }

    // MARK: - Links

    /// A try led to a link.
    mutating func directUp(_ index: Int, _ link: LinkID, to remote: SocketAddress, now: Instant) {
        guard hasRoom(forDiscovered: true) else {
            outputs.append(.close(link, .noRoom))
            endDirect(index, since: nil, now: now)
            return refuseDirectLink(now: now)
        }
        counters.directLinks &+= 1
        peers[index].address = .direct(remote)
        peers[index].state = .connected(link)
        peers[index].isOwner = true
        peers[index].usedAt = now
        peers[index].reviewAt = now + PeeringTimes.directReview
        links[link] = PeeringLink(
            peer: .direct(remote),
            group: AddressGroup(remote),
            since: now
        )
    }

    /// The other end made the direct link, and looks after it.
    mutating func adopt(_ link: LinkID, from remote: SocketAddress, now: Instant) {
        guard configuration.makesDirectLinks, let at = links.index(of: link),
            links[index: at].peer == nil, let key = links[index: at].publicKey
        else { return }
        guard directPeerIndex(key) == nil, peers.count(where: \.isDirect) < directLinksMax else {
            return
        }
        peers.append(
            Peer(
                address: .direct(remote),
                publicKey: key,
                state: .connected(link),
                schedule: RedialSchedule(now: now)
            )
        )
        counters.directLinks &+= 1
        links[index: at].peer = .direct(remote)
    }

    /// A try found that the other end was faster.
    mutating func joinDirect(_ index: Int, _ link: LinkID) {
        guard let at = links.index(of: link), links[index: at].peer == nil else {
            peers.remove(at: index)
            return
        }
        counters.directLinks &+= 1
        peers[index].state = .connected(link)
        links[index: at].peer = peers[index].address
    }

    /// A link to the node that is being looked for stands, whoever made it.
    mutating func stopProbing(_ key: PublicKey) {
        guard let index = directPeerIndex(key), case .dialling(let dial, _) = peers[index].state
        else { return }
        outputs.append(.cancelDial(dial))
        peers.remove(at: index)
    }

    /// Forgets a direct peer whose try failed, or whose link, up at `since`, ended.
    mutating func endDirect(_ index: Int, since: Instant?, now: Instant) {
        let peer = peers.remove(at: index)
        guard let key = peer.publicKey else { return }
        if let since {
            prober.lost(key, since: since, now: now, using: &random)
        } else {
            prober.failed(key, now: now, using: &random)
        }
    }

    /// Another peer turned out to be the node at the end of a link.
    mutating func takeOver(_ link: LinkID, for address: PeerAddress?) {
        guard let at = links.index(of: link) else { return }
        switch links[index: at].peer {
        case .endpoint, .discovered: return
        case .direct, nil: links[index: at].peer = address
        }
        peers.removeAll { $0.isDirect && $0.state == .connected(link) }
    }

    // MARK: - Use

    /// Direct links that this node looks after, of which ``PeeringInput/directLinksUsed(_:)`` wants
    /// to know.
    package var directLinks: [LinkID] {
        peers.compactMap { peer in
            guard peer.isOwner, case .connected(let link) = peer.state else { return nil }
            return link
        }
    }

    /// Whether a link to this key is a direct one: when it ends, nothing takes its place.
    package func isDirect(_ key: PublicKey) -> Bool {
        guard let index = directPeerIndex(key), case .connected = peers[index].state else {
            return false
        }
        return true
    }

    /// Takes when each was used last, and closes those over which nothing has gone for long, and those
    /// that turned out to be the longer way.
    ///
    /// Packets between the two nodes take a link of theirs, whatever routing prefers.
    mutating func noteDirectUse(_ uses: [DirectLinkUse], now: Instant) {
        for use in uses {
            guard let index = peers.firstIndex(where: { $0.state == .connected(use.link) }),
                peers[index].isOwner
            else { continue }
            peers[index].usedAt = max(peers[index].usedAt, min(use.usedAt, now))
            if now >= peers[index].reviewAt {
                peers[index].reviewAt = now + PeeringTimes.directReview
                peers[index].detours = use.isSelected ? 0 : peers[index].detours + 1
            }
            if now.elapsed(since: peers[index].usedAt) >= PeeringTimes.directIdle {
                counters.directLinksIdle &+= 1
                let since = links[use.link]?.since ?? now
                close(use.link, .idle)
                endDirect(index, since: since, now: now)
            } else if peers[index].detours >= 2 {
                counters.directLinksLonger &+= 1
                close(use.link, .detour)
                endDirect(index, since: nil, now: now)
            }
        }
    }

    // MARK: - Private

    private func directPeerIndex(_ key: PublicKey) -> Int? {
        peers.firstIndex { $0.isDirect && $0.publicKey == key }
    }
}
