// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

extension PeeringEngine {
    /// What ``PeeringInput/addPeer(_:)`` would do with `endpoint`, for an answer to the operator.
    package func addition(of endpoint: Endpoint) -> PeerAddition {
        if peers.contains(where: { $0.address == .endpoint(endpoint) }) { return .known }
        let count = peers.count { !$0.isDiscovered && !$0.isDirect }
        return count < Limits.staticPeersMax ? .possible : .full
    }

    /// Whether ``PeeringInput/removePeer(_:)`` would find a peer.
    package func hasPeer(_ endpoint: Endpoint) -> Bool {
        peers.contains { $0.isNamed(by: endpoint) }
    }

    mutating func add(_ endpoint: Endpoint, now: Instant) {
        switch addition(of: endpoint) {
        case .known: break
        case .full:
            counters.staticPeersRefused &+= 1
            report(.staticPeers, now: now)
        case .possible:
            peers.append(
                Peer(
                    address: .endpoint(endpoint),
                    state: .waiting(until: now),
                    schedule: RedialSchedule(now: now)
                )
            )
        }
    }

    mutating func remove(_ endpoint: Endpoint) {
        guard let index = peers.firstIndex(where: { $0.isNamed(by: endpoint) }) else { return }
        let peer = peers.remove(at: index)
        switch peer.state {
        case .waiting: break
        case .dialling(let dial, _): outputs.append(.cancelDial(dial))
        case .connected(let link):
            // Two endpoints of one node share a link, and the other one is still wanted.
            if let other = peerIndex(connectedBy: link), let at = links.index(of: link) {
                links[index: at].peer = peers[other].address
            } else {
                close(link, .peerRemoved)
            }
        }
    }

    func peerIndex(dialling dial: DialID) -> Int? {
        peers.firstIndex {
            if case .dialling(dial, _) = $0.state { true } else { false }
        }
    }

    func peerIndex(connectedBy link: LinkID) -> Int? {
        peers.firstIndex { $0.state == .connected(link) }
    }

    /// Begins the dials that are due and gives up those without an answer.
    mutating func runDials(now: Instant) {
        // Backwards, because a discovered peer may be forgotten on the way.
        for index in peers.indices.reversed() {
            if case .dialling(let dial, let since) = peers[index].state,
                now >= since + PeeringTimes.dialGuard
            {
                outputs.append(.cancelDial(dial))
                counters.dialsFailed &+= 1
                fail(index, .noAnswer, now: now)
            }
        }
        var index = 0
        while index < peers.count {
            let count = peers.count
            if case .waiting(let until) = peers[index].state, until <= now {
                dial(index, now: now)
            }
            if peers.count == count { index += 1 }
        }
    }

    private mutating func dial(_ index: Int, now: Instant) {
        let isDiscovered = peers[index].isDiscovered
        if isDiscovered, let key = peers[index].publicKey, hasLink(to: key) {
            peers.remove(at: index)
            return
        }
        guard hasRoom(forDiscovered: isDiscovered) || nextVictim() != nil else {
            counters.dialsRefused &+= 1
            fail(index, .noRoom, now: now)
            return
        }
        dialCount += 1
        let dial = DialID(dialCount)
        peers[index].state = .dialling(dial, since: now)
        peers[index].attempts &+= 1
        counters.dials &+= 1
        switch peers[index].address {
        case .endpoint(let endpoint): outputs.append(.dial(dial, endpoint))
        case .discovered(let address): outputs.append(.dialAddress(dial, address))
        case .direct: break  // It never waits for a dial.
        }
    }

    /// Notes a failure and sets the next dial; a discovered peer may be forgotten instead.
    mutating func fail(_ index: Int, _ failure: PeerFailure, now: Instant) {
        if peers[index].isDirect { return endDirect(index, since: nil, now: now) }
        peers[index].failures += 1
        reschedule(index, after: failure, now: now)
    }

    /// Sets the next dial after the loss of a link that came up at `since`.
    mutating func lose(_ index: Int, linkSince since: Instant, now: Instant) {
        if peers[index].isDirect { return endDirect(index, since: since, now: now) }
        if now.elapsed(since: since) >= PeeringTimes.linkProven {
            peers[index].failures = 0
            peers[index].schedule = RedialSchedule(now: now)
        } else {
            peers[index].failures += 1
        }
        reschedule(index, after: .linkLost, now: now)
    }

    private mutating func reschedule(_ index: Int, after failure: PeerFailure, now: Instant) {
        peers[index].lastFailure = failure
        let delay: Duration
        if let scope = peers[index].scope, case .discovered(let address) = peers[index].address {
            guard peers[index].failures < PeeringTimes.redialDiscovered.count,
                discovery.index(of: scope) != nil
            else {
                peers.remove(at: index)
                outputs.append(.event(.forgotten(address)))
                return
            }
            let nominal = PeeringTimes.redialDiscovered[peers[index].failures]
            delay = random.duration(in: RedialSchedule.jittered(nominal))
        } else {
            delay = peers[index].schedule.nextDelay(now: now, using: &random)
        }
        peers[index].state = .waiting(until: now + delay)
        if failure != .linkLost, peers[index].reported != failure {
            peers[index].reported = failure
            outputs.append(.event(.unreachable(peers[index].address, failure)))
        }
    }

    /// Cuts the waits of all peers short after a change of the network, as often as tokens allow.
    mutating func runRedialCut(now: Instant) {
        guard let due = redialCutAt, due <= now else { return }
        guard redialCuts.take(now: now) else {
            redialCutAt = redialCuts.nextTokenAt(now: now)
            return
        }
        redialCutAt = nil
        for index in peers.indices {
            guard case .waiting(let until) = peers[index].state else { continue }
            peers[index].schedule = RedialSchedule(now: now)
            if !isCourtesyWait(peers[index]) {
                peers[index].state = .waiting(until: min(until, now))
            }
        }
    }

    /// Whether the peer only waits for the other side to dial first.
    private func isCourtesyWait(_ peer: Peer) -> Bool { peer.isDiscovered && peer.attempts == 0 }
}
