// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaWire

// Wildcard requests: thirteen bytes that ask for the whole table, so the answer is paced.
extension RoutingCore {
    /// Starts a dump, or notes that one more is wanted after the present one.
    mutating func requestedDump(_ neighbour: NeighbourID, now: Instant) {
        switch neighbours[neighbour].dump {
        case .none:
            startDump(neighbour, now: now)
        case .sending(let place, let at, _):
            counters.dumpsDeferred += 1
            neighbours[neighbour].dump = .sending(place: place, at: at, again: true)
        case .resting(let until, _):
            counters.dumpsDeferred += 1
            neighbours[neighbour].dump = .resting(until: until, again: true)
        }
    }

    private mutating func startDump(_ neighbour: NeighbourID, now: Instant) {
        counters.dumpsStarted += 1
        sendSlice(neighbour, from: 0, again: false, now: now)
    }

    /// Sends the selected routes of some places of the table, after the last one our own subnet.
    private mutating func sendSlice(
        _ neighbour: NeighbourID,
        from start: Int,
        again: Bool,
        now: Instant
    ) {
        let end = min(start + Limits.dumpSlice, routes.placeCount)
        for place in start..<max(start, end) {
            let prefix = PrefixID(UInt32(place))
            guard routes[prefix].flags.contains(.isLive) else { continue }
            advertise(prefix, to: neighbour, now: now)
        }
        if end < routes.placeCount {
            let next = now + Limits.dumpPause
            neighbours[neighbour].dump = .sending(place: end, at: next, again: again)
            dumps.set(neighbour, at: next)
        } else {
            transmit(ownUpdate, to: neighbour)
            let until = now + Limits.dumpSpacing
            neighbours[neighbour].dump = .resting(until: until, again: again)
            dumps.set(neighbour, at: until)
        }
    }

    /// Goes on with dumps that are due.
    mutating func continueDumps(now: Instant) {
        while let neighbour = dumps.popFirst(dueAt: now) {
            switch neighbours[neighbour].dump {
            case .none:
                break
            case .sending(let place, _, let again):
                sendSlice(neighbour, from: place, again: again, now: now)
            case .resting(_, again: true):
                startDump(neighbour, now: now)
            case .resting(_, again: false):
                neighbours[neighbour].dump = .none
            }
        }
    }
}
