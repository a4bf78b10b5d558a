// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaForwarding
import HyphaLinux
import HyphaSession
import HyphaWire

/// The next hop of frames that follow each other to one destination, found out once for all of them.
struct TransitHop {
    let destination: IPv6Address
    /// Place of the next hop's link and of the session that seals for it.
    let place: Int
    let session: Int
    let target: DatagramDestination
    let socket: Int
    let payloadMax: Int
    /// What was passed on since the link was told.
    var packets = 0
    var bytes = 0
}

/// Where things lie in a routed frame whose header was opened.
private enum OpenedHeader {
    static let start = SealedFrame.headerByteCount
    /// The header lacks the packet header that a base stream puts in front of it.
    static let destination = start + DataHeader.destinationOffset - StreamFrame.headerByteCount
}

extension Worker {
    /// Passes an opened routed frame on from where it lies, its body untouched, or treats it as any
    /// other when that cannot be.
    ///
    /// - Parameters:
    ///   - frame: Where it lies in the receive region.
    ///   - place: The link it came from.
    ///   - hop: Where the frames before it went; set to where this one goes.
    mutating func passRouted(_ frame: Range<Int>, from place: Int, _ hop: inout TransitHop?) {
        let bytes = receiveRegion.span(frame)
        let word = bytes.bigEndian(at: OpenedHeader.start, as: UInt32.self)
        let destination = IPv6Address(
            high: bytes.bigEndian(at: OpenedHeader.destination),
            low: bytes.bigEndian(at: OpenedHeader.destination + 8)
        )
        let body = Int(word >> 8 & 0xffff)
        guard body == frame.count - SealedFrame.routedOverheadByteCount,
            let hopLimit = HopLimit.step(UInt8(truncatingIfNeeded: word)),
            takeHop(to: destination, frame.count, &hop)
        else {
            receiveRouted(frame, from: place)
            return
        }
        var target = receiveRegion.mutableSpan(frame)
        target.storeBigEndian(UInt32(body) << 8 | UInt32(hopLimit), at: OpenedHeader.start)
        passOn(frame, &hop)
    }

    /// Makes `hop` the way to a destination; `false` when frames cannot be passed on in place.
    private mutating func takeHop(
        to destination: IPv6Address,
        _ byteCount: Int,
        _ hop: inout TransitHop?
    ) -> Bool {
        // Behind what waits elsewhere, so that frames in parts and whole ones stay in order.
        guard outbox.isEmpty else { return false }
        if hop?.destination != destination {
            noteTransit(hop)
            hop = transitHop(to: destination)
        }
        guard let hop, byteCount <= hop.payloadMax else { return false }
        if passing.isFull || (!passing.isEmpty && passing.socket != hop.socket) { flushPassing() }
        return true
    }

    private mutating func transitHop(to destination: IPv6Address) -> TransitHop? {
        guard destination.high != check.ownSubnet,
            case .selected(let route) = table.lookup(high: destination.high, low: destination.low),
            let place = livingPlace(of: route.link),
            case .datagram(let session) = carrier(of: place),
            links[place].datagram.allowance == nil,
            let target = links[place].datagram.destination
        else { return nil }
        askForRefresh(route, of: destination)
        return TransitHop(
            destination: destination,
            place: place,
            session: session,
            target: target,
            socket: links[place].datagram.socket,
            payloadMax: links[place].datagram.payloadMax
        )
    }

    /// Seals the header anew where it lies.
    private mutating func passOn(_ frame: Range<Int>, _ hop: inout TransitHop?) {
        guard let way = hop else { return }
        var bytes = receiveRegion.mutableSpan(frame)
        let counter = sessions[way.session].takeCounters()
        TransportHeader(
            kind: .routed,
            receiverIndex: sessions[way.session].remoteIndex,
            counter: counter
        ).write(to: &bytes)
        SealedFrame.sealRoutedHeader(&bytes, start: 0, counter, &sessions[way.session])
        _ = passing.reserve(
            frame.count,
            at: frame.lowerBound,
            link: way.place,
            to: way.target,
            socket: way.socket
        )
        hop?.packets += 1
        hop?.bytes += frame.count
    }

    /// Tells the link, and the totals, what was passed on.
    mutating func noteTransit(_ hop: TransitHop?) {
        guard let hop, hop.packets > 0 else { return }
        let bytes = UInt64(hop.bytes)
        links[hop.place].totals.sentPackets &+= UInt64(hop.packets)
        links[hop.place].hasCarried = true
        links[hop.place].totals.sentBytes &+= bytes
        links[hop.place].totals.datagramSentBytes &+= bytes
        links[hop.place].totals.datagram.sentAt = now
        links[hop.place].isTouched = true
        counters.transitPackets &+= UInt64(hop.packets)
        // As packets of the base: without what the link puts around them.
        let around = SealedFrame.routedOverheadByteCount - DataHeader.byteCount
        counters.transitBytes &+= UInt64(hop.bytes - hop.packets * around)
    }
}
