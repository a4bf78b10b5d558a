// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// Decides which partners of sessions are tried for a direct link, when, and at which endpoints.
///
/// * Worth trying is a node with which ``Limits/directPacketsMin`` packets were exchanged within
///   ``PeeringTimes/directWindow``, some of them each way. Both ends count the same packets, so
///   both try at about the same time, which opens NAT on both sides.
/// * After a failure, or a direct link that did not last, the wait doubles from one minute to an
///   hour. Other endpoints than the last ones are worth a new try, a minute after the last.
/// * An endpoint is no more than what a peer says: no key is tried twice within a minute, and
///   ``Limits/directEndpointsPerSecond`` bounds what all peers together can make this node send.
struct DirectLinkProber {
    /// The nodes looked after, in the order in which they came.
    private(set) var entries: [Entry] = []
    private var budget = TokenBucket(
        perSecond: Limits.directEndpointsPerSecond,
        burst: Limits.directEndpointsBurst
    )

    /// What is known of one node.
    struct Entry {
        let key: PublicKey
        /// Since when packets are counted, and how many there were.
        var windowAt: Instant
        var sent: UInt64 = 0
        var received: UInt64 = 0
        /// When its endpoints were tried last, and which.
        var probedAt: Instant?
        var endpoints: [SocketAddress] = []
        /// Tries, and links that did not last, since the last success.
        var failures = 0
        /// It is not tried before.
        var notBefore = Instant(nanoseconds: .min)

        /// When nothing is lost by forgetting it, as far as the once a minute is concerned.
        var isFreeAt: Instant {
            probedAt.map { $0 + PeeringTimes.directRetry } ?? Instant(nanoseconds: .min)
        }
    }

    /// What is to be done about a node after some packets.
    enum Verdict: Hashable {
        /// There is nothing to do now.
        case wait
        /// Try it.
        case isDue
        /// The table is full of nodes that were just tried.
        case full
    }

    // MARK: - Packets

    /// Takes a count of packets.
    mutating func take(_ use: SessionUse, now: Instant) -> Verdict {
        guard let at = place(of: use.key, now: now) else { return .full }
        if now.elapsed(since: entries[at].windowAt) > PeeringTimes.directWindow {
            entries[at].windowAt = now
            entries[at].sent = 0
            entries[at].received = 0
        }
        entries[at].sent &+= min(use.sentPackets, UInt64(UInt32.max))
        entries[at].received &+= min(use.receivedPackets, UInt64(UInt32.max))
        let entry = entries[at]
        guard entry.sent > 0, entry.received > 0,
            entry.sent &+ entry.received >= Limits.directPacketsMin
        else { return .wait }
        guard now >= entry.isFreeAt else { return .wait }
        let hasMoved = entry.endpoints != use.candidates && entry.probedAt != nil
        return now >= entry.notBefore || hasMoved ? .isDue : .wait
    }

    // MARK: - Tries

    /// Of some endpoints as many as may be tried now.
    mutating func allowance(_ count: Int, now: Instant) -> Int {
        var allowed = 0
        while allowed < count, budget.take(now: now) { allowed += 1 }
        return allowed
    }

    /// A node that is due cannot be tried now.
    mutating func postpone(_ key: PublicKey, now: Instant) {
        guard let at = index(of: key) else { return }
        entries[at].notBefore = now + PeeringTimes.directPostponed
        entries[at].endpoints = []
        entries[at].probedAt = nil
    }

    /// A node is tried at these endpoints, of all that it told.
    mutating func began(_ key: PublicKey, told: [SocketAddress], now: Instant) {
        guard let at = index(of: key) else { return }
        entries[at].probedAt = now
        entries[at].endpoints = told
    }

    /// A try led to nothing.
    mutating func failed(
        _ key: PublicKey,
        now: Instant,
        using random: inout some RandomNumberGenerator
    ) {
        // The end that was found has perhaps never tried.
        guard let at = place(of: key, now: now) else { return }
        entries[at].failures += 1
        var wait = PeeringTimes.directRetry
        for _ in 1..<entries[at].failures where wait < PeeringTimes.directRetryMax {
            wait = min(wait + wait, PeeringTimes.directRetryMax)
        }
        entries[at].notBefore = now + random.duration(in: wait...(wait * 5 / 4))
    }

    /// A direct link ended that came up at `since`; one that has lasted is a success.
    mutating func lost(
        _ key: PublicKey,
        since: Instant,
        now: Instant,
        using random: inout some RandomNumberGenerator
    ) {
        if let at = index(of: key), now.elapsed(since: since) >= PeeringTimes.directProven {
            entries[at].failures = 0
        }
        failed(key, now: now, using: &random)
    }

    // MARK: - Private

    private func index(of key: PublicKey) -> Int? { entries.firstIndex { $0.key == key } }

    /// The place of a node, made if need be; `nil` when there is none to be had.
    private mutating func place(of key: PublicKey, now: Instant) -> Int? {
        if let at = index(of: key) { return at }
        if entries.count >= Limits.directPartnersMax {
            var oldest: Int?
            for at in entries.indices where now >= entries[at].isFreeAt {
                if oldest.map({ entries[at].windowAt < entries[$0].windowAt }) ?? true {
                    oldest = at
                }
            }
            guard let oldest else { return nil }
            entries.remove(at: oldest)
        }
        entries.append(Entry(key: key, windowAt: now))
        return entries.count - 1
    }
}
