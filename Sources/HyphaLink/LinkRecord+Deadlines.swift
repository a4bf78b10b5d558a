// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaWire

/// When something is due on a link.
extension LinkRecord {
    /// The earliest of everything that is due on this link.
    func deadline(canTry: Bool) -> Instant {
        var earliest = Instant.distantFuture
        func consider(_ instant: Instant?) { if let instant { earliest = min(earliest, instant) } }
        consider(rivalry?.until)
        consider(former?.until)
        consider(watch?.deadline)
        if let stream {
            consider(stream.retryAt)
            consider(stream.patienceUntil)
            if stream.isSealed {
                let use = active == .stream ? liveUse : .idle
                let carrier = stream.carrier
                consider(carrier.liveness.deadline(use: use, roundTrip: carrier.roundTrip))
                consider(sampleDue(.stream))
            }
        }
        if let datagram, datagram.isEstablished {
            let carrier = datagram.carrier
            consider(datagram.roaming.deadline(roundTrip: carrier.roundTrip.smoothed))
            consider(keepAliveDue)
            if active == .datagram {
                consider(carrier.liveness.deadline(use: liveUse, roundTrip: carrier.roundTrip))
                consider(sampleDue(.datagram))
                let roundTrip = carrier.roundTrip
                consider(datagram.mtu.deadline(roundTrip: roundTrip, isBusy: datagram.isBusy))
            }
        }
        consider(choice?.deadline(canTry: canTry))
        if isUp {
            consider(
                controlHeldUntil ?? control.deadline(roundTrip: roundTrip.smoothed)
            )
        }
        return earliest
    }

    /// When the round trip of the carrier that traffic goes over is measured again: a carrier on
    /// which something is always heard is never probed for its life.
    func sampleDue(_ kind: CarrierKind) -> Instant? {
        guard active == kind else { return nil }
        let state = kind == .stream ? stream?.carrier : datagram?.carrier
        guard let state else { return nil }
        guard state.roundTrip.isMeasured else { return state.sampledAt + .milliseconds(500) }
        return liveUse == .inUse ? state.sampledAt + LinkTimes.roundTripSample : nil
    }

    /// When NAT on the way wants to see something, `nil` without NAT.
    var keepAliveDue: Instant? {
        guard let datagram, datagram.isEstablished, datagram.isBehindNAT else { return nil }
        return datagram.carrier.sentAt + LinkTimes.natKeepAlive
    }

    /// Where UDP to the neighbour is tried.
    var datagramTarget: SocketAddress? {
        guard stream?.isSealed == true else { return nil }
        if let datagram, datagram.isEstablished { return datagram.roaming.proven }
        return datagramGuess
    }
}

extension CarrierState {
    /// Takes what the packet path says of the last frame sent.
    mutating func take(sentAt instant: Instant) { sentAt = max(sentAt, instant) }
}

extension DatagramState {
    /// Whether bytes flow, apart from what the link itself costs.
    var hasTraffic: Bool { isBusy || isFlowing }

    /// Takes the counts of the packet path.
    ///
    /// - Returns: Whether a window was full and the judgement is new.
    mutating func take(_ activity: LinkActivity, now: Instant) -> Bool {
        if let totalSent {
            windowSent &+= activity.sentBytes &- totalSent
            windowReceived &+= activity.receivedBytes &- totalReceived
        }
        totalSent = activity.sentBytes
        totalReceived = activity.receivedBytes
        let milliseconds = UInt64(now.elapsed(since: windowAt).milliseconds)
        guard milliseconds >= 1000 else { return false }
        func rate(_ bytes: UInt64) -> UInt64 { bytes / milliseconds &* 1000 }
        isBusy = rate(windowSent) >= LinkTimes.busyBytesPerSecond
        isFlowing = rate(windowSent &+ windowReceived) >= LinkTimes.trafficBytesPerSecond
        startWindow(now: now)
        return true
    }

    /// Begins to count anew; what is known of the time before stays.
    mutating func startWindow(now: Instant) {
        windowAt = now
        windowSent = 0
        windowReceived = 0
    }
}
