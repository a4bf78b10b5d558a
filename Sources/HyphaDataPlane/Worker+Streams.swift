// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaForwarding
import HyphaLink
import HyphaLinux
import HyphaWire
import Synchronization

/// Streams: the base dialect, and sealed frames after an upgrade.
extension Worker {
    // MARK: - Life of a stream

    /// Takes over an established, non-blocking stream as the carrier of a new link.
    mutating func add(
        _ id: LinkID,
        _ descriptor: consuming Descriptor,
        _ counters: LinkTraffic
    ) {
        guard let place = insertLink(id, counters) else {
            events.append(.linkClosed(id, .noPlace))
            return
        }
        streamCount &+= 1
        let carrier = StreamCarrier(
            link: place,
            serial: streamCount,
            descriptor: descriptor,
            now: now
        )
        guard let stream = streams.insert(carrier) else {
            fail(place, .noPlace)
            return
        }
        links[place].stream = stream
        watch(stream)
    }

    /// Waits for what comes over a stream that is not paused.
    mutating func watch(_ stream: Int) {
        do {
            try poller.add(
                streams[stream].descriptor,
                token: streamToken(stream),
                interest: streams[stream].isPaused ? [] : .readable
            )
        } catch {
            loseStream(stream, .carrierError(errno: error.code))
        }
    }

    /// Gives a stream up and says so; what it was about to send is lost with it.
    ///
    /// With it goes a link that has nothing else, unless its neighbour is authenticated: then the
    /// control plane knows what to do.
    mutating func loseStream(_ stream: Int, _ reason: LinkCloseReason) {
        guard !streams[stream].isFailed else { return }
        streams[stream].isFailed = true
        failedStreams.append(stream)
        let place = streams[stream].link
        if links.contains(place), links[place].formerStream == stream {
            links[place].formerStream = -1
        }
        guard links.contains(place), links[place].stream == stream else { return }
        links[place].stream = -1
        if links[place].peer == nil {
            fail(place, reason)
        } else {
            let code: Int32 =
                if case .carrierError(let code) = reason { code } else { 0 }
            events.append(.carrier(.carrierLost(links[place].id, .stream, errno: code)))
        }
    }

    /// Removes failed streams; only between packets, so that no loop loses its stream under it.
    mutating func removeFailedStreams() {
        for place in failedStreams { removeStream(place) }
        failedStreams.removeAll(keepingCapacity: true)
    }

    mutating func removeStream(_ place: Int) {
        let stream = streams.remove(place)
        allWaiting -= stream.queue.waitingByteCount
        // Closing the descriptor ends the watch.
        if stream.isDirty, let at = dirty.firstIndex(of: place) { dirty.remove(at: at) }
    }

    // MARK: - Writing

    /// Appends a control packet of the base dialect; it is written at the end of the turn.
    mutating func transmit(_ frame: [UInt8], on id: LinkID) {
        guard let place = livingPlace(of: id), links[place].stream >= 0 else { return }
        let stream = links[place].stream
        guard !streams[stream].isSealed else { return }
        appendControl(frame, to: stream)
    }

    /// Appends a handshake frame in a packet of its own kind.
    mutating func transmitHandshake(_ frame: [UInt8], on id: LinkID) {
        guard let place = livingPlace(of: id), links[place].stream >= 0 else { return }
        var packet: [UInt8] = [1, 2, UInt8(frame.count >> 8 & 0xff), UInt8(frame.count & 0xff)]
        packet += frame
        appendControl(packet, to: links[place].stream)
    }

    private mutating func appendControl(_ bytes: [UInt8], to stream: Int) {
        let ceiling = Limits.linkQueueBytesMax + Limits.linkControlBytesMax
        guard streams[stream].queue.waitingByteCount + bytes.count <= ceiling else {
            loseStream(stream, .controlQueueFull)
            return
        }
        streams[stream].append(bytes.span, now: now)
        links[streams[stream].link].totals.sentPackets &+= 1
        appended(bytes.count, to: stream)
    }

    /// Book-keeping after a frame was appended to a stream's queue.
    mutating func appended(_ byteCount: Int, to stream: Int) {
        allWaiting += byteCount
        if !streams[stream].isDirty {
            streams[stream].isDirty = true
            dirty.append(stream)
        }
        // Early enough for the receiver to start on it while the rest of a batch is sealed.
        if !streams[stream].awaitsRoom,
            streams[stream].queue.waitingByteCount >= Self.flushByteCount
        {
            flush(stream)
        }
    }

    private static var flushByteCount: Int { 128 << 10 }

    /// Writes what waits on the streams of this turn.
    mutating func flushDirty() {
        for stream in dirty where streams[stream].isDirty {
            streams[stream].isDirty = false
            if !streams[stream].awaitsRoom { flush(stream) }
            let place = streams[stream].link
            guard links.contains(place), links[place].stream == stream else { continue }
            show(place, queuedBytes: streams[stream].queue.waitingByteCount)
        }
        dirty.removeAll(keepingCapacity: true)
    }

    /// Writes as much of a stream's queue as the kernel takes.
    mutating func flush(_ stream: Int) {
        while streams.contains(stream), !streams[stream].isFailed {
            let waiting = streams[stream].queue.waitingByteCount
            if waiting == 0 { break }
            switch streams[stream].write(now: now) {
            case .count(let written):
                allWaiting -= written
                let place = streams[stream].link
                links[place].totals.sentBytes &+= UInt64(written)
                links[place].totals.stream.sentAt = now
                if written == waiting { setAwaitsRoom(stream, false) }
            case .wouldBlock:
                setAwaitsRoom(stream, true)
                return
            case .endOfStream:
                loseStream(stream, .endOfStream)
            case .failed(let code):
                loseStream(stream, .carrierError(errno: code))
            }
        }
    }

    private mutating func setAwaitsRoom(_ stream: Int, _ value: Bool) {
        guard streams[stream].awaitsRoom != value else { return }
        streams[stream].awaitsRoom = value
        updateInterest(stream)
    }

    private mutating func updateInterest(_ stream: Int) {
        var interest: Poller.Interest = []
        if !streams[stream].isPaused { interest.insert(.readable) }
        if streams[stream].awaitsRoom { interest.insert(.writable) }
        do {
            try poller.modify(
                streams[stream].descriptor,
                token: streamToken(stream),
                interest: interest
            )
        } catch {
            loseStream(stream, .carrierError(errno: error.code))
        }
    }

    private func streamToken(_ place: Int) -> UInt64 {
        Self.token(serial: streams[place].serial, place: place)
    }

    // MARK: - Reading

    /// What the poller found on a stream.
    mutating func handleStream(_ event: PollEvent) {
        let place = Self.streamPlace(event.token)
        // The stream may have gone since the poller saw it.
        guard streams.contains(place), streamToken(place) == event.token,
            !streams[place].isFailed
        else { return }
        if event.isWritable { flush(place) }
        guard !streams[place].isFailed else { return }
        if streams[place].isPaused {
            if event.isHangup || event.isError { loseStream(place, .endOfStream) }
        } else if event.isReadable || event.isHangup || event.isError {
            read(place)
        }
    }

    /// Goes on with a link whose control packets were taken.
    mutating func resume(_ id: LinkID) {
        guard let link = livingPlace(of: id) else { return }
        let stream = links[link].stream
        guard stream >= 0, streams[stream].isPaused, !streams[stream].isFailed else { return }
        streams[stream].isPaused = false
        updateInterest(stream)
        let kept = streams[stream].partial.copy(into: receiveRegion, at: 0)
        process(stream, byteCount: kept)
    }

    private mutating func read(_ stream: Int) {
        var budget = Limits.linkBytesPerTurn
        while budget > 0, !streams[stream].isPaused, !streams[stream].isFailed {
            let kept = streams[stream].partial.copy(into: receiveRegion, at: 0)
            let room = Limits.receiveRegionBytes - kept
            let wanted = min(streams[stream].readByteCount, room)
            var space = receiveRegion.mutableSpan(kept..<kept + wanted)
            switch streams[stream].descriptor.receive(into: &space) {
            case .count(let count):
                links[streams[stream].link].totals.receivedBytes &+= UInt64(count)
                process(stream, byteCount: kept + count)
                streams[stream].adaptRead(wanted: wanted, got: count)
                if count < wanted { return }
                budget -= count
            case .wouldBlock:
                return
            case .endOfStream:
                loseStream(stream, .endOfStream)
            case .failed(let code):
                loseStream(stream, .carrierError(errno: code))
            }
        }
    }

    /// Cuts the first `byteCount` bytes of the receive region into frames.
    private mutating func process(_ stream: Int, byteCount: Int) {
        var at = 0
        var frames: UInt64 = 0
        let place = streams[stream].link
        while !streams[stream].isFailed {
            let frame: StreamFrame?
            do {
                frame = try StreamFrame.first(in: receiveRegion.span(at..<byteCount))
            } catch {
                counters.drops.count(.malformed)
                loseStream(stream, .malformed)
                break
            }
            guard let frame else { break }
            guard take(frame, at: at, from: stream) else { break }
            at += frame.byteCount
            frames &+= 1
        }
        deliverCoalesced()
        flushPassing()
        streams[stream].partial.keep(receiveRegion.span(at..<byteCount))
        guard links.contains(place) else { return }
        links[place].totals.receivedPackets &+= frames
        show(place, queuedBytes: streams[stream].queue.waitingByteCount)
    }

    /// Takes one packet; `false` when the stream is to be left as it is.
    private mutating func take(_ frame: StreamFrame, at: Int, from stream: Int) -> Bool {
        let place = streams[stream].link
        let content = at + StreamFrame.headerByteCount..<at + frame.byteCount
        switch frame.kind {
        case .sealed:
            return takeSealed(content, from: stream)
        case .data, .control:
            // After the upgrade nobody can inject a plain packet.
            guard !streams[stream].isClosedToClear else {
                counters.drops.count(.malformed)
                loseStream(stream, .malformed)
                return false
            }
            if frame.kind == .data {
                receiveData(at: at, byteCount: frame.byteCount, from: place)
                return true
            }
            guard mayHandUp(from: place) else {
                pause(stream)
                return false
            }
            let body = [UInt8](copying: receiveRegion.span(content))
            events.append(.control(links[place].id, body))
            return true
        }
    }

    private mutating func takeSealed(_ content: Range<Int>, from stream: Int) -> Bool {
        let place = streams[stream].link
        guard content.count > 0 else {
            loseStream(stream, .malformed)
            return false
        }
        if receiveRegion.span(content)[0] == FrameType.transport.rawValue {
            // Counted when it was opened and found to be something for the control plane.
            guard needsNoHandUp(content) || hasHandUpRoom(from: place) else {
                pause(stream)
                return false
            }
            receiveFrame(content, over: .stream, link: place)
        } else {
            guard mayHandUp(from: place) else {
                pause(stream)
                return false
            }
            let bytes = [UInt8](copying: receiveRegion.span(content))
            events.append(.carrier(.streamFrame(links[place].id, bytes)))
        }
        return true
    }

    /// Whether a transport frame is data, which never goes to the control plane.
    private func needsNoHandUp(_ content: Range<Int>) -> Bool {
        guard content.count > 1 else { return true }
        let kind = receiveRegion.span(content)[1]
        return kind == TransportKind.routed.rawValue || kind == TransportKind.direct.rawValue
    }

    /// Whether the control plane takes another packet of a link.
    private func hasHandUpRoom(from place: Int) -> Bool {
        let pending = links[place].counters.pendingControl.load(ordering: .acquiring)
        return pending < Limits.linkControlPendingMax
    }

    /// Counts a packet for the control plane; `false` when too many are waiting there.
    mutating func mayHandUp(from place: Int) -> Bool {
        guard hasHandUpRoom(from: place) else { return false }
        links[place].counters.pendingControl.wrappingAdd(1, ordering: .acquiringAndReleasing)
        return true
    }

    private mutating func pause(_ stream: Int) {
        streams[stream].isPaused = true
        streams[stream].readByteCount = StreamCarrier.readByteCountMin
        updateInterest(stream)
    }
}
