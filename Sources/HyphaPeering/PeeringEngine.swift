// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// Which connections this node wants: static peers, discovery, dial schedule, inbound admission
/// (base sections 2.3 and 2.9).
///
/// * A static peer is dialled for ever by its own entry, whatever other links to the same node
///   exist; one dial a peer is in flight. See ``RedialSchedule``.
/// * A discovered peer is dialled unless a link to that node lives, and forgotten after three
///   failures in a row; a later beacon adds it anew.
/// * Inbound links have ceilings in all, by address and by /64. Where places are scarce, links
///   that never said who they are give way. A quarter of all slots is kept for static peers.
/// * A node with much traffic in sessions is linked to directly, if it can be
///   (`PeeringEngine+DirectLinks.swift`).
/// * Parallel links to one node are tolerated: each is a neighbour of its own, and closing one
///   that the other side uses would cut it off (base section 8 item 17).
///
/// Who is on a link is the neighbour's claim: base links prove nothing.
package struct PeeringEngine<Random: RandomNumberGenerator>: ~Copyable {
    let configuration: PeeringConfiguration
    let identity: RouterID
    var random: Random
    var outputs = OutputQueue<PeeringOutput>()

    /// In the order in which they were added, at most
    /// ``Limits/staticPeersMax`` + ``Limits/discoveredPeersMax`` + ``Limits/directLinksMax``.
    var peers: [Peer] = []
    var links = LinkTable<PeeringLink>()
    /// Inbound links without an identity, oldest first.
    var unidentified: [LinkID] = []
    var interfaces: [NetworkInterfaceDescription] = []
    var discovery = DiscoveryState()
    var prober = DirectLinkProber()
    var isStarted = false
    var dialCount: UInt64 = 0
    var redialCuts = TokenBucket(
        perSecond: Limits.redialCutsPerSecond,
        burst: Limits.redialCutsBurst
    )
    /// A network change waits for a token.
    var redialCutAt: Instant?
    /// By ``PeeringCeiling`` number: when an event about it may come again.
    var quietUntil = [Instant](
        repeating: Instant(nanoseconds: .min),
        count: PeeringCeiling.allCases.count
    )
    /// Events since the start.
    package internal(set) var counters = PeeringCounters()
    /// When ``PeeringEvent/ownKeyElsewhere(_:)`` may come again.
    var ownKeyQuietUntil = Instant(nanoseconds: .min)
    private var deadline: Deadline?

    /// - Parameters:
    ///   - configuration: Static peers beyond the ceiling are left out and counted.
    ///   - identity: Announced in beacons, and how we know ourselves.
    ///   - random: Draws the jitter of dials and beacons.
    ///   - now: The present instant.
    package init(
        configuration: PeeringConfiguration,
        identity: RouterID,
        random: Random,
        now: Instant
    ) {
        self.configuration = configuration
        self.identity = identity
        self.random = random
        for endpoint in configuration.staticPeers { add(endpoint, now: now) }
        outputs.removeAll()
    }

    // MARK: - Inputs

    /// Takes one input; total in every state.
    package mutating func handle(_ input: PeeringInput, now: Instant) {
        invariant(outputs.isEmpty, "drain outputs before the next input")
        switch input {
        case .start: start(now: now)
        case .linkUp(let link, let description): linkUp(link, description, now: now)
        case .linkDown(let link): linkDown(link, now: now)
        case .linkIdentified(let link, let routerID): identify(link, routerID, now: now)
        case .linkAuthenticated(let link, let key): authenticate(link, key)
        case .foundUs(let link, let remote): adopt(link, from: remote, now: now)
        case .sessionUsed(let use): note(use, now: now)
        case .directLinksUsed(let uses): noteDirectUse(uses, now: now)
        case .dialJoined(let dial, let link): join(dial, link, now: now)
        case .linkMerged(let old, let new): merge(old, into: new)
        case .dialFailed(let dial, let failure):
            if let index = peerIndex(dialling: dial) {
                counters.dialsFailed &+= 1
                if failure == .ourselves {
                    meetOurselves(index, now: now)
                } else {
                    fail(index, .dial(failure), now: now)
                }
            }
        case .beacon(let beacon, let source): hear(beacon, from: source, now: now)
        case .interfaces(let list): updateInterfaces(list, now: now)
        case .addPeer(let endpoint): add(endpoint, now: now)
        case .removePeer(let endpoint): remove(endpoint)
        case .timer: break
        }
        if isStarted { runDue(now: now) }
        deadline = earliestDeadline()
    }

    // MARK: - Outputs

    /// The next thing to do; called until `nil` after every input.
    package mutating func nextOutput() -> PeeringOutput? { outputs.popFirst() }

    // MARK: - Timer

    /// When ``PeeringInput/timer`` is due.
    package func nextDeadline() -> Deadline? { deadline }

    // MARK: - Getters

    /// Every peer that is dialled or linked to directly, in order of addition.
    package func peerSnapshots() -> [PeerSnapshot] { peers.map(PeerSnapshot.init) }

    /// The peer whose dial led to this link, `nil` for an inbound or unknown one.
    package func peer(of link: LinkID) -> PeerAddress? { links[link]?.peer }

    /// The key that the neighbour claimed, `nil` before it did.
    package func publicKey(of link: LinkID) -> PublicKey? { links[link]?.publicKey }

    // MARK: - Private

    private mutating func start(now: Instant) {
        guard !isStarted else { return }
        isStarted = true
        discovery.nextBeaconAt = now
        for index in peers.indices {
            peers[index].schedule = RedialSchedule(now: now)
            peers[index].state = .waiting(until: now)
        }
    }

    /// Everything whose time has come, also right after the input that set the time to now.
    private mutating func runDue(now: Instant) {
        closeUnidentified(now: now)
        runRedialCut(now: now)
        runDials(now: now)
        sendDueBeacons(now: now)
    }

    private func earliestDeadline() -> Deadline? {
        guard isStarted else { return nil }
        var earliest = nextBeaconDeadline()
        if let redialCutAt {
            earliest = Deadline.earlier(earliest, Deadline(redialCutAt, "redial after change"))
        }
        if let expiry = nextUnidentifiedExpiry() {
            earliest = Deadline.earlier(earliest, Deadline(expiry, "link identification"))
        }
        for peer in peers {
            switch peer.state {
            case .waiting(let until):
                earliest = Deadline.earlier(earliest, Deadline(until, "dial"))
            case .dialling(_, let since):
                let limit = since + PeeringTimes.dialGuard
                earliest = Deadline.earlier(earliest, Deadline(limit, "dial guard"))
            case .connected:
                guard peer.isOwner else { continue }
                let look = min(peer.usedAt + PeeringTimes.directIdle, peer.reviewAt)
                earliest = Deadline.earlier(earliest, Deadline(look, "use of a direct link"))
            }
        }
        return earliest
    }

    /// Emits an event about `ceiling` unless one came within the last minute.
    mutating func report(_ ceiling: PeeringCeiling, now: Instant) {
        guard now >= quietUntil[ceiling.rawValue] else { return }
        quietUntil[ceiling.rawValue] = now + PeeringTimes.report
        outputs.append(.event(.ceilingReached(ceiling)))
    }
}
