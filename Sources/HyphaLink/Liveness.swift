// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// How much hangs on a link, which decides how soon its silence is looked into.
package enum LinkUse: Hashable, Sendable {
    /// No traffic, no route selected through it: silence is looked into when even the keep-alives
    /// of an idle link are overdue.
    case idle
    /// Routes are selected through it, but nothing has flowed for a while. Of the two ends one
    /// leads: it looks into silence first, and the other hears that.
    case atRest(leads: Bool)
    /// Traffic flows or has flowed just now, or routes were selected through it just now.
    case inUse
}

/// What ``Liveness/poll(now:use:roundTrip:)`` wants.
package enum LivenessStep: Hashable, Sendable {
    /// Send a probe now.
    case probe
    /// Nothing was heard during all probes: the carrier is dead.
    case dead
}

/// Whether one carrier of a link still works (`Docs/protocol/hypha.md` section 5).
///
/// Any authenticated frame is life. After a silence the carrier is probed, and it is dead when
/// nothing at all was heard until the answer to the last probe was due.
///
/// **Datagrams.** A carrier in use is probed after 250 ms of silence. Three probes, as the design
/// sketches, would not do: with 20 % of all frames lost each way a probe goes unanswered with
/// probability 1 - 0.8^2 = 0.36, three in a row with 0.05. Sixteen in a row: 0.36^16 = 8e-8 for
/// each silence, so at four silences a second (the most there can be) one false death in five
/// weeks. Fifteen gaps of 30 ms keep the whole well below a second: 250 + 15 x 30 + 60 = 760 ms.
/// On long paths the gap is a quarter of the round trip and the wait two round trips, six in all,
/// which is what three probes at twice the round trip would take.
///
/// So a link costs four probes and four answers a second and more between both ends when it
/// carries less than a frame in 250 ms. One at rest is probed after 5 s, since nobody misses what
/// it does not carry; its first frame of data makes it one in use, and a silence that had been none
/// a probe at once. An idle one costs a probe in 20 to 25 s.
///
/// **Streams** lose nothing but may stall: three probes, dead after max(3 s, 4 x timeout) from the
/// first one on. One that takes over from a silent datagram carrier and was not heard since that
/// fell silent gets 1.5 s instead of 3, for what ended the one may have ended the other.
package struct Liveness: Hashable, Sendable {
    private let kind: CarrierKind
    /// When anything authenticated was heard last.
    package private(set) var heardAt: Instant
    private var probes = 0
    private var probedAt: Instant = .zero
    private var isHurried = false

    /// Silence after which a carrier in use is probed.
    package static let quietInUse: Duration = .milliseconds(250)
    /// Silence after which an idle carrier is probed; the neighbour's Hello comes every 20 s then.
    package static let quietIdle: Duration = .seconds(25)
    /// Silence after which a carrier at rest is probed by the end that leads, and by the other.
    package static let quietLeading: Duration = .seconds(5)
    package static let quietFollowing: Duration = .seconds(6)
    /// Silence after which a stream in use is probed.
    package static let quietStream: Duration = .seconds(2)
    /// Probes of a datagram carrier before it is dead.
    package static let datagramProbes = 16
    /// Probes of a stream before it is dead.
    package static let streamProbes = 3
    private static let gapMin: Duration = .milliseconds(30)
    private static let waitMin: Duration = .milliseconds(60)
    private static let streamDeadMin: Duration = .seconds(3)
    private static let streamHurriedMin: Duration = .milliseconds(1500)

    /// - Parameters:
    ///   - kind: Of the carrier.
    ///   - now: When it came up, which counts as heard.
    package init(_ kind: CarrierKind, now: Instant) {
        self.kind = kind
        heardAt = now
    }

    /// Whether probes are out: something is late.
    package var isLate: Bool { probes > 0 }

    /// Takes the time of an authenticated frame; an older one than known changes nothing.
    package mutating func heard(at instant: Instant) {
        guard instant > heardAt else { return }
        heardAt = instant
        probes = 0
        isHurried = false
    }

    /// Gives a stream less time to show life; its first probe was just sent.
    package mutating func hurry(now: Instant) {
        isHurried = true
        probes = 1
        probedAt = now
    }

    /// Looks into a silence that has not lasted long enough yet, because something else says that
    /// the carrier may be gone.
    package mutating func suspect(now: Instant) {
        guard probes == 0 else { return }
        heardAt = min(heardAt, now + (.zero - Self.quietIdle))
    }

    /// What to do now; called when ``deadline(use:roundTrip:)`` is due.
    package mutating func poll(
        now: Instant,
        use: LinkUse,
        roundTrip: RoundTripEstimate
    ) -> LivenessStep? {
        guard deadline(use: use, roundTrip: roundTrip) <= now else { return nil }
        let isLast = probes >= (kind == .datagram ? Self.datagramProbes : Self.streamProbes)
        guard !isLast else { return .dead }
        probes += 1
        probedAt = now
        return .probe
    }

    /// When ``poll(now:use:roundTrip:)`` has something to do.
    package func deadline(use: LinkUse, roundTrip: RoundTripEstimate) -> Instant {
        guard probes > 0 else { return heardAt + quiet(use) }
        switch kind {
        case .datagram:
            let isLast = probes >= Self.datagramProbes
            return probedAt
                + (isLast
                    ? max(Self.waitMin, roundTrip.smoothed * 2)
                    : max(Self.gapMin, roundTrip.smoothed / 4))
        case .stream:
            let least = isHurried ? Self.streamHurriedMin : Self.streamDeadMin
            return probedAt + max(least, roundTrip.timeout * 4) / Self.streamProbes
        }
    }

    private func quiet(_ use: LinkUse) -> Duration {
        switch (use, kind) {
        case (.idle, _): Self.quietIdle
        case (.atRest(let leads), _): leads ? Self.quietLeading : Self.quietFollowing
        case (.inUse, .datagram): Self.quietInUse
        case (.inUse, .stream): Self.quietStream
        }
    }
}
