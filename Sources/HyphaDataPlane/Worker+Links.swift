// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaForwarding
import HyphaLinux
import HyphaWire
import Synchronization

extension Worker {
    // MARK: - Life of a link

    /// Takes over an established, non-blocking stream.
    mutating func add(
        _ id: LinkID,
        _ descriptor: consuming Descriptor,
        _ counters: LinkCounters
    ) {
        let link = Link(id: id, descriptor: descriptor, counters: counters, now: now)
        guard let place = links.insert(link) else {
            events.append(.linkClosed(id, .noPlace))
            return
        }
        index.insert(id, place: place)
        let token = Self.token(id, place: place)
        do {
            try poller.add(links[place].descriptor, token: token, interest: .readable)
        } catch {
            fail(place, .carrierError(errno: error.code))
        }
    }

    /// Ends a link at the control plane's wish, after one try to write what is waiting.
    mutating func close(_ id: LinkID) {
        let place = index.place(of: id)
        guard place >= 0 else { return }
        flush(place)
        if links.contains(place), links[place].id == id { remove(place) }
    }

    /// Gives a link up and says so; what it was about to send is lost with its carrier.
    mutating func fail(_ place: Int, _ reason: LinkCloseReason) {
        guard !links[place].isFailed else { return }
        links[place].isFailed = true
        failed.append(place)
        events.append(.linkClosed(links[place].id, reason))
    }

    /// Removes failed links; only between packets, so that no loop loses its link under it.
    mutating func removeFailed() {
        for place in failed { remove(place) }
        failed.removeAll(keepingCapacity: true)
    }

    private mutating func remove(_ place: Int) {
        let link = links.remove(place)
        index.remove(link.id)
        allWaiting -= link.queue.waitingByteCount
        // Closing the descriptor ends the watch.
        if link.isDirty, let at = dirty.firstIndex(of: place) { dirty.remove(at: at) }
    }

    // MARK: - Writing

    /// Appends a control packet; it is written at the end of the turn.
    mutating func transmit(_ frame: [UInt8], on id: LinkID) {
        let place = index.place(of: id)
        guard place >= 0, !links[place].isFailed else { return }
        let ceiling = Limits.linkQueueBytesMax + Limits.linkControlBytesMax
        guard links[place].queue.waitingByteCount + frame.count <= ceiling else {
            fail(place, .controlQueueFull)
            return
        }
        links[place].append(frame.span, now: now)
        appended(frame.count, to: place)
    }

    /// Book-keeping after a frame was appended to a link's queue.
    mutating func appended(_ byteCount: Int, to place: Int) {
        allWaiting += byteCount
        if !links[place].isDirty {
            links[place].isDirty = true
            dirty.append(place)
        }
        // Early enough for the receiver to start on it while the rest of a batch is sealed.
        if !links[place].awaitsRoom, links[place].queue.waitingByteCount >= Self.flushByteCount {
            flush(place)
        }
    }

    private static var flushByteCount: Int { 128 << 10 }

    /// Writes what waits on the links of this turn.
    mutating func flushDirty() {
        for place in dirty where links[place].isDirty {
            links[place].isDirty = false
            if !links[place].awaitsRoom { flush(place) }
            links[place].publish()
        }
        dirty.removeAll(keepingCapacity: true)
        removeFailed()
    }

    /// Writes as much of a link's queue as the kernel takes.
    mutating func flush(_ place: Int) {
        while links.contains(place), !links[place].isFailed {
            let waiting = links[place].queue.waitingByteCount
            if waiting == 0 { break }
            switch links[place].write(now: now) {
            case .count(let written):
                allWaiting -= written
                if written == waiting { setAwaitsRoom(place, false) }
            case .wouldBlock:
                setAwaitsRoom(place, true)
                return
            case .endOfStream:
                fail(place, .endOfStream)
            case .failed(let code):
                fail(place, .carrierError(errno: code))
            }
        }
    }

    private mutating func setAwaitsRoom(_ place: Int, _ value: Bool) {
        guard links[place].awaitsRoom != value else { return }
        links[place].awaitsRoom = value
        updateInterest(place)
    }

    private mutating func updateInterest(_ place: Int) {
        var interest: Poller.Interest = []
        if !links[place].isPaused { interest.insert(.readable) }
        if links[place].awaitsRoom { interest.insert(.writable) }
        let token = Self.token(links[place].id, place: place)
        do {
            try poller.modify(links[place].descriptor, token: token, interest: interest)
        } catch {
            fail(place, .carrierError(errno: error.code))
        }
    }

    // MARK: - Reading

    /// What the poller found on a link.
    mutating func handleLink(_ event: PollEvent) {
        let place = Int(event.token & 0xffff_ffff) - 2
        let id = LinkID(UInt32(truncatingIfNeeded: event.token >> 32))
        // The link may have gone since the poller saw it.
        guard links.contains(place), links[place].id == id, !links[place].isFailed else { return }
        if event.isWritable { flush(place) }
        if links[place].isPaused {
            if event.isHangup || event.isError { fail(place, .endOfStream) }
        } else if event.isReadable || event.isHangup || event.isError {
            read(place)
        }
    }

    /// Goes on with a link whose control packets were taken.
    mutating func resume(_ id: LinkID) {
        let place = index.place(of: id)
        guard place >= 0, links[place].isPaused, !links[place].isFailed else { return }
        links[place].isPaused = false
        updateInterest(place)
        let kept = links[place].partial.copy(into: receiveRegion, at: 0)
        process(place, byteCount: kept)
    }

    private mutating func read(_ place: Int) {
        var budget = Limits.linkBytesPerTurn
        while budget > 0, !links[place].isPaused, !links[place].isFailed {
            let kept = links[place].partial.copy(into: receiveRegion, at: 0)
            let wanted = min(links[place].readByteCount, receiveRegion.byteCount - kept)
            var space = receiveRegion.mutableSpan(kept..<kept + wanted)
            switch links[place].descriptor.receive(into: &space) {
            case .count(let count):
                links[place].totals.receivedBytes &+= UInt64(count)
                process(place, byteCount: kept + count)
                links[place].adaptRead(wanted: wanted, got: count)
                if count < wanted { return }
                budget -= count
            case .wouldBlock:
                return
            case .endOfStream:
                fail(place, .endOfStream)
            case .failed(let code):
                fail(place, .carrierError(errno: code))
            }
        }
    }

    /// Cuts the first `byteCount` bytes of the receive region into frames.
    private mutating func process(_ place: Int, byteCount: Int) {
        var at = 0
        var frames: UInt64 = 0
        while !links[place].isFailed {
            let frame: StreamFrame?
            do {
                frame = try StreamFrame.first(in: receiveRegion.span(at..<byteCount))
            } catch {
                counters.drops.count(.malformed)
                fail(place, .malformed)
                break
            }
            guard let frame else { break }
            if frame.kind == .control {
                guard takeControl(place, at: at, byteCount: frame.byteCount) else { break }
            } else {
                receiveData(at: at, byteCount: frame.byteCount, from: links[place].id)
            }
            at += frame.byteCount
            frames &+= 1
        }
        deliverCoalesced()
        links[place].totals.receivedPackets &+= frames
        links[place].publish()
        links[place].partial.keep(receiveRegion.span(at..<byteCount))
    }

    /// Hands a control packet up; `false` and the link paused when too many are waiting there.
    private mutating func takeControl(_ place: Int, at: Int, byteCount: Int) -> Bool {
        let pending = links[place].counters.pendingControl.load(ordering: .acquiring)
        guard pending < Limits.linkControlPendingMax else {
            links[place].isPaused = true
            links[place].readByteCount = Link.readByteCountMin
            updateInterest(place)
            return false
        }
        links[place].counters.pendingControl.wrappingAdd(1, ordering: .acquiringAndReleasing)
        let body = receiveRegion.span(at + StreamFrame.headerByteCount..<at + byteCount)
        events.append(.control(links[place].id, [UInt8](copying: body)))
        return true
    }
}
