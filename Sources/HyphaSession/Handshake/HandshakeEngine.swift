// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// Handshakes, rekeys and the life of keys, for links and for end-to-end sessions
/// (`Docs/protocol/hypha.md` sections 3.1 and 4).
///
/// A peer has three slots on each carrier:
///
///     initiator   message 2 verified ------------------> current (the old one becomes previous)
///     responder   message 1 verified --> next --confirmed--> current
///
/// * A responder changes nothing before a frame opens under *next*: a replayed or unanswered
///   message 1 costs nothing but itself.
/// * Both initiate: the smaller key's message 1 goes on. Its sender leaves the other's unanswered
///   once, and only while a response may still come; the other answers and waits a while before
///   it tries again. Should both succeed all the same, the smaller key's session becomes current
///   at both ends, whichever was confirmed first, and the other serves as previous.
/// * What strangers send is looked at in the order of what it costs: size and version, the first
///   authenticator (one hash), cookies under load, repeated beginnings, rates, mathematics.
/// * The engine keeps no keys: they leave it with ``HandshakeOutput/install(_:)``.
package struct HandshakeEngine<
    Crypto: SessionCryptography & ~Copyable,
    Random: RandomNumberGenerator
>: ~Copyable {
    typealias Attempt = HandshakeAttempt<Crypto.PendingInitiation>

    var crypto: Crypto
    var random: Random
    var configuration: HandshakeConfiguration
    /// Events since the start.
    package internal(set) var counters = HandshakeCounters()
    var outputs = OutputQueue<HandshakeOutput>()
    let capacity: HandshakeCapacity
    let publicKey: PublicKey
    let mac1Key: [UInt8]

    // Sessions
    var sessions: [SessionIndex: SessionRecord] = [:]
    var peers: [PeerCarrier: PeerSlots] = [:]
    var strangerSessions = 0
    var nextOrder: UInt64 = 0
    var unconfirmedStrangers: RecencyTable<SessionIndex, Bool>
    var unconfirmedKnown: RecencyTable<SessionIndex, Bool>
    var taken: Set<SessionIndex> = []
    /// The greatest timestamp of each peer and carrier.
    var timestamps: RecencyTable<PeerCarrier, TAI64N>

    // Attempts
    var attempts: [UInt64: Attempt] = [:]
    var nextSerial: UInt64 = 0
    var unreservedAttempts = 0
    var serialByID: [AttemptID: UInt64] = [:]
    var serialByIndex: [SessionIndex: UInt64] = [:]
    var serialByNonce: [UInt64: UInt64] = [:]
    var timestampSource: TimestampSource
    var remembered = RecencyTable<SocketAddress, RememberedKey>(capacity: Limits.rememberedKeysMax)

    // Admission
    var halves = HalfInitiations(capacity: Limits.halfInitiationsMax)
    var sources = RecencyTable<HandshakeSource, HandshakeSourceState>(
        capacity: Limits.handshakeSourcesMax
    )
    var cookieSources = RecencyTable<HandshakeSource, CookieSource>(
        capacity: Limits.cookieSourcesMax
    )
    var cookieSecrets = CookieSecrets()
    var load = RateMeter(perSecondMax: Limits.initiationsPerSecondLoaded)
    var linkBudget = TokenBucket(
        perSecond: Limits.handshakesPerSecond,
        burst: Limits.handshakesBurst
    )
    var sessionBudget = TokenBucket(
        perSecond: Limits.handshakesPerSecond,
        burst: Limits.handshakesBurst
    )
    var knownBudget = TokenBucket(
        perSecond: Limits.knownHandshakesPerSecond,
        burst: Limits.knownHandshakesBurst
    )
    var cookieBudget = TokenBucket(
        perSecond: Limits.cookieRepliesPerSecond,
        burst: Limits.cookieRepliesBurst
    )
    var repeatedCookieBudget = TokenBucket(
        perSecond: Limits.repeatedCookieRepliesPerSecond,
        burst: Limits.repeatedCookieRepliesBurst
    )
    var keyReplyBudget = TokenBucket(
        perSecond: Limits.keyRepliesPerSecond,
        burst: Limits.keyRepliesBurst
    )

    var timers = DeadlineHeap<HandshakeTimer>()
    var reportedAt: [HandshakeCeiling: Instant] = [:]

    /// - Parameters:
    ///   - configuration: What this node says of itself.
    ///   - crypto: The identity key and the network key, and what is done with them.
    ///   - random: Draws indices, nonces, cookie secrets and jitter; unpredictable in earnest.
    ///   - wallClock: The wall clock at `now`, true or not.
    ///   - persisted: The last ``HandshakeOutput/timestamp(_:)`` of earlier lives of this node.
    ///   - capacity: How large the tables may grow.
    ///   - now: The present.
    package init(
        configuration: HandshakeConfiguration,
        crypto: consuming Crypto,
        random: Random,
        wallClock: TAI64N,
        persisted: TAI64N?,
        capacity: HandshakeCapacity = HandshakeCapacity(),
        now: Instant
    ) {
        self.configuration = configuration
        self.capacity = capacity
        let strangers = HandshakeCapacity.forStrangers(of: capacity.unconfirmed)
        unconfirmedStrangers = RecencyTable(capacity: strangers)
        unconfirmedKnown = RecencyTable(capacity: capacity.unconfirmed - strangers)
        timestamps = RecencyTable(capacity: capacity.timestamps)
        publicKey = crypto.publicKey
        mac1Key = crypto.mac1Key(for: crypto.publicKey)
        self.crypto = crypto
        self.random = random
        timestampSource = TimestampSource(persisted: persisted, clock: wallClock, now: now)
    }
}

extension HandshakeEngine where Crypto: ~Copyable {
    // MARK: - Inputs

    /// Takes one input; total in every state, unknown names are ignored.
    package mutating func handle(_ input: HandshakeInput, now: Instant) {
        invariant(outputs.isEmpty, "drain outputs before the next input")
        switch input {
        case .initiate(let id, let path, let key): initiate(id, path, key: key, now: now)
        case .probe(let id, let address, let key): probe(id, address, expecting: key, now: now)
        case .abandon(let id):
            if let serial = serialByID[id] { drop(serial) }
        case .close(let peer, let carrier): close(PeerCarrier(key: peer, carrier: carrier))
        case .forget(let index): remove(index)
        case .moved(let index, let path):
            if sessions[index]?.peer.carrier == path.carrier { sessions[index]?.path = path }
        case .traffic(let index, let isIdle): setIdle(index, isIdle, now: now)
        case .configure(let configuration): self.configuration = configuration
        case .wallClock(let clock): timestampSource.set(clock: clock, now: now)
        case .remember(let address, let key):
            remembered.insertEvicting(RememberedKey(key: key), for: address)
        case .taken(let index): take(index)
        case .free(let index): taken.remove(index)
        case .frame(let bytes, let path): receive(bytes, from: path, now: now)
        case .message(let type, let content, let address, let key):
            receive(type, content, from: address, key: key, now: now)
        case .confirmed(let index): confirm(index)
        case .worn(let index): rekey(index, now: now)
        case .failing(let index):
            if sessions[index] != nil { counters.failing &+= 1 }
            remove(index)
        case .timer: runTimers(now: now)
        }
    }

    // MARK: - Outputs

    /// The next thing to do; called until `nil` after every input.
    package mutating func nextOutput() -> HandshakeOutput? { outputs.popFirst() }

    // MARK: - Timer

    /// When ``HandshakeInput/timer`` is due.
    package func nextDeadline() -> Deadline? {
        let half = halves.firstExpiry.map { Deadline($0, "half initiation") }
        let timer = timers.first.map { first in
            switch first.key {
            case .attempt: Deadline(first.instant, "handshake attempt")
            case .session: Deadline(first.instant, "session age")
            }
        }
        return Deadline.earlier(timer, half)
    }

    // MARK: - Getters

    /// How full the tables are.
    package var occupancy: HandshakeOccupancy {
        HandshakeOccupancy(
            attempts: attempts.count,
            halfInitiations: halves.count,
            sessions: sessions.count,
            strangerSessions: strangerSessions,
            unconfirmed: unconfirmedStrangers.count + unconfirmedKnown.count,
            timestamps: timestamps.count,
            sources: max(sources.count, cookieSources.count),
            timers: timers.count
        )
    }

    /// The session that is sent under to a peer over a carrier.
    package func currentSession(of peer: PublicKey, over carrier: SessionCarrier) -> SessionIndex? {
        peers[PeerCarrier(key: peer, carrier: carrier)]?.current
    }

    // MARK: - Private

    private mutating func take(_ index: SessionIndex) {
        guard taken.count < Limits.takenIndicesMax else {
            counters.takenRefused &+= 1
            return
        }
        taken.insert(index)
    }

    private mutating func runTimers(now: Instant) {
        let expired = halves.expire(now: now)
        counters.halvesExpired &+= UInt64(expired)
        // Each round removes the deadline it serves or moves it into the future.
        while let (key, instant) = timers.first, instant <= now {
            timers.remove(key)
            switch key {
            case .attempt(let serial): attemptDue(serial, now: now)
            case .session(let index): sessionDue(index, now: now)
            }
        }
    }

    /// Says once a minute that a table is full.
    mutating func report(_ ceiling: HandshakeCeiling, now: Instant) {
        if let last = reportedAt[ceiling], now.elapsed(since: last) < HandshakeTimes.report {
            return
        }
        reportedAt[ceiling] = now
        outputs.append(.event(.ceiling(ceiling)))
    }

    /// A random index that nothing on this node uses.
    mutating func freshIndex() -> SessionIndex {
        var value = UInt32.random(in: 0 ... .max, using: &random)
        // The tables hold a small part of all values, so a free one is near.
        while isUsed(SessionIndex(value)) { value &+= 1 }
        return SessionIndex(value)
    }

    private func isUsed(_ index: SessionIndex) -> Bool {
        sessions[index] != nil || serialByIndex[index] != nil || taken.contains(index)
    }
}
