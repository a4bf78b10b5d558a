// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaForwarding
import HyphaLink
import HyphaLinux
import HyphaSession

/// Commands that there are for the sake of other workers.
extension Worker {
    /// Whether a command need not wait for other workers.
    func mayCarryOut(_ command: DataPlaneCommand) -> Bool {
        switch command {
        case .afterRoutes(let version): seat.allHaveRoutes(version)
        case .takeStream(_, let passage): passage.isReady
        default: true
        }
    }

    /// Notes which worker has a session; at the ceiling its frames are unknown here.
    mutating func knowSession(_ local: SessionIndex, of worker: Int) {
        guard seat.sessions.count < Limits.transportSessionsMax,
            seat.sessions.place(of: local.value) < 0
        else { return }
        seat.sessions.insert(local.value, place: worker)
    }

    /// Notes at which /64 a link ends; at the ceiling nothing is sent to it but by its route.
    mutating func knowNeighbour(_ link: LinkID, at subnet: UInt64?) {
        if let subnet {
            guard seat.neighbours.count < Limits.neighboursMax else { return }
            seat.neighbours[subnet] = link
        } else {
            seat.neighbours = seat.neighbours.filter { $0.value != link }
        }
    }

    // MARK: - A stream moves

    /// Leaves the stream of a link, with its sessions, to another worker.
    mutating func leaveStream(of id: LinkID, _ passage: StreamPassage) {
        guard let place = livingPlace(of: id), links[place].stream >= 0 else {
            passage.leave(nil)
            return
        }
        let stream = links[place].stream
        let session = links[place].streamSession
        let current = session >= 0 ? sessions[session].localIndex : nil
        var moved: [MovedSession] = []
        for other in 0..<sessions.end where sessions.contains(other) {
            guard sessions[other].use == .link(id, .stream) else { continue }
            sessionIndex.remove(sessions[other].localIndex)
            moved.append(MovedSession(sessions.remove(other)))
        }
        links[place].stream = -1
        links[place].streamSession = -1
        try? poller.remove(streams[stream].descriptor)
        passage.leave(takeOut(stream, moved, current))
        remove(place)
    }

    /// Takes a stream out of its place.
    private mutating func takeOut(
        _ place: Int,
        _ sessions: [MovedSession],
        _ current: UInt32?
    ) -> MovedStream {
        let stream = streams.remove(place)
        allWaiting -= stream.queue.waitingByteCount
        if stream.isDirty, let at = dirty.firstIndex(of: place) { dirty.remove(at: at) }
        return stream.moved(sessions, current)
    }

    /// Takes the stream of another worker, as the other carrier of a link.
    mutating func takeStream(_ passage: StreamPassage, into id: LinkID) {
        guard let stream = passage.take() else { return }
        let descriptor = Descriptor(adopting: stream.descriptor)
        guard let place = livingPlace(of: id) else { return }
        let replaced = links[place].stream
        if replaced >= 0 {
            streams[replaced].isFailed = true
            failedStreams.append(replaced)
        }
        links[place].stream = -1
        guard let taken = put(descriptor, stream, place) else {
            events.append(.carrier(.carrierLost(id, .stream, errno: 0)))
            return
        }
        links[place].stream = taken
        links[place].streamSession = take(stream.sessions, current: stream.current, id)
        watch(taken)
        if !stream.waiting.isEmpty { appended(stream.waiting.count, to: taken) }
        // What it waits for was pending on the old link, of whose end nobody would tell it.
        resume(id)
    }

    /// Puts a stream in a place of this worker; `nil` when there is none.
    private mutating func put(
        _ descriptor: consuming Descriptor,
        _ moved: MovedStream,
        _ link: Int
    ) -> Int? {
        streamCount &+= 1
        var stream = StreamCarrier(
            link: link,
            serial: streamCount,
            descriptor: descriptor,
            now: now
        )
        stream.isSealed = moved.isSealed
        stream.isClosedToClear = moved.isClosedToClear
        stream.isPaused = true
        stream.partial.keep(moved.partial.span)
        stream.append(moved.waiting.span, now: now)
        return streams.insert(stream)
    }

    private mutating func take(_ moved: [MovedSession], current: UInt32?, _ id: LinkID) -> Int {
        for box in moved {
            guard var session = box.take() else { continue }
            session.use = .link(id, .stream)
            let index = session.localIndex
            guard let place = sessions.insert(session) else { continue }
            sessionIndex.insert(index, place: place)
        }
        return current.map { sessionIndex.place(of: $0) } ?? -1
    }
}

extension StreamCarrier {
    /// Ends as what another worker can begin with.
    consuming func moved(_ sessions: [MovedSession], _ current: UInt32?) -> MovedStream {
        let waiting = [UInt8](copying: queue.waiting())
        let kept = partial.copy()
        let (isSealed, isClosedToClear) = (isSealed, isClosedToClear)
        return MovedStream(
            descriptor: releaseDescriptor().release(),
            waiting: waiting,
            partial: kept,
            isSealed: isSealed,
            isClosedToClear: isClosedToClear,
            sessions: sessions,
            current: current
        )
    }

    private consuming func releaseDescriptor() -> Descriptor { descriptor }
}
