// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaForwarding
import HyphaLinux
import HyphaSession
import HyphaWire

extension Worker {
    /// How packets to `destination` leave; `nil` and the drop counted when they cannot.
    ///
    /// - Parameters:
    ///   - destination: An overlay address.
    ///   - route: Its selected route.
    ///   - key: The key of its owner.
    ///   - link: Place of the link whose packet makes us send; `nil` = this host.
    /// - Returns: `nil` when it cannot go, which is counted.
    mutating func departure(
        to destination: IPv6Address,
        over route: ForwardingTable.Route,
        _ key: PublicKey,
        for link: Int?
    ) -> Departure? {
        guard let place = livingPlace(of: route.link), let carrier = carrier(of: place) else {
            if seat.isElsewhere(route.link) {
                return reportDeparture(to: destination, over: route, key, for: link)
            }
            counters.drops.count(.linkGone)
            return nil
        }
        if leadsTo(key, place, carrier) {
            return Departure(link: place, carrier: carrier, body: .direct)
        }
        if let session = session(with: destination.high) {
            return Departure(link: place, carrier: carrier, body: .session(session))
        }
        guard prepare(key, for: link) else { return nil }
        return Departure(link: place, carrier: carrier, body: .base(key))
    }

    /// How a packet of this host leaves, as the policy of its destination has it.
    mutating func ownDeparture(
        to destination: IPv6Address,
        over route: ForwardingTable.Route,
        _ key: PublicKey
    ) throws(NoDeparture) -> Departure {
        guard let place = livingPlace(of: route.link), let carrier = carrier(of: place) else {
            if seat.isElsewhere(route.link) {
                return try departureElsewhere(to: destination, over: route, key)
            }
            counters.drops.count(.linkGone)
            throw .dropped
        }
        if leadsTo(key, place, carrier) {
            return Departure(link: place, carrier: carrier, body: .direct)
        }
        let body = try ownBody(to: destination, key, isMarked: route.offersSessions)
        guard case .direct = body else {
            return Departure(link: place, carrier: carrier, body: body)
        }
        return try directDeparture(to: destination.high, key)
    }

    /// Whether a link ends at the node of this key, and seals what it carries.
    func leadsTo(_ key: PublicKey, _ place: Int, _ carrier: Departure.Carrier) -> Bool {
        if case .plainStream = carrier { return false }
        return links[place].peer == key
    }

    mutating func ownBody(
        to destination: IPv6Address,
        _ key: PublicKey,
        isMarked: Bool
    ) throws(NoDeparture) -> Departure.Body {
        if let session = session(with: destination.high) { return .session(session) }
        if desk.isOpen {
            let mustWait = isMarked || desk.requiresSessions
            let rule = desk.policies.rule(of: destination.high)
            let way = rule?.way ?? (mustWait ? .hold : .base)
            if way == .direct { return .direct }
            if desk.wantedTimes.take(destination.high, now: now), desk.wanted.take(now: now) {
                events.append(.session(.wanted(destination, key: key, isMarked: isMarked)))
            }
            if way == .refuse { throw .refused }
            if way != .base { throw .waiting }
        }
        guard prepare(key, for: nil) else { throw .dropped }
        return .base(key)
    }

    /// The session to send to a subnet under, if there is one.
    mutating func session(with subnet: UInt64) -> Int? {
        guard desk.isOpen, let rule = desk.policies.rule(of: subnet), rule.way == .session
        else { return nil }
        let place = Int(rule.place)
        guard place >= 0, !sessions[place].isSpent else { return nil }
        sessions[place].traffic.sentAt = now
        sessions[place].traffic.sentDataAt = now
        touch(place)
        noteSessionWear(place)
        return place
    }

    /// The link to the node itself is its session, though its route may lead elsewhere.
    mutating func directDeparture(
        to subnet: UInt64,
        _ key: PublicKey
    ) throws(NoDeparture) -> Departure {
        guard var rule = desk.policies.rule(of: subnet) else { throw .waiting }
        var place = Int(rule.place)
        if place < 0 || !links.contains(place) || links[place].peer != key {
            place = linkPlace(of: key)
            rule.place = Int32(truncatingIfNeeded: place)
            desk.policies.set(subnet, rule)
        }
        guard place >= 0, !links[place].isFailed, let carrier = carrier(of: place),
            leadsTo(key, place, carrier)
        else {
            counters.drops.count(.linkGone)
            throw .dropped
        }
        return Departure(link: place, carrier: carrier, body: .direct)
    }

    private func linkPlace(of key: PublicKey) -> Int {
        for place in 0..<links.end where links.contains(place) {
            if links[place].peer == key { return place }
        }
        return -1
    }

    // MARK: - Super-packets

    /// Gives the host a large packet as the sender's kernel left it.
    ///
    /// Nothing of the sender's offload header is believed: it is derived anew from the packet.
    ///
    /// - Parameters:
    ///   - plain: The opened body.
    ///   - source: Whose key opened it.
    ///   - outerHopLimit: What the way has left of the hop limit; `nil` = the packet itself says it.
    mutating func deliverSuperPacket(
        _ plain: Range<Int>,
        source: IPv6Address,
        hopLimit outerHopLimit: UInt8? = nil
    ) {
        guard hasTUN else {
            counters.drops.count(.noTUN)
            return
        }
        let content = plain.lowerBound + UserHeader.byteCount..<plain.upperBound
        let segment = receiveRegion.span(plain).bigEndian(at: 2, as: UInt16.self)
        let packet = receiveRegion.span(content)
        if let reason = check.inbound(packet, keySubnet: source.high) {
            counters.drops.count(reason)
            return
        }
        let stepped = outerHopLimit ?? HopLimit.step(packet[IPv6Header.hopLimitOffset])
        guard let hopLimit = stepped else {
            counters.drops.count(.hopLimit)
            return
        }
        guard packet.count <= Limits.superPacketBytesMax,
            let header = VirtioNetHeader(superPacket: packet, segmentByteCount: segment)
        else {
            counters.drops.count(.badOffload)
            return
        }
        // Older packets of the same flow may still be growing.
        deliverCoalesced()
        let start = content.lowerBound - VirtioNetHeader.byteCount
        var bytes = receiveRegion.mutableSpan(start..<content.upperBound)
        header.write(to: &bytes, at: 0)
        bytes[VirtioNetHeader.byteCount + IPv6Header.hopLimitOffset] = hopLimit
        slices[0] = ByteSlice(start..<content.upperBound)
        writeReceived(sliceCount: 1, byteCount: content.upperBound - start)
    }
}
