// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// The routing engine: Babel (RFC 8966) with the deviations of the base protocol (section 5).
///
/// Inputs go in by ``handle(_:now:)``, then outputs are drained until there are none, then the
/// driver waits until ``nextDeadline()``.
package struct RoutingEngine<Random: RandomNumberGenerator>: ~Copyable {
    private var core: RoutingCore

    /// - Parameters:
    ///   - configuration: Ceilings.
    ///   - identity: Own router id, its random part drawn anew for each start.
    ///   - random: Source of the seeds of jitter and of the key of the prefix hash.
    ///   - now: The start of the node.
    package init(
        configuration: RoutingConfiguration,
        identity: RouterID,
        random: Random,
        now: Instant
    ) {
        var random = random
        core = RoutingCore(
            configuration: configuration,
            identity: identity,
            hashKey: random.next(),
            seed: random.next(),
            now: now
        )
    }

    // MARK: - Inputs

    /// Handles one input; outputs are to be drained before the next.
    package mutating func handle(_ input: RoutingInput, now: Instant) {
        core.handle(input, now: now)
    }

    // MARK: - Outputs

    /// The next thing to do, `nil` when all is done.
    package mutating func nextOutput() -> RoutingOutput? { core.nextOutput() }

    // MARK: - Timer

    /// When ``RoutingInput/timer`` is wanted next.
    package func nextDeadline() -> Deadline? { core.nextDeadline() }

    // MARK: - Getters

    /// The one prefix this node announces.
    package var ownSubnet: Prefix { core.ownSubnet }
    /// Own seqno.
    package var ownSeqno: Seqno { core.own.seqno }
    /// What was done and refused so far.
    package var counters: RoutingCounters { core.counters }
    /// Routes of all prefixes and neighbours.
    package var routeCount: Int { core.routes.routeCount }
    /// Sources, with routes or remembered.
    package var sourceCount: Int { core.sources.count }
    /// Prefixes being searched for, or found less than 15 s ago.
    package var queryCount: Int { core.queries.count }
    /// Seqno requests remembered.
    package var seqnoRequestCount: Int { core.requests.count }
    /// Updates to all neighbours that wait for their turn.
    package var deferredUpdateCount: Int { core.outgoing.count }
    /// Links that are up.
    package var neighbourCount: Int { core.neighbours.count }

    /// What the packet path was told about exactly this prefix, `nil` when nothing is known.
    package func routeState(of prefix: Prefix) -> RouteState? { core.routeState(of: prefix) }

    /// Selected routes, by prefix.
    package func selectedRoutes(now: Instant) -> [RouteSnapshot] {
        core.snapshots(now: now).filter(\.isSelected)
    }

    /// Routes that are not selected, by prefix and total metric.
    package func fallbackRoutes(now: Instant) -> [RouteSnapshot] {
        core.snapshots(now: now).filter { !$0.isSelected }
    }

    /// Prefixes being searched for, by prefix.
    package func queriedPrefixes(now: Instant) -> [QuerySnapshot] { core.querySnapshots(now: now) }
}
