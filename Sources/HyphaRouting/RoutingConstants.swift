// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// The numbers of the protocol (base protocol sections 5.7 and 12).
package enum RoutingConstants {
    /// Interval field of every Update sent, centiseconds.
    package static let updateIntervalCentiseconds: UInt16 = 30_000
    /// Longest time from one announcement of the own subnet to the next.
    package static let ownUpdateSpacing = Duration.seconds(300)
    /// The own announcement comes up to this much earlier, so that nodes do not fall into step.
    package static let ownUpdateJitter = Duration.seconds(20)
    /// A route lives this many tenths of the interval field of its Update.
    package static let holdTenths = 35
    /// A route lives no longer than this, whatever the interval field says: less than
    /// ``sourceLifetime``, so that a feasibility distance outlives the routes that rest on it.
    package static let holdMax = Duration.seconds(1050)
    /// A retracted or expired route is kept unreachable for this long (RFC 8966 section 3.5.4).
    package static let retractedHold = Duration.seconds(6)
    /// A search ends after this time; the same request is not passed on again within it.
    package static let searchTime = Duration.seconds(15)
    /// A used route is refreshed when it has less than this left.
    package static let refreshThreshold = Duration.seconds(15)
    /// A refresh is asked of the next hop first, and of everybody this much later.
    package static let refreshRetry = Duration.seconds(4)
    /// A search for a route that was found and lost again is repeated after this time at least.
    package static let searchSpacing = Duration.seconds(1)
    /// Generations a route request may have: 0 to one less than this.
    package static let generationsMax: UInt8 = 16
    /// Hop count of a new seqno request.
    package static let seqnoRequestHopCount: UInt8 = 64
    /// A seqno request is remembered for this long.
    package static let seqnoRequestLifetime = Duration.seconds(60)
    /// Our own request for the same seqno goes to the same neighbour once in this time, unless it
    /// is one of ``seqnoRequestRetries``.
    package static let seqnoRequestSpacing = Duration.seconds(4)
    /// A neighbour's request that it repeats is passed on again after this time, and after twice
    /// as long each time, up to 32 times as long.
    package static let seqnoForwardSpacing = Duration.milliseconds(750)
    /// When our own seqno request is repeated while it would still help, counted from the attempt
    /// before, with up to a fifth of jitter; after these once in ``seqnoRequestLifetime``.
    package static let seqnoRequestRetries: [Duration] = [
        .seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(16),
    ]
    /// The own seqno is bumped once in this time, and not within it after the start.
    package static let seqnoBumpSpacing = Duration.seconds(4)
    /// A feasibility distance is forgotten when it was not sent again for this long.
    package static let sourceLifetime = Duration.seconds(1800)
    /// A change of the advertised metric by more than this is announced at once.
    package static let largeMetricChange: UInt16 = 10
    /// A change of a link's cost is announced when it changes the advertised metric by more than
    /// this many percent (and ``largeMetricChange``).
    package static let largeCostChangePercent = 25
    /// Changed metrics are told this long, and up to the jitter more, after a link's cost changed.
    package static let costNewsDelay = Duration.seconds(4)
    package static let costNewsJitter = Duration.seconds(1)
    /// A newer seqno is asked for when that makes the metric better by more than this many percent
    /// (and ``largeMetricChange``).
    package static let worthRequestingPercent = 10
    /// Path MTU of what a base neighbour told us, and of a link to it, bytes.
    ///
    /// Some hop behind it may be base QUIC, whose link ends with an inner packet above 1342 at worst
    /// (`Docs/protocol/hypha.md` section 5).
    package static let basePathMTU: UInt16 = 1340
    /// Least path MTU, bytes: every link takes this, in parts if need be.
    package static let pathMTUMin: UInt16 = 1280
    /// Path MTU of the own subnet, bytes: this node sets no limit, only links do.
    package static let ownPathMTU: UInt16 = .max
    /// A route through another neighbour must be better by more than this.
    package static let switchMargin = Metric(10)

    /// How long a route lives after an Update (base section 5.7), at most ``holdMax``.
    ///
    /// - Parameters:
    ///   - intervalCentiseconds: The interval field; 0 is no time at all.
    ///   - isRetraction: Whether the metric is infinite.
    /// - Returns: The hold time, zero or more.
    package static func holdTime(intervalCentiseconds: UInt16, isRetraction: Bool) -> Duration {
        if isRetraction { return retractedHold }
        return min(.milliseconds(Int(intervalCentiseconds) * holdTenths), holdMax)
    }
}
