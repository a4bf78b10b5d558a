// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What happens to a new inbound connection.
private enum Admission {
    case admit
    /// This unidentified link makes room.
    case replace(LinkID)
    case refuse(PeeringCeiling)
}

extension PeeringEngine {
    // MARK: - Admission

    /// Whether a connection just accepted from `remote` may become a link; a refusal is counted.
    package mutating func admits(inboundFrom remote: SocketAddress, now: Instant) -> Bool {
        guard case .refuse = admission(of: AddressGroup(remote), now: now) else { return true }
        counters.inboundRefused &+= 1
        return false
    }

    private func admission(of group: AddressGroup, now: Instant) -> Admission {
        var fromAddress = 0
        var fromSubnet = 0
        for index in 0..<links.count where links[index: index].isInbound {
            let other = links[index: index].group
            if other.host == group.host { fromAddress += 1 }
            if let subnet = group.subnet, other.subnet == subnet { fromSubnet += 1 }
        }
        if fromAddress >= Limits.inboundLinksPerAddressMax {
            let stale = oldestStale(now: now) { $0.host == group.host }
            return stale.map(Admission.replace) ?? .refuse(.inboundPerAddress)
        }
        if fromSubnet >= Limits.inboundLinksPerSubnetMax {
            let stale = oldestStale(now: now) { $0.subnet == group.subnet }
            return stale.map(Admission.replace) ?? .refuse(.inboundPerAddress)
        }
        if hasRoom(forDiscovered: true) { return .admit }
        return unidentified.first.map(Admission.replace) ?? .refuse(.links)
    }

    /// The oldest link of a group that had its time to say who it is.
    private func oldestStale(now: Instant, in group: (AddressGroup) -> Bool) -> LinkID? {
        unidentified.first { link in
            guard let state = links[link], group(state.group) else { return false }
            return now.elapsed(since: state.since) >= PeeringTimes.identificationWhenScarce
        }
    }

    /// Whether a slot is free; unreserved links leave the last quarter to static peers.
    func hasRoom(forDiscovered isUnreserved: Bool) -> Bool {
        guard links.count < configuration.linksMax else { return false }
        return !isUnreserved || unreservedCount < configuration.unreservedLinksMax
    }

    /// The link that gives way to a peer where there is no room.
    func nextVictim() -> LinkID? { unidentified.first ?? directVictim() }

    private var unreservedCount: Int {
        (0..<links.count).count { links[index: $0].isUnreserved }
    }

    // MARK: - Up and down

    mutating func linkUp(_ link: LinkID, _ description: LinkDescription, now: Instant) {
        switch description.origin {
        case .inbound, .standby: inboundUp(link, from: description.remote, now: now)
        case .dialled(let dial): dialledUp(link, dial, to: description.remote, now: now)
        }
    }

    private mutating func inboundUp(_ link: LinkID, from remote: SocketAddress, now: Instant) {
        let group = AddressGroup(remote)
        switch admission(of: group, now: now) {
        case .refuse(let ceiling):
            counters.inboundRefused &+= 1
            outputs.append(.close(link, .noRoom))
            report(ceiling, now: now)
            return
        case .replace(let victim): giveWay(victim, now: now)
        case .admit: break
        }
        links[link] = PeeringLink(peer: nil, group: group, since: now)
        unidentified.append(link)
    }

    private mutating func dialledUp(
        _ link: LinkID,
        _ dial: DialID,
        to remote: SocketAddress,
        now: Instant
    ) {
        guard let index = peerIndex(dialling: dial) else {
            outputs.append(.close(link, .unwanted))
            return
        }
        if peers[index].isDirect { return directUp(index, link, to: remote, now: now) }
        if !hasRoom(forDiscovered: peers[index].isDiscovered) {
            guard let victim = nextVictim() else {
                counters.dialsRefused &+= 1
                outputs.append(.close(link, .noRoom))
                fail(index, .noRoom, now: now)
                report(.links, now: now)
                return
            }
            giveWay(victim, now: now)
        }
        // The victim may have been a peer before it.
        guard let index = peerIndex(dialling: dial) else { return }
        links[link] = PeeringLink(
            peer: peers[index].address,
            group: AddressGroup(remote),
            since: now
        )
        peers[index].state = .connected(link)
        peers[index].reported = nil
    }

    /// Closes a link that stands in the way.
    private mutating func giveWay(_ victim: LinkID, now: Instant) {
        let since = links[victim]?.since
        close(victim, .gaveWay)
        if let index = peerIndex(connectedBy: victim), peers[index].isDirect {
            endDirect(index, since: since, now: now)
        } else {
            counters.unidentifiedClosed &+= 1
        }
    }

    mutating func linkDown(_ link: LinkID, now: Instant) {
        guard let state = links[link] else { return }
        forget(link)
        // Several peers may have turned out to be one node.
        while let index = peerIndex(connectedBy: link) {
            lose(index, linkSince: state.since, now: now)
        }
    }

    // MARK: - Sealed links

    /// A proven key needs no Update to say who is there.
    mutating func authenticate(_ link: LinkID, _ key: PublicKey) {
        guard let at = links.index(of: link) else { return }
        links[index: at].publicKey = key
        unidentified.removeAll { $0 == link }
        for index in peers.indices where peers[index].state == .connected(link) {
            peers[index].publicKey = key
        }
        stopProbing(key)
    }

    /// A dial led to a neighbour that has a link already, which satisfies the peer as well.
    mutating func join(_ dial: DialID, _ link: LinkID, now: Instant) {
        guard let index = peerIndex(dialling: dial) else { return }
        guard links[link] != nil else {
            fail(index, .linkLost, now: now)
            return
        }
        if peers[index].isDirect { return joinDirect(index, link) }
        takeOver(link, for: peers[index].address)
        guard let index = peerIndex(dialling: dial) else { return }
        peers[index].state = .connected(link)
        peers[index].publicKey = links[link]?.publicKey
        peers[index].reported = nil
    }

    /// A stream became the other carrier of a link; its peer is satisfied by that link.
    mutating func merge(_ old: LinkID, into new: LinkID) {
        guard let state = links[old] else { return }
        forget(old)
        // Whoever has another way to the neighbour looks after the link from now on.
        takeOver(new, for: state.peer)
        for index in peers.indices where peers[index].state == .connected(old) {
            peers[index].state = .connected(new)
        }
    }

    /// Emits the order to close a link and forgets it; the peer's state is the caller's.
    mutating func close(_ link: LinkID, _ reason: CloseReason) {
        forget(link)
        outputs.append(.close(link, reason))
    }

    private mutating func forget(_ link: LinkID) {
        links[link] = nil
        unidentified.removeAll { $0 == link }
    }

    // MARK: - Identity

    /// Whether a link to the node with this key lives; a direct one does not count, for it is to
    /// keep no neighbour away.
    func hasLink(to key: PublicKey) -> Bool {
        (0..<links.count).contains { index in
            links[index: index].publicKey == key && links[index: index].peer?.isDirect != true
        }
    }

    /// Whether any link to it lives.
    func hasAnyLink(to key: PublicKey) -> Bool {
        (0..<links.count).contains { links[index: $0].publicKey == key }
    }

    mutating func identify(_ link: LinkID, _ routerID: RouterID, now: Instant) {
        guard let at = links.index(of: link), links[index: at].publicKey == nil else { return }
        links[index: at].publicKey = routerID.publicKey
        unidentified.removeAll { $0 == link }
        let peer = peerIndex(connectedBy: link)
        if routerID == identity {
            close(link, .ourselves)
            if let peer { meetOurselves(peer, now: now) }
            return
        }
        if routerID.publicKey == identity.publicKey, now >= ownKeyQuietUntil {
            ownKeyQuietUntil = now + PeeringTimes.report
            outputs.append(.event(.ownKeyElsewhere(link)))
        }
        if let peer { peers[peer].publicKey = routerID.publicKey }
    }

    /// A peer turned out to be this node; its name may mean somebody else one day.
    mutating func meetOurselves(_ peer: Int, now: Instant) {
        if peers[peer].isDirect { return endDirect(peer, since: nil, now: now) }
        let delay = RedialSchedule.jittered(PeeringTimes.redialOurselves)
        peers[peer].failures += 1
        peers[peer].lastFailure = .ourselves
        peers[peer].state = .waiting(until: now + random.duration(in: delay))
        outputs.append(.event(.ourselves(peers[peer].address)))
    }

    /// Closes inbound links that had their time to say who they are: 60 s, or 10 s where three
    /// quarters of the inbound slots are taken.
    mutating func closeUnidentified(now: Instant) {
        while let expiry = nextUnidentifiedExpiry(), expiry <= now, let link = unidentified.first {
            counters.unidentifiedClosed &+= 1
            close(link, .unidentified)
        }
    }

    func nextUnidentifiedExpiry() -> Instant? {
        guard let oldest = unidentified.first, let state = links[oldest] else { return nil }
        let isScarce = unreservedCount * 4 >= configuration.unreservedLinksMax * 3
        return state.since
            + (isScarce ? PeeringTimes.identificationWhenScarce : PeeringTimes.identification)
    }
}
