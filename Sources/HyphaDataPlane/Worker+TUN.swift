// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaForwarding
import HyphaLinux
import HyphaSession
import HyphaWire

/// A packet of this host and where it lies in the TUN region.
struct HostPacket {
    let offload: VirtioNetHeader
    /// Size of the IP packet, which begins at `TUNLayout.packetOffset`, bytes.
    let byteCount: Int

    var extent: Range<Int> { TUNLayout.packetOffset..<TUNLayout.packetOffset + byteCount }
    /// The packet with its virtio-net header in front, as it is held while a route is searched.
    var withOffload: Range<Int> { TUNLayout.virtioOffset..<TUNLayout.packetOffset + byteCount }
}

extension Worker {
    /// Reads TUN until it is empty or others should have their turn.
    mutating func readTUN() {
        for _ in 0..<Limits.tunReadsPerTurn {
            let extent = TUNLayout.virtioOffset..<TUNLayout.regionByteCount
            var space = tunRegion.mutableSpan(extent)
            let result: IOResult
            switch tun {
            case .some(let device): result = device.read(into: &space)
            case .none: return
            }
            switch result {
            case .count(let count):
                handleTUN(byteCount: count)
            case .wouldBlock:
                return
            case .endOfStream:
                loseTUN(errno: 0)
                return
            case .failed(let code):
                loseTUN(errno: code)
                return
            }
        }
    }

    private mutating func loseTUN(errno code: Int32) {
        switch tun {
        case .some(let device): try? poller.remove(device)
        case .none: break
        }
        events.append(.tunLost(errno: code))
    }

    /// One read of TUN: a virtio-net header and a packet, `byteCount` bytes together.
    private mutating func handleTUN(byteCount: Int) {
        let start = TUNLayout.virtioOffset
        let bytes = tunRegion.span(start..<start + byteCount)
        counters.tunReceivedPackets &+= 1
        guard let offload = VirtioNetHeader(bytes) else {
            counters.drops.count(.malformed)
            return
        }
        let packet = HostPacket(
            offload: offload,
            byteCount: byteCount - VirtioNetHeader.byteCount
        )
        counters.tunReceivedBytes &+= UInt64(packet.byteCount)
        sendHostPacket(packet)
    }

    /// Sends one packet of this host, or says why not.
    ///
    /// The steps of base protocol section 4.3:
    ///
    ///  1. drop what is not IPv6; answer what cannot go on with an ICMPv6 error;
    ///  2. look up the route; none: hold the packet and search;
    ///  3. seal it into the queue of the next hop: whole, or segment by segment.
    mutating func sendHostPacket(_ packet: HostPacket) {
        let bytes = tunRegion.span(packet.extent)
        if let reason = check.outbound(bytes) {
            refuse(packet, reason)
            return
        }
        // A source elsewhere in the overlay is somebody else's: only its key could be believed.
        guard bytes.bigEndian(at: IPv6Header.sourceOffset, as: UInt64.self) == check.ownSubnet
        else {
            refuse(packet, .sourceNotOverlay)
            return
        }
        let destination = IPv6Address(
            high: bytes.bigEndian(at: IPv6Header.destinationOffset),
            low: bytes.bigEndian(at: IPv6Header.destinationOffset + 8)
        )
        switch table.lookup(high: destination.high, low: destination.low) {
        case .selected(let route):
            askForRefresh(route, of: destination)
            send(packet, to: destination, route)
        // Without a selected route a search or a seqno request is under way; this host's packets
        // wait for it, so that a reroute costs them nothing.
        case .unselected, .unknown:
            hold(tunRegion.span(packet.withOffload), for: destination, origin: .host)
        }
    }

    private mutating func send(
        _ packet: HostPacket,
        to destination: IPv6Address,
        _ route: ForwardingTable.Route
    ) {
        let key = table.key(at: route.index)
        guard prepare(key, for: nil) else { return }
        // The neighbour itself takes large packets whole; anywhere else the path's hops decide.
        let isLarge = packet.byteCount > Limits.tunnelMTUBytes
        let takesLarge = isLarge && route.isDirect && owners.isOwner(key, of: destination)
        guard packet.offload.isLarge else {
            // Beyond the ceiling its length would not fit the frame's own field.
            if isLarge, !takesLarge || packet.byteCount > Limits.largePacketBytesMax {
                refuse(packet, .oversized)
            } else {
                sendWhole(packet, key, route.link)
            }
            return
        }
        do throws(OffloadError) {
            var plan = try SegmentPlan(tunRegion.span(packet.extent), header: packet.offload)
            if takesLarge { plan = plan.merged(byteCountMax: Limits.largePacketBytesMax) }
            let ceiling = takesLarge ? Limits.largePacketBytesMax : Limits.tunnelMTUBytes
            if plan.greatestByteCount > ceiling {
                refuse(packet, .oversized)
            } else if plan.count == 1, plan.greatestByteCount == packet.byteCount {
                sendWhole(packet, key, route.link)
            } else {
                sendSegments(plan, packet, key, route.link)
            }
        } catch {
            counters.drops.count(.badOffload)
        }
    }

    // MARK: - Sealing

    /// Seals the packet as it lies in the TUN region: sealing is the only copy.
    private mutating func sendWhole(_ packet: HostPacket, _ key: PublicKey, _ link: LinkID) {
        var bytes = tunRegion.mutableSpan(packet.extent)
        guard ChecksumOffload.complete(&bytes, header: packet.offload) else {
            counters.drops.count(.badOffload)
            return
        }
        let header = Self.header(for: bytes.span, byteCount: packet.byteCount)
        let plain = TUNLayout.userHeaderOffset..<packet.extent.upperBound
        var user = tunRegion.mutableSpan(plain)
        UserHeader(.ip).write(to: &user)
        let frameByteCount = DataHeader.byteCount + plain.count + BaseBody.sealByteCount
        guard let place = placeToSend(frameByteCount, on: link) else { return }
        let nonce = nonces.draw()
        links[place].seal(
            tunRegion.span(plain),
            header,
            for: key,
            keys: &keys,
            nonce: nonce,
            now: now
        )
        counters.sealedPackets &+= 1
        appended(frameByteCount, to: place)
    }

    /// Writes segments straight into the link's queue and seals them there.
    private mutating func sendSegments(
        _ plan: SegmentPlan,
        _ packet: HostPacket,
        _ key: PublicKey,
        _ link: LinkID
    ) {
        for i in 0..<plan.count {
            let byteCount = plan.byteCount(of: i)
            let frameByteCount = DataHeader.byteCount + BaseBody.overheadByteCount + byteCount
            guard let place = placeToSend(frameByteCount, on: link) else { return }
            let bytes = tunRegion.span(packet.extent)
            let header = Self.header(for: bytes, byteCount: byteCount)
            let nonce = nonces.draw()
            links[place].seal(
                segment: i,
                of: plan,
                bytes,
                header,
                for: key,
                keys: &keys,
                nonce: nonce,
                now: now
            )
            counters.sealedPackets &+= 1
            appended(frameByteCount, to: place)
        }
    }

    /// The outer header of an own packet: addresses of the inner one, and its hop limit less one,
    /// because the step of section 4.4 applies to own packets too.
    private static func header(for packet: Span<UInt8>, byteCount: Int) -> DataHeader {
        DataHeader(
            bodyByteCount: UInt16(clamping: byteCount + BaseBody.overheadByteCount),
            hopLimit: packet[IPv6Header.hopLimitOffset] &- 1,
            source: IPv6Address(
                high: packet.bigEndian(at: IPv6Header.sourceOffset),
                low: packet.bigEndian(at: IPv6Header.sourceOffset + 8)
            ),
            destination: IPv6Address(
                high: packet.bigEndian(at: IPv6Header.destinationOffset),
                low: packet.bigEndian(at: IPv6Header.destinationOffset + 8)
            )
        )
    }
}
