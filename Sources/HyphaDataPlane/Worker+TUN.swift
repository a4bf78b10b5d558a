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
    /// Where the IP packet begins; its virtio-net header stands before it.
    var start = TUNLayout.packetOffset
    /// Size of the IP packet, bytes.
    let byteCount: Int

    var extent: Range<Int> { start..<start + byteCount }
    /// User header and packet: one run of bytes, so the user header takes the end of the
    /// virtio-net header.
    var plaintext: Range<Int> { start - UserHeader.byteCount..<start + byteCount }
    /// The packet with its virtio-net header in front, as it is held while a route is searched.
    var withOffload: Range<Int> { start - VirtioNetHeader.byteCount..<start + byteCount }
}

extension Worker {
    /// Reads TUN until it is empty or others should have their turn.
    ///
    /// Small packets come many at a time; large ones one by one, so that each is sealed while it is
    /// in the processor's cache.
    mutating func readTUN() {
        var left = Limits.tunReadsPerTurn
        while left > 0, !outbox.isBlocked {
            let limit = tunReadsLarge ? 1 : min(left, Limits.tunPacketsPerReadMax)
            var space = tunRegion.mutableSpan(TUNLayout.extent)
            guard let result = tun?.read(into: &space, upTo: limit) else { return }
            switch result {
            case .count(let count):
                handleTUN(packetCount: count)
                left -= count
                if tun?.mayHaveMore != true { return }
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
        case .some(let port): try? poller.remove(port.descriptor)
        case .none: break
        }
        events.append(.tunLost(errno: code))
    }

    private mutating func handleTUN(packetCount: Int) {
        var byteCount = 0
        for i in 0..<packetCount {
            guard let extent = tun?.packet(i) else { return }
            byteCount += extent.count
            handleTUN(extent.lowerBound + TUNLayout.virtioOffset, byteCount: extent.count)
        }
        tunReadsLarge = byteCount > packetCount * TUNLayout.largeByteCount
    }

    /// One packet of TUN with its virtio-net header, `byteCount` bytes together.
    private mutating func handleTUN(_ start: Int, byteCount: Int) {
        let bytes = tunRegion.span(start..<start + byteCount)
        counters.tunReceivedPackets &+= 1
        guard let offload = VirtioNetHeader(bytes) else {
            counters.drops.count(.malformed)
            return
        }
        let packet = HostPacket(
            offload: offload,
            start: start + VirtioNetHeader.byteCount,
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
        if seat.isShared, handOver(packet, to: destination, route) { return }
        let key = table.key(at: route.index)
        let departure: Departure
        do throws(NoDeparture) {
            departure = try ownDeparture(to: destination, over: route, key)
        } catch {
            turnAway(packet, to: destination, error)
            return
        }
        // The neighbour itself takes large packets whole; anywhere else the path's hops decide.
        let takesLarge =
            packet.byteCount > Limits.tunnelMTUBytes && !departure.isDatagram && route.isDirect
            && !departure.isElsewhere && owners.isOwner(key, of: destination)
        let ceiling: Int
        if takesLarge {
            ceiling = Limits.largePacketBytesMax
        } else if route.isDirect, !departure.isDatagram || departure.isDirect {
            ceiling = Limits.tunnelMTUBytes
        } else {
            ceiling = min(Limits.tunnelMTUBytes, Int(route.pathMTU), sizeLimit(of: departure))
        }
        guard packet.offload.isLarge else {
            if packet.byteCount > ceiling {
                refuse(packet, .oversized, pathMTU: ceiling)
            } else {
                sendWhole(packet, departure)
            }
            return
        }
        do throws(OffloadError) {
            let plan = try SegmentPlan(tunRegion.span(packet.extent), header: packet.offload)
            let takesSuper =
                takesLarge && departure.isDirect
                || takesSuperPackets(destination, packet.byteCount, departure, route, key)
            if takesSuper, isSuperPacket(packet, plan) {
                sendSuperPacket(packet, departure)
            } else {
                send(
                    packet,
                    takesLarge ? plan.merged(byteCountMax: ceiling) : plan,
                    departure,
                    ceiling: ceiling
                )
            }
        } catch {
            counters.drops.count(.badOffload)
        }
    }

    private mutating func send(
        _ packet: HostPacket,
        _ plan: SegmentPlan,
        _ departure: Departure,
        ceiling: Int
    ) {
        if plan.greatestByteCount > ceiling {
            refuse(packet, .oversized, pathMTU: ceiling)
        } else if plan.count == 1, plan.greatestByteCount == packet.byteCount {
            sendWhole(packet, departure)
        } else {
            let bytes = tunRegion.span(packet.extent)
            let run = SegmentRun(
                plan,
                hopLimit: bytes[IPv6Header.hopLimitOffset] &- 1
            )
            let session = runSession(departure, frameByteCount: run.frameByteCount)
            if session >= 0 {
                send(run, of: packet.extent, to: departure.link, by: session)
                return
            }
            let detail = departure.leavesOffloads ? UserDetail.partialChecksum : 0
            for i in 0..<plan.count {
                let header = Self.header(for: bytes, byteCount: plan.byteCount(of: i))
                let writer = FrameWriter(departure, header, detail: detail)
                send(segment: i, of: plan, packet.extent, writer)
            }
        }
    }

    /// What the other end of a session says of the way to it, bytes.
    private func sizeLimit(of departure: Departure) -> Int {
        if case .session(let place) = departure.body { sessions[place].sizeLimit } else { .max }
    }

    // MARK: - Sealing

    /// Seals the packet as it lies in the TUN region: sealing is the only copy.
    private mutating func sendWhole(_ packet: HostPacket, _ departure: Departure) {
        var bytes = tunRegion.mutableSpan(packet.extent)
        let leavesPartial = departure.leavesOffloads && Self.hasPartialSum(packet, bytes.span)
        guard leavesPartial || ChecksumOffload.complete(&bytes, header: packet.offload) else {
            counters.drops.count(.badOffload)
            return
        }
        let header = Self.header(for: bytes.span, byteCount: packet.byteCount)
        let detail = leavesPartial ? UserDetail.partialChecksum : 0
        sendInPlace(packet, FrameWriter(departure, header, detail: detail))
    }

    /// Whether a packet is TCP or UDP without extension headers whose checksum the kernel left at the
    /// sum of the pseudo-header.
    private static func hasPartialSum(_ packet: HostPacket, _ bytes: Span<UInt8>) -> Bool {
        guard packet.offload.wantsChecksum,
            Int(packet.offload.checksumStart) == IPv6Header.byteCount
        else { return false }
        switch (bytes[IPv6Header.nextHeaderOffset], packet.offload.checksumOffset) {
        case (6, 16), (17, 6): return true
        default: return false
        }
    }

    private mutating func sendInPlace(_ packet: HostPacket, _ writer: FrameWriter) {
        var bytes = tunRegion.mutableSpan(packet.plaintext)
        bytes.storeBigEndian(writer.userWord, at: 0)
        if writer.departure.isDirect {
            bytes[UserHeader.byteCount + IPv6Header.hopLimitOffset] = writer.header.hopLimit
        }
        send(tunRegion.span(packet.plaintext), writer)
    }

    // MARK: - Super-packets

    /// Whether the whole way of a session is of sealed streams, so that a large packet arrives as it
    /// is.
    private mutating func takesSuperPackets(
        _ destination: IPv6Address,
        _ byteCount: Int,
        _ departure: Departure,
        _ route: ForwardingTable.Route,
        _ key: PublicKey
    ) -> Bool {
        guard case .session = departure.body, case .sealedStream = departure.carrier,
            byteCount > Limits.tunnelMTUBytes, byteCount <= Int(route.pathMTU),
            sizeLimit(of: departure) >= Limits.tunnelMTUBytes
        else { return false }
        return owners.isOwner(key, of: destination)
    }

    /// Whether a large packet can go to the neighbour as the kernel left it, unsegmented.
    private func isSuperPacket(_ packet: HostPacket, _ plan: SegmentPlan) -> Bool {
        plan.layout.isIPv6 && packet.offload.wantsChecksum
            && packet.byteCount <= Limits.superPacketBytesMax
            && plan.segmentByteCount >= Limits.superPacketSegmentBytesMin
            && plan.layout.headerByteCount + plan.segmentByteCount <= Limits.tunnelMTUBytes
    }

    /// The checksum stays the partial sum that the kernel left, and the receiver's kernel goes on
    /// from there (`Docs/protocol/hypha.md` section 4).
    private mutating func sendSuperPacket(_ packet: HostPacket, _ departure: Departure) {
        let bytes = tunRegion.span(packet.extent)
        let header = Self.header(for: bytes, byteCount: packet.byteCount)
        let segment = packet.offload.segmentByteCount
        let writer = FrameWriter(departure, header, kind: .superPacket, detail: segment)
        sendInPlace(packet, writer)
    }

    /// The outer header of an own packet: addresses of the inner one, and its hop limit less one,
    /// because the step of section 4.4 applies to own packets too.
    private static func header(for packet: Span<UInt8>, byteCount: Int) -> DataHeader {
        DataHeader(
            bodyByteCount: UInt16(clamping: byteCount + BaseBody.overheadByteCount),
            hopLimit: packet[IPv6Header.hopLimitOffset] &- 1,
            source: address(packet, at: IPv6Header.sourceOffset),
            destination: address(packet, at: IPv6Header.destinationOffset)
        )
    }
}
