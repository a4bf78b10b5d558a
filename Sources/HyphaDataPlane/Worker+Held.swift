// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaForwarding
import HyphaWire

/// Packets that wait for a route (base protocol section 4.7).
///
/// Held are: a host's packet with its virtio-net header, a frame in transit with its hop limit
/// already lowered (so that a released one does not lose a second hop), and a frame for this node
/// as it came.
extension Worker {
    /// Holds a packet until there is a route to its destination; the first one starts a search.
    mutating func hold(
        _ packet: Span<UInt8>,
        for destination: IPv6Address,
        origin: HeldPacket.Origin
    ) {
        let verdict = outbound.hold(packet, subnet: destination.high, origin: origin, now: now)
        startSearch(verdict, for: destination, origin: origin)
    }

    /// Holds a frame until there is a route from its source, and so the key that opens it.
    mutating func holdInbound(_ frame: Span<UInt8>, from source: IPv6Address, link: LinkID) {
        guard source.isOverlay else {
            counters.drops.count(.unknownSource)
            return
        }
        let origin = HeldPacket.Origin.link(link)
        let verdict = inbound.hold(frame, subnet: source.high, origin: origin, now: now)
        startSearch(verdict, for: source, origin: origin)
    }

    private mutating func startSearch(
        _ verdict: HoldQueue.Verdict,
        for address: IPv6Address,
        origin: HeldPacket.Origin
    ) {
        switch verdict {
        case .refused: counters.drops.count(.queueFull)
        case .held: counters.heldPackets &+= 1
        case .heldFirst:
            counters.heldPackets &+= 1
            search(address, origin: origin)
        }
    }

    /// Asks routing for a route to the /64 of `address`.
    mutating func search(_ address: IPv6Address, origin: HeldPacket.Origin) {
        let cause: LinkID? =
            switch origin {
            case .host: nil
            case .link(let link): link
            }
        events.append(.search(Prefix(subnetOf: address), cause: cause))
    }

    // MARK: - Release

    /// Sends and delivers what a changed prefix lets go on.
    mutating func release(_ prefix: Prefix, _ state: ForwardingState?) {
        guard let state else { return }
        let subnet = prefix.address.high
        while let packet = inbound.take(subnet, because: .released) {
            counters.releasedPackets &+= 1
            receiveAgain(packet)
        }
        deliverCoalesced()
        guard case .selected = state else { return }
        while let packet = outbound.take(subnet, because: .released) {
            counters.releasedPackets &+= 1
            switch packet.origin {
            case .host: sendAgain(packet)
            case .link: forwardAgain(packet)
            }
        }
    }

    private mutating func receiveAgain(_ packet: HeldPacket) {
        guard case .link(let id) = packet.origin, let link = livingPlace(of: id) else {
            counters.drops.count(.linkGone)
            return
        }
        // Groups may point at what lies in the region from the frame before.
        deliverCoalesced()
        receiveRegion.copy(packet.bytes.span, at: 0)
        receiveData(at: 0, byteCount: packet.bytes.count, from: link)
    }

    mutating func sendAgain(_ packet: HeldPacket) {
        tunRegion.copy(packet.bytes.span, at: TUNLayout.virtioOffset)
        guard let offload = VirtioNetHeader(packet.bytes.span) else { return }
        let byteCount = packet.bytes.count - VirtioNetHeader.byteCount
        sendHostPacket(HostPacket(offload: offload, byteCount: byteCount))
    }

    private mutating func forwardAgain(_ packet: HeldPacket) {
        let bytes = packet.bytes.span
        let high: UInt64 = bytes.bigEndian(at: DataHeader.destinationOffset)
        let low: UInt64 = bytes.bigEndian(at: DataHeader.destinationOffset + 8)
        guard case .selected(let route) = table.lookup(high: high, low: low) else {
            counters.drops.count(.noRoute)
            return
        }
        forward(bytes, to: route.link)
    }

    // MARK: - End of waiting

    /// Drops what waited for a route that was not found: own programs are told, and transit
    /// packets vanish, as in the base.
    mutating func dropHeld(_ prefix: Prefix) {
        let subnet = prefix.address.high
        while let packet = outbound.take(subnet, because: .failed) { giveUp(packet, .noRoute) }
        while let packet = inbound.take(subnet, because: .failed) {
            giveUp(packet, .unknownSource)
        }
    }

    /// Drops what has waited for as long as a search takes.
    mutating func expireHeld() {
        while let packet = outbound.takeExpired(now: now) { giveUp(packet, .noRoute) }
        while let packet = inbound.takeExpired(now: now) { giveUp(packet, .unknownSource) }
    }

    mutating func giveUp(_ packet: HeldPacket, _ reason: DropReason) {
        guard packet.origin == .host, reason != .unknownSource,
            let offload = VirtioNetHeader(packet.bytes.span)
        else {
            counters.drops.count(reason)
            return
        }
        tunRegion.copy(packet.bytes.span, at: TUNLayout.virtioOffset)
        let byteCount = packet.bytes.count - VirtioNetHeader.byteCount
        refuse(HostPacket(offload: offload, byteCount: byteCount), reason)
    }
}
