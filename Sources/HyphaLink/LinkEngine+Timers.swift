// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaSession
import HyphaWire

/// What is due, link by link.
extension LinkEngine where Crypto: ~Copyable {
    mutating func runTimers(now: Instant) {
        pass(.timer, now: now)
        var isAnyInUse = false
        for link in allLinks {
            guard let at = links.index(of: link) else { continue }
            isAnyInUse = isAnyInUse || links[at].liveUse == .inUse
            if links[at].wakeAt <= now { run(link, now: now) }
        }
        if sampleAt <= now {
            sampleAt = now + (isAnyInUse ? LinkTimes.sample : LinkTimes.sampleIdle)
        }
    }

    private mutating func run(_ link: LinkID, now: Instant) {
        settleRivalry(link, now: now)
        forgetFormer(link, now: now)
        runStream(link, now: now)
        runDatagrams(link, now: now)
        runChoice(link, now: now)
        runControl(link, now: now)
        guard let at = links.index(of: link) else { return }
        refresh(at)
    }

    // MARK: - Carriers

    private mutating func runStream(_ link: LinkID, now: Instant) {
        guard let at = links.index(of: link), let stream = links[at].stream else { return }
        guard stream.isSealed else {
            if let until = stream.patienceUntil, until <= now { loseUpgradePatience(at) }
            guard let retryAt = stream.retryAt, retryAt <= now else { return }
            if isSuperfluous(links[at]) {
                retire(link, now: now)
            } else {
                upgrade(link, now: now)
            }
            return
        }
        let use = links[at].active == .stream ? links[at].liveUse : .idle
        let estimate = stream.carrier.roundTrip
        switch links[at].stream?.carrier.liveness.poll(now: now, use: use, roundTrip: estimate) {
        case .probe: probe(at, .stream, now: now)
        case .dead: return loseStream(link, .silent, now: now)
        case nil: break
        }
        if links[at].sampleDue(.stream).map({ $0 <= now }) == true { probe(at, .stream, now: now) }
    }

    private mutating func runDatagrams(_ link: LinkID, now: Instant) {
        guard let at = links.index(of: link), let datagram = links[at].datagram,
            datagram.isEstablished
        else { return }
        let estimate = datagram.carrier.roundTrip
        if links[at].active == .datagram {
            let use = links[at].liveUse
            let step = links[at].datagram?.carrier.liveness.poll(
                now: now,
                use: use,
                roundTrip: estimate
            )
            switch step {
            case .probe:
                // The stand-by shows meanwhile whether it could take over.
                if !datagram.carrier.liveness.isLate, links[at].stream?.isSealed == true {
                    probe(at, .stream, now: now)
                }
                probe(at, .datagram, now: now)
            case .dead: return loseDatagrams(link, .silent, now: now)
            case nil: break
            }
            if links[at].sampleDue(.datagram).map({ $0 <= now }) == true {
                probe(at, .datagram, now: now)
            }
            runPathMTU(at, now: now)
        }
        let step = links[at].datagram?.roaming.poll(now: now, roundTrip: estimate.smoothed)
        if case let step?? = Optional(step) { follow(step, at, now: now) }
        if links[at].keepAliveDue.map({ $0 <= now }) == true {
            links[at].datagram?.carrier.sentAt = now
            command(.send(link, .datagram, .liveness, content: [], padTo: nil, to: nil))
        }
    }

    private mutating func runPathMTU(_ at: Int, now: Instant) {
        let link = links[at].id
        while let datagram = links[at].datagram {
            let token = freshToken()
            let step = links[at].datagram?.mtu.poll(
                now: now,
                roundTrip: datagram.carrier.roundTrip,
                isBusy: datagram.isBusy,
                token: token
            )
            switch step {
            case .probe(let token, let count):
                let content = LivenessContent(.mtuProbe, token: token).encoded()
                links[at].datagram?.carrier.sent(token, now: now)
                command(
                    .send(link, .datagram, .liveness, content: content, padTo: count, to: nil)
                )
            case .changed: payloadChanged(at)
            case nil: return
            }
        }
    }

    private mutating func runChoice(_ link: LinkID, now: Instant) {
        while let at = links.index(of: link), links[at].choice != nil {
            let canTry = configuration.hasDatagrams && links[at].datagramTarget != nil
            let step = links[at].choice?.poll(now: now, canTry: canTry, random: &random)
            switch step {
            case .handshake:
                guard let address = links[at].datagramTarget, let key = links[at].key else {
                    return
                }
                let attempt = begin(.datagram(link), .datagram(address), key: key, now: now)
                guard attempts[attempt] != nil, let at = links.index(of: link) else { return }
                links[at].datagramAttempt = attempt
            case .probe(let token, let isFullSize):
                let content = LivenessContent(.probe, token: token).encoded()
                links[at].datagram?.carrier.sent(token, now: now)
                command(
                    .send(
                        link,
                        .datagram,
                        .liveness,
                        content: content,
                        padTo: isFullSize ? Limits.datagramPayloadMin : nil,
                        to: nil
                    )
                )
            case nil: return
            }
        }
    }

    mutating func probe(_ at: Int, _ carrier: CarrierKind, now: Instant) {
        let token = freshToken()
        switch carrier {
        case .stream: links[at].stream?.carrier.sent(token, now: now)
        case .datagram: links[at].datagram?.carrier.sent(token, now: now)
        }
        let content = LivenessContent(.probe, token: token).encoded()
        command(
            .send(links[at].id, carrier, .liveness, content: content, padTo: nil, to: nil)
        )
    }

    // MARK: - Control

    private mutating func runControl(_ link: LinkID, now: Instant) {
        guard let at = links.index(of: link), links[at].isUp else { return }
        if let until = links[at].controlHeldUntil {
            guard until <= now else { return }
            links[at].controlHeldUntil = nil
        }
        let roundTrip = links[at].roundTrip.smoothed
        while let step = links[at].control.poll(now: now, roundTrip: roundTrip) {
            switch step {
            case .send(let frame): transmit(frame, at, now: now)
            case .dead:
                guard links[at].active == .datagram, links[at].stream?.isSealed == true else {
                    return end(link, .controlLost, code: .unspecified, now: now)
                }
                return loseDatagrams(link, .controlLost, now: now)
            }
        }
    }

    // MARK: - Traffic

    mutating func take(_ activities: [LinkActivity], now: Instant) {
        for activity in activities {
            guard let at = links.index(of: activity.link) else { continue }
            switch activity.carrier {
            case .stream:
                links[at].stream?.carrier.liveness.heard(at: activity.heardAt)
                links[at].stream?.carrier.take(sentAt: activity.sentAt)
            case .datagram:
                links[at].datagram?.carrier.liveness.heard(at: activity.heardAt)
                links[at].datagram?.carrier.take(sentAt: activity.sentAt)
                let byteCount = activity.sentBytes &+ activity.receivedBytes
                links[at].datagram?.data.take(byteCount: byteCount, now: now)
                guard links[at].datagram?.take(activity, now: now) == true else { continue }
                let hasTraffic = links[at].datagram?.hasTraffic ?? false
                if hasTraffic != links[at].hasTraffic {
                    links[at].hasTraffic = hasTraffic
                    links[at].wakeAt = .zero
                }
            }
        }
    }

    // MARK: - When

    /// Computes anew when a link's timer is due.
    mutating func refresh(_ at: Int) {
        let canTry = configuration.hasDatagrams && links[at].datagramTarget != nil
        links[at].wakeAt = links[at].deadline(canTry: canTry)
    }
}
