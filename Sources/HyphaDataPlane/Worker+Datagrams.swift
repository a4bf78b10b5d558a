// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaBytes
import HyphaForwarding
import HyphaLink
import HyphaLinux
import HyphaSession
import HyphaWire

/// Datagram sockets.
extension Worker {
    /// Takes over a bound socket; what comes in is served until the worker ends.
    ///
    /// - Parameters:
    ///   - handle: Bound.
    ///   - receives: Whether this worker takes what comes in, and not another one.
    mutating func addSocket(_ handle: DatagramSocket.Handle, receives: Bool = true) {
        guard let socket = try? DatagramSocket(adopting: handle),
            let place = sockets.insert(socket)
        else { return }
        do {
            try poller.add(
                sockets[place].descriptor,
                token: Self.token(socket: place),
                interest: receives ? .readable : []
            )
        } catch {
            _ = sockets.remove(place)
        }
        if !receives { seat.sendingSockets.insert(place) }
    }

    /// What the poller found on a socket.
    mutating func handleSocket(_ place: Int, _ event: PollEvent) {
        guard sockets.contains(place) else { return }
        if event.isWritable, outbox.isBlocked {
            outbox.isBlocked = false
            setWritable(place, false)
            flushDatagrams()
        }
        if event.isReadable || event.isError, !seat.sendingSockets.contains(place) {
            readDatagrams(place)
        }
    }

    // MARK: - Receiving

    private mutating func readDatagrams(_ place: Int) {
        for _ in 0..<Limits.datagramBatchesPerTurn {
            var region = receiveRegion.mutableSpan(0..<received.regionByteCount)
            let result = Self.receive(from: place, of: &sockets, into: &received, &region)
            guard case .count(let count) = result else { return }
            for i in 0..<count { receiveMessage(received[i], on: place) }
            deliverCoalesced()
            flushPassing()
            if count < received.capacity { return }
        }
    }

    /// Its own function, so that socket and batch are two accesses and not one to the worker.
    private static func receive(
        from place: Int,
        of sockets: inout Slab<DatagramSocket>,
        into batch: inout DatagramReceiveBatch,
        _ region: inout MutableSpan<UInt8>
    ) -> IOResult {
        sockets[place].receive(into: &batch, region: &region)
    }

    /// One message: one datagram, or several of one size that the kernel joined.
    private mutating func receiveMessage(_ message: ReceivedDatagram, on socket: Int) {
        let source = message.source
        let segment = message.segmentByteCount
        var at = message.offset
        let upper = at + message.byteCount
        at = receiveRun(at..<upper, segment: segment, from: source)
        if seat.isShared { at = handOverRun(at..<upper, segment: segment, from: source) }
        while at < upper {
            let end = min(at + segment, upper)
            if receiveRegion.span(at..<end)[0] == FrameType.transport.rawValue {
                receiveFrame(at..<end, over: .datagram, from: source)
            } else {
                receiveUnsealed(at..<end, message, on: socket)
            }
            at = end
        }
    }

    /// A handshake frame: the control plane's business, in bounded numbers.
    private mutating func receiveUnsealed(
        _ extent: Range<Int>,
        _ message: ReceivedDatagram,
        on socket: Int
    ) {
        let bytes = receiveRegion.span(extent)
        guard bytes.count <= Limits.handshakeFrameBytesMax else {
            counters.drops.count(.malformed)
            return
        }
        guard handshakes.take(now: now) else {
            counters.drops.count(.controlBusy)
            return
        }
        let source = message.source.socketAddress
        let destination = DatagramDestination(answering: message)
        seat.ways.note(DatagramWay(socket: socket, destination: destination), to: source)
        events.append(.carrier(.datagram([UInt8](copying: bytes), from: source)))
    }

    /// How an address is reached: the way it came, or the first socket of its family.
    func way(to target: SocketAddress) -> DatagramWay? {
        if let known = seat.ways.way(to: target) { return known }
        for place in 0..<sockets.end where sockets.contains(place) {
            guard Self.reaches(target, from: sockets[place].localAddress) else { continue }
            return DatagramWay(socket: place, destination: DatagramDestination(target))
        }
        return nil
    }

    private static func reaches(_ target: SocketAddress, from local: SocketAddress) -> Bool {
        switch local.host {
        case .v4: target.isIPv4
        case .v6(.unspecified, _): true
        case .v6: !target.isIPv4
        }
    }

    mutating func reportUnknownIndex(from source: NativeAddress) {
        guard unknownIndexes.take(now: now) else { return }
        events.append(.carrier(.unknownIndex(from: source.socketAddress)))
    }

    /// An authenticated frame came from elsewhere than the link's endpoint; only the newest frame
    /// can mean that the neighbour has moved.
    mutating func noteNewSource(_ source: NativeAddress, _ place: Int, _ isNewest: Bool) {
        guard isNewest, links[place].datagram.movedFrom != source else { return }
        links[place].datagram.movedFrom = source
        events.append(.carrier(.roamed(links[place].id, to: source.socketAddress)))
    }

    // MARK: - Sending

    /// Whether a frame can be taken now; hands waiting ones to the kernel where that helps, and
    /// counts the drop when it cannot.
    mutating func makeDatagramRoom(_ place: Int, _ byteCount: Int) -> Bool {
        if let allowance = links[place].datagram.allowance {
            let fits = byteCount <= allowance
            links[place].datagram.goesToProven = !fits
            if fits {
                links[place].datagram.allowance = allowance - byteCount
            } else if links[place].datagram.proven == nil {
                counters.drops.count(.unproven)
                return false
            }
            // Frames to two addresses must not become one message.
            outbox.closeRun()
        }
        if outbox.used >= Limits.datagramFlushBytes
            || outbox.isFull || outbox.socket != links[place].datagram.socket
        {
            flushDatagrams()
        }
        let hasRoom =
            !outbox.isFull && outbox.used + byteCount <= Limits.sendRegionBytes
            && (outbox.isEmpty || outbox.socket == links[place].datagram.socket)
        if !hasRoom { countQueueDrop(place) }
        return hasRoom
    }

    /// The place of a frame in the send region; room was made before.
    mutating func datagramSpace(_ place: Int, _ byteCount: Int) -> Int {
        let isElsewhere =
            links[place].datagram.allowance != nil && links[place].datagram.goesToProven
        guard
            let destination = isElsewhere
                ? links[place].datagram.proven : links[place].datagram.destination
        else {
            invariant(false, "a usable carrier has a destination")
            return 0
        }
        links[place].totals.sentBytes &+= UInt64(byteCount)
        links[place].totals.datagramSentBytes &+= UInt64(byteCount)
        links[place].totals.datagram.sentAt = now
        links[place].isTouched = true
        return outbox.reserve(
            byteCount,
            link: place,
            to: destination,
            socket: links[place].datagram.socket
        )
    }

    /// Ends the message that still grows, because its link is about to change.
    mutating func closeDatagramRun() { outbox.closeRun() }

    /// Hands what waits to the kernel.
    mutating func flushDatagrams() {
        // These came first: nothing is passed on in place while something waits here.
        flushPassing()
        guard !outbox.isEmpty, !outbox.isBlocked else { return }
        outbox.closeRun()
        let socket = outbox.socket
        guard sockets.contains(socket) else {
            outbox.clear()
            return
        }
        let result = sockets[socket].flush(
            &outbox.batch,
            of: sendRegion.span(0..<Limits.sendRegionBytes)
        )
        while let failure = outbox.batch.nextFailure() { noteFailure(failure) }
        switch result {
        case .done:
            outbox.clear()
        case .wouldBlock:
            outbox.isBlocked = true
            setWritable(socket, true)
        }
    }

    /// Hands frames that are passed on to the kernel, before their place is received into again.
    ///
    /// What there is no room for is dropped: a queue of them would be a copy of each.
    mutating func flushPassing() {
        guard !passing.isEmpty else { return }
        passing.closeRun()
        let socket = passing.socket
        if sockets.contains(socket) {
            let region = receiveRegion.span(0..<receiveRegion.byteCount)
            let result = Self.flush(&passing.batch, of: region, from: socket, of: &sockets)
            while let failure = passing.batch.nextFailure() { noteFailure(failure) }
            if result == .wouldBlock {
                let lost = passing.batch.datagramCount
                counters.drops.count(.linkQueueFull, packets: lost)
            }
        }
        passing.clear()
    }

    private static func flush(
        _ batch: inout DatagramSendBatch,
        of region: Span<UInt8>,
        from place: Int,
        of sockets: inout Slab<DatagramSocket>
    ) -> DatagramSocket.FlushResult {
        sockets[place].flush(&batch, of: region)
    }

    /// Seals a routed frame anew where it lies and sends it from there.
    ///
    /// - Parameters:
    ///   - start: Where the frame begins.
    ///   - frame: The packet in it, its hop limit lowered already.
    ///   - place: The next hop.
    ///   - session: The session that seals for it.
    /// - Returns: `false` when that cannot be, and nothing was done.
    mutating func passInPlace(
        _ start: Int,
        _ frame: ReceivedFrame,
        to place: Int,
        _ session: Int
    ) -> Bool {
        let byteCount = frame.extent.upperBound - start
        // Behind what waits elsewhere, so that frames in parts and whole ones stay in order.
        guard outbox.isEmpty, links[place].datagram.allowance == nil,
            byteCount <= links[place].datagram.payloadMax,
            let destination = links[place].datagram.destination
        else { return false }
        let socket = links[place].datagram.socket
        if passing.isFull || (!passing.isEmpty && passing.socket != socket) {
            flushPassing()
        }
        var bytes = receiveRegion.mutableSpan(start..<start + byteCount)
        SealedFrame.moveHeaderDown(&bytes)
        let counter = sessions[session].takeCounters()
        TransportHeader(
            kind: .routed,
            receiverIndex: sessions[session].remoteIndex,
            counter: counter
        ).write(to: &bytes)
        SealedFrame.sealRoutedHeader(&bytes, start: 0, counter, &sessions[session])
        links[place].totals.sentBytes &+= UInt64(byteCount)
        links[place].totals.datagramSentBytes &+= UInt64(byteCount)
        links[place].totals.sentPackets &+= 1
        links[place].hasCarried = true
        links[place].totals.datagram.sentAt = now
        links[place].isTouched = true
        _ = passing.reserve(
            byteCount,
            at: start,
            link: place,
            to: destination,
            socket: socket
        )
        return true
    }

    /// A message that the kernel refused; what the path does not take is found out by probes.
    private mutating func noteFailure(_ failure: DatagramSendBatch.Failure) {
        counters.drops.count(.datagramFailed)
        let place = Int(failure.tag)
        guard links.contains(place), Self.isWayless(failure.code) else { return }
        guard !links[place].datagram.unpin() else { return }
        // EINVAL alone says nothing of the way.
        guard failure.code != EINVAL else { return }
        events.append(
            .carrier(.carrierLost(links[place].id, .datagram, errno: failure.code))
        )
    }

    /// Whether an error means that there is no way from the own address to the other one; a full
    /// queue, a firewall or a size that the device does not take mean nothing of the kind.
    private static func isWayless(_ code: Int32) -> Bool {
        switch code {
        case EINVAL, EADDRNOTAVAIL, ENETUNREACH, EHOSTUNREACH, ENETDOWN, ENODEV, ENXIO: true
        default: false
        }
    }

    private mutating func setWritable(_ socket: Int, _ value: Bool) {
        var interest: Poller.Interest = value ? .writable : []
        if !seat.sendingSockets.contains(socket) { interest.insert(.readable) }
        try? poller.modify(
            sockets[socket].descriptor,
            token: Self.token(socket: socket),
            interest: interest
        )
    }

    /// Sends a handshake frame as it is.
    mutating func sendUnsealed(_ bytes: [UInt8], to target: SocketAddress) {
        sendAlone(bytes.span, to: target)
    }

    /// Sends one datagram to an address that no link may have; a known way whose own address is
    /// gone is forgotten.
    private mutating func sendAlone(_ bytes: Span<UInt8>, to target: SocketAddress) {
        guard let way = way(to: target), sockets.contains(way.socket) else { return }
        guard case .failed(let code) = sockets[way.socket].send(bytes, to: way.destination),
            Self.isWayless(code), way.destination.isPinned
        else { return }
        seat.ways.forget(target)
        guard let way = self.way(to: target), sockets.contains(way.socket) else { return }
        _ = sockets[way.socket].send(bytes, to: way.destination)
    }

    /// Sends a sealed frame to an address that is not the link's endpoint: a challenge, or a probe
    /// of another way.
    mutating func sendAside(
        _ kind: TransportKind,
        _ content: [UInt8],
        from place: Int,
        padTo: Int?,
        to target: SocketAddress
    ) {
        let session = links[place].datagram.session
        guard session >= 0 else { return }
        let least = SealedFrame.byteCountMin + content.count
        let byteCount = max(least, min(padTo ?? 0, Limits.datagramSlotBytes))
        let at = Limits.sendRegionBytes
        var frame = sendRegion.mutableSpan(at..<at + byteCount)
        SealedFrame.write(kind, content, into: &frame, start: 0, &sessions[session])
        sendAlone(sendRegion.span(at..<at + byteCount), to: target)
    }

    /// Shows the control plane what links did in this turn; streams show theirs as they go.
    mutating func publishTouched() {
        for place in 0..<links.end where links.contains(place) && links[place].isTouched {
            links[place].isTouched = false
            let stream = links[place].stream
            let queued = stream >= 0 ? streams[stream].queue.waitingByteCount : 0
            show(place, queuedBytes: queued)
        }
    }

    /// Shows what a link did, and says that it carries something where that was asked for.
    mutating func show(_ place: Int, queuedBytes: Int) {
        links[place].publish(queuedBytes: queuedBytes)
        guard links[place].isWatched, links[place].hasCarried else { return }
        links[place].isWatched = false
        events.append(.carrier(.traffic(links[place].id)))
    }
}
