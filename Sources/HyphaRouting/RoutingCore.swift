// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaWire

/// Babel (RFC 8966) with the deviations of the base protocol (section 5), as one pure machine.
///
/// Loop freedom rests on one invariant: the selected route of a source always has a newer seqno
/// than the feasibility distance, or the same one and a lower metric, and the distance is what was
/// *sent* at best. Nothing that is deferred, paced or refused touches it.
///
/// State is split by the RFC's nouns: neighbours, routes, sources, pending seqno requests; queries
/// are the base's addition. Every table has a ceiling in ``Limits``.
///
/// Not generic, so that the compiler sees all of it at once: a generic engine that is used from
/// another module is not specialised, which made a simulation three times slower.
struct RoutingCore: ~Copyable {
    let identity: RouterID
    /// The one prefix this node announces.
    let ownSubnet: Prefix
    let configuration: RoutingConfiguration
    /// Jitter; seeded from the random source of the engine.
    var random: SplitMix64
    var neighbours = NeighbourTable()
    var routes: RouteTable
    var sources: SourceTable
    var queries: QueryTable
    var refreshes: RefreshTable
    var requests: RequestTable
    var outgoing = OutgoingUpdates()
    /// When a prefix may be reached through another source than before.
    var sourceHolds = TimerHeap<PrefixEntry>()
    var own: OwnAnnouncement
    var hostSearches = TokenBucket(
        perSecond: Limits.hostSearchesPerSecond,
        burst: Limits.hostSearchesBurst
    )
    /// When the next slice of each full dump is due.
    var dumps = TimerHeap<Neighbour>()
    /// Neighbours whose changed cost all others are still to be told of.
    var costNews = TimerHeap<Neighbour>()
    /// When each ceiling may be reported again.
    var ceilingEventsAt = [Instant](
        repeating: .zero,
        count: RoutingEvent.Ceiling.allCases.count
    )
    var outputs = OutputQueue()
    /// What was done and refused so far.
    var counters = RoutingCounters()

    /// The own subnet's seqno and when it is announced.
    struct OwnAnnouncement {
        var seqno = Seqno(0)
        var announceAt: Instant
        /// The last bump, at first the start of the node.
        var bumpedAt: Instant
        /// A bump that was asked for too early is made up for at this time.
        var bumpAt: Instant?
    }

    /// - Parameters:
    ///   - configuration: Ceilings.
    ///   - identity: Own router id, its random part drawn anew for each start.
    ///   - hashKey: Secret against chosen collisions.
    ///   - seed: Seed of all jitter.
    ///   - now: The start of the node.
    init(
        configuration: RoutingConfiguration,
        identity: RouterID,
        hashKey: UInt64,
        seed: UInt64,
        now: Instant
    ) {
        self.configuration = configuration
        self.identity = identity
        random = SplitMix64(seed: seed)
        ownSubnet = Prefix(subnetOf: IPv6Address(derivedFrom: identity.publicKey))
        routes = RouteTable(key: hashKey)
        sources = SourceTable(max: configuration.sourcesMax)
        queries = QueryTable(max: configuration.queriesMax)
        refreshes = RefreshTable(max: configuration.refreshesMax)
        requests = RequestTable(max: configuration.seqnoRequestsMax)
        own = OwnAnnouncement(announceAt: now, bumpedAt: now)
        scheduleOwnAnnouncement(now: now)
    }

    // MARK: - Inputs

    /// Handles one input; outputs are to be drained before the next.
    mutating func handle(_ input: RoutingInput, now: Instant) {
        invariant(outputs.isEmpty, "drain outputs before the next input")
        runTimers(now: now)
        switch input {
        case .linkUp(let link, let cost, let isConfigured, let isExtended):
            let neighbour = Neighbour(
                link: link,
                cost: cost,
                isConfigured: isConfigured,
                isExtended: isExtended
            )
            linkUp(neighbour, now: now)
        case .linkDown(let link):
            withNeighbour(link) { engine, neighbour in engine.linkDown(neighbour, now: now) }
        case .linkCost(let link, let cost):
            withNeighbour(link) { engine, neighbour in
                engine.setCost(of: neighbour, cost, now: now)
            }
        case .linkPathMTU(let link, let pathMTU):
            withNeighbour(link) { engine, neighbour in
                engine.setPathMTU(of: neighbour, pathMTU, now: now)
            }
        case .update(let update, let link):
            withNeighbour(link) { engine, neighbour in
                engine.receive(update, from: neighbour, now: now)
            }
        case .routeRequest(let request, let link):
            withNeighbour(link) { engine, neighbour in
                engine.receive(request, from: neighbour, now: now)
            }
        case .seqnoRequest(let request, let link):
            withNeighbour(link) { engine, neighbour in
                engine.receive(request, from: neighbour, now: now)
            }
        case .search(let prefix, let cause):
            search(prefix, cause: cause, now: now)
        case .refresh(let prefix):
            refresh(prefix, now: now)
        case .requestDump(let link):
            withNeighbour(link) { engine, neighbour in
                engine.transmit(RouteRequest(generation: 0, prefix: .wildcard), to: neighbour)
            }
        case .timer:
            break
        }
    }

    // MARK: - Outputs

    /// The next thing to do, `nil` when all is done.
    mutating func nextOutput() -> RoutingOutput? { outputs.popFirst() }

    // MARK: - Timer

    /// When ``RoutingInput/timer`` is wanted next.
    func nextDeadline() -> Deadline? {
        var earliest = Deadline(own.announceAt, "own update")
        func consider(_ instant: Instant?, _ reason: Deadline.StaticReason) {
            guard let instant, instant < earliest.instant else { return }
            earliest = Deadline(instant, reason)
        }
        consider(own.bumpAt, "own seqno bump")
        consider(routes.nextExpiry, "route expiry")
        consider(sources.nextExpiry, "source expiry")
        consider(queries.nextDeadline, "route search")
        consider(refreshes.nextDeadline, "route refresh")
        consider(requests.nextDeadline, "seqno request")
        consider(outgoing.nextDeadline, "deferred update")
        consider(sourceHolds.firstInstant, "restarted source")
        consider(dumps.firstInstant, "full dump")
        consider(costNews.firstInstant, "changed link cost")
        return earliest
    }

    private mutating func withNeighbour(
        _ link: LinkID,
        _ body: (inout RoutingCore, NeighbourID) -> Void
    ) {
        let neighbour = neighbours.find(link)
        guard neighbour.exists else {
            // Control packets may still be on their way up when a link has gone.
            counters.inputsFromUnknownLinks += 1
            return
        }
        body(&self, neighbour)
    }
}
