// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaSession

/// What is common to both carriers of a link: sessions, liveness, round trip.
struct CarrierState {
    /// Sessions that frames come in under; a handful, since a peer has three slots.
    var sessions: [SessionIndex] = []
    /// The session that is sent under.
    var current: SessionIndex?
    /// Since when.
    var keyedAt: Instant = .zero
    var liveness: Liveness
    var roundTrip = RoundTripEstimate()
    /// Probes whose answers would be samples, oldest first.
    var probes: [SentProbe] = []
    var sentAt: Instant
    var sampledAt: Instant

    struct SentProbe {
        let token: UInt64
        let at: Instant
    }

    /// Probes remembered for samples; an older one gives none.
    private static let probesMax = 32

    init(_ kind: CarrierKind, now: Instant) {
        liveness = Liveness(kind, now: now)
        sentAt = now
        sampledAt = now
    }

    mutating func sent(_ token: UInt64, now: Instant) {
        if probes.count == Self.probesMax { probes.removeFirst() }
        probes.append(SentProbe(token: token, at: now))
        sampledAt = now
        sentAt = now
    }

    /// The round trip that an answer shows, `nil` when it answers nothing.
    mutating func answered(_ token: UInt64, now: Instant) -> Duration? {
        guard let at = probes.firstIndex(where: { $0.token == token }) else { return nil }
        let sample = now.elapsed(since: probes[at].at)
        probes.remove(at: at)
        roundTrip.add(sample)
        return sample
    }
}
