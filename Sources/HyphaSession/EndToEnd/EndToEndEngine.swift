// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// Decides for every overlay /64 how packets to it are protected and what is taken from it
/// (`Docs/protocol/hypha.md` sections 2 and 4).
///
///     never met, not marked:  base, and a handshake is tried now and then
///     never met, marked:      hold for 1 s at most, then base, shown as unprotected
///     met:                    session, or hold until there is one; never base again
///     sealed link to it:      direct; the link is the session
///
/// * The marker of a router id is a hint that a transit node could clear; what was met is certain,
///   so it is remembered over restarts.
/// * What arrives unauthenticated (an unknown index, a changed boot random) brings at most one
///   handshake a second for each /64 and changes nothing else: sessions stay in use until another
///   one is confirmed.
/// * Keys and sessions are those of the ``HandshakeEngine`` inside; rates of initiations and the
///   sessions' ages are its matter too.
package struct EndToEndEngine<
    Crypto: SessionCryptography & ~Copyable,
    Random: RandomNumberGenerator
>: ~Copyable {
    var handshakes: HandshakeEngine<Crypto, Random>
    var configuration: EndToEndConfiguration
    let publicKey: PublicKey
    let ownSubnet: UInt64
    /// Jitter only.
    var random: SplitMix64
    /// Seconds since 1970 at an instant.
    var wallClock: (unixSeconds: UInt64, at: Instant)

    var peers: [UInt64: EndToEndPeer] = [:]
    /// Peers to which this host has sent nothing.
    var strangerCount = 0
    var sessions: [SessionIndex: EndToEndSession] = [:]
    var attempts: [AttemptID: UInt64] = [:]
    var nextAttempt: UInt64 = 1
    var met = MetMemory()
    var reachable: [UInt64: ReachableSubnet] = [:]
    var timers = DeadlineHeap<UInt64>()
    /// Where this node may be reached directly, ``SessionControl/candidatesMax`` at most.
    var ownCandidates: [SocketAddress] = []

    var unaskedBudget = TokenBucket(
        perSecond: Limits.unaskedAttemptsPerSecond,
        burst: Limits.unaskedAttemptsBurst
    )
    var keyEvents = TokenBucket(
        perSecond: Limits.keyEventsPerSecond,
        burst: Limits.keyEventsBurst
    )
    var reportedAt = [Instant?](repeating: nil, count: EndToEndCeiling.allCases.count)
    var outputs = OutputQueue<EndToEndOutput>()
    /// Events since the start.
    package internal(set) var counters = EndToEndCounters()

    /// - Parameters:
    ///   - configuration: What this node says of itself and asks of others.
    ///   - crypto: The identity key and the network key, and what is done with them.
    ///   - random: Draws indices and jitter; unpredictable in earnest.
    ///   - wallClock: The wall clock at `now`, true or not.
    ///   - persisted: The last ``EndToEndOutput/timestamp(_:)`` of earlier lives of this node.
    ///   - now: The present.
    package init(
        configuration: EndToEndConfiguration,
        crypto: consuming Crypto,
        random: Random,
        wallClock: TAI64N,
        persisted: TAI64N?,
        now: Instant
    ) {
        self.configuration = configuration
        publicKey = crypto.publicKey
        ownSubnet = IPv6Address(derivedFrom: crypto.publicKey).high
        var random = random
        self.random = SplitMix64(seed: random.next())
        self.wallClock = (wallClock.unixSeconds, now)
        handshakes = HandshakeEngine(
            configuration: configuration.handshake,
            crypto: crypto,
            random: random,
            wallClock: wallClock,
            persisted: persisted,
            now: now
        )
    }
}

extension EndToEndEngine where Crypto: ~Copyable {
    // MARK: - Inputs

    /// Takes one input; total in every state, unknown names are ignored.
    package mutating func handle(_ input: EndToEndInput, now: Instant) {
        invariant(outputs.isEmpty, "drain outputs before the next input")
        switch input {
        case .wanted(let address, let key, let isMarked):
            wanted(address, key: key, isMarked: isMarked, now: now)
        case .message(let type, let content, let address, let key):
            receive(type, content, from: address, key: key, now: now)
        case .confirmed(let index): tellHandshakes(.confirmed(index), now: now)
        case .worn(let index): tellHandshakes(.worn(index), now: now)
        case .failing(let index): tellHandshakes(.failing(index), now: now)
        case .unknownIndex(let address): unknownIndex(from: address, now: now)
        case .activity(let activity, let counts): note(activity, counts, now: now)
        case .control(let index, let content): control(index, content, now: now)
        case .reachable(let prefix, let routerID, let pathMTU):
            isReachable(prefix, routerID, pathMTU: pathMTU, now: now)
        case .unreachable(let prefix):
            if prefix.length == 64 { reachable[prefix.address.high] = nil }
        case .linkSession(let key, let isUp): setDirect(key, isUp: isUp, now: now)
        case .remember(let nodes): remember(nodes, now: now)
        case .forget(let address): forget(address, now: now)
        case .endpoints(let endpoints): setEndpoints(endpoints, now: now)
        case .configure(let configuration): configure(configuration, now: now)
        case .wallClock(let clock):
            wallClock = (clock.unixSeconds, now)
            tellHandshakes(.wallClock(clock), now: now)
        case .taken(let index): tellHandshakes(.taken(index), now: now)
        case .free(let index): tellHandshakes(.free(index), now: now)
        case .timer: runTimers(now: now)
        }
    }

    // MARK: - Outputs

    /// The next thing to do; called until `nil` after every input.
    package mutating func nextOutput() -> EndToEndOutput? { outputs.popFirst() }

    // MARK: - Timer

    /// When ``EndToEndInput/timer`` is due.
    package func nextDeadline() -> Deadline? {
        let own = timers.first.map { Deadline($0.instant, "end-to-end session") }
        return Deadline.earlier(own, handshakes.nextDeadline())
    }

    // MARK: - Private

    private mutating func configure(_ new: EndToEndConfiguration, now: Instant) {
        configuration = new
        tellHandshakes(.configure(new.handshake), now: now)
        for subnet in peers.keys.sorted() { tell(subnet) }
    }

    private mutating func runTimers(now: Instant) {
        tellHandshakes(.timer, now: now)
        while let (subnet, instant) = timers.first, instant <= now {
            timers.remove(subnet)
            peerDue(subnet, now: now)
        }
    }

    private mutating func remember(_ nodes: [MetNode], now: Instant) {
        for node in nodes {
            let subnet = IPv6Address(derivedFrom: node.key).high
            keep(node, subnet, now: now)
            if peers[subnet] != nil {
                tell(subnet)
            } else if met[subnet] != nil {
                outputs.append(.policy(prefix(subnet), Self.metPolicy))
            }
        }
    }

    /// Puts a node into the memory; whoever gives way to it may use base bodies again.
    mutating func keep(_ node: MetNode, _ subnet: UInt64, now: Instant) {
        guard let evicted = met.insert(node, subnet, now: now) else { return }
        counters.metEvicted &+= 1
        outputs.append(.persist(.forget(evicted.key)))
        report(.met, now: now)
        let other = IPv6Address(derivedFrom: evicted.key).high
        if peers[other] != nil { tell(other) } else { outputs.append(.policy(prefix(other), nil)) }
    }

    /// Hands something to the handshake engine and does what it says.
    mutating func tellHandshakes(_ input: HandshakeInput, now: Instant) {
        handshakes.handle(input, now: now)
        // Taken out first: what is done with one may be the next input.
        var said: [HandshakeOutput] = []
        while let output = handshakes.nextOutput() { said.append(output) }
        for output in said { act(on: output, now: now) }
    }

    private mutating func act(on output: HandshakeOutput, now: Instant) {
        switch output {
        case .send: break  // Frames of links; no path of ours leads there.
        case .sendMessage(let type, let content, let address):
            outputs.append(.sendMessage(type, content, to: address))
        case .install(let session): install(session, now: now)
        case .use(let index): use(index, now: now)
        case .remove(let index): removed(index, now: now)
        case .attemptFailed(let id, let failure): attemptFailed(id, failure, now: now)
        case .timestamp(let timestamp): outputs.append(.timestamp(timestamp))
        case .event(let event): outputs.append(.event(.handshake(event)))
        }
    }

    /// Says once a minute that a table is full.
    mutating func report(_ ceiling: EndToEndCeiling, now: Instant) {
        if let last = reportedAt[ceiling.rawValue],
            now.elapsed(since: last) < EndToEndTimes.report
        {
            return
        }
        reportedAt[ceiling.rawValue] = now
        outputs.append(.event(.ceiling(ceiling)))
    }

    func prefix(_ subnet: UInt64) -> Prefix {
        Prefix(subnetOf: IPv6Address(high: subnet, low: 0))
    }
}

extension TAI64N {
    /// Seconds since 1970, 0 for a time before.
    fileprivate var unixSeconds: UInt64 { seconds - min(seconds, Self.unixEpochSeconds) }
}
