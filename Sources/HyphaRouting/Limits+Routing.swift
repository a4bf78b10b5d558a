// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

extension Limits {
    /// Routes of all prefixes and neighbours.
    ///
    /// At the limit a solicited prefix takes the place of
    /// the unsolicited one idle for longest; anything else is refused and counted.
    package static let routesMax = 200_000
    /// Unsolicited routes of neighbours that are not configured may fill this many quarters of the
    /// route table; beyond that they only replace what was idle for ``routeIdleMin``.
    package static let unsolicitedRoutesQuarters = 3
    /// Part of the route table in which one neighbour may be the only way to a prefix: one half.
    ///
    /// Further prefixes from it are refused and counted.
    package static let soleRoutesDivisor = 2
    /// What nobody asked for or used for this long may be evicted by any newcomer.
    package static let routeIdleMin = Duration.seconds(180)
    /// Sources: router ids of prefixes, with a route or with a remembered feasibility distance.
    ///
    /// At the limit the distance without a route remembered longest is forgotten; when
    /// there is none the new route is refused and counted.
    package static let sourcesMax = 262_144

    /// New prefixes that nobody asked for, accepted from one neighbour at once and per second;
    /// further ones are dropped and counted (whoever needs them asks).
    package static let newPrefixesBurst = 2048
    package static let newPrefixesPerSecond = 128

    /// Updates to all neighbours caused by one neighbour, at once and per second; further ones are
    /// sent later, with the state of then.
    package static let triggeredUpdatesBurst = 512
    package static let triggeredUpdatesPerSecond = 200
    /// Updates to all neighbours about one prefix, at once and per second; further ones are sent
    /// later, with the state of then.
    package static let prefixUpdatesBurst = 8
    package static let prefixUpdatesPerSecond = 4

    /// Prefixes being searched for.
    ///
    /// A quarter is kept for searches of this host; at the limit a
    /// search fails at once, a neighbour's request is dropped, and both are counted.
    package static let queriesMax = 8192
    /// Pending searches repeated to a new link; the others are left out.
    package static let replayedSearchesMax = 512
    /// Routes being refreshed; further ones are left to expire, and counted.
    package static let refreshesMax = 8192
    /// Route requests of one neighbour passed on at once and per second; others are dropped and
    /// counted.
    package static let forwardedRequestsBurst = 128
    package static let forwardedRequestsPerSecond = 64
    /// Searches caused by packets from one link, at once and per second; others fail at once and
    /// are counted.
    package static let linkSearchesBurst = 128
    package static let linkSearchesPerSecond = 64
    /// Searches for this host, at once and per second; others fail at once and are counted.
    package static let hostSearchesBurst = 1024
    package static let hostSearchesPerSecond = 256
    /// Requests of one neighbour answered with an Update to it alone, at once and per second; others
    /// are dropped and counted.
    package static let answersBurst = 512
    package static let answersPerSecond = 256

    /// Seqno requests remembered.
    ///
    /// At the limit one of our own takes the place of the oldest that is
    /// only passed on; a neighbour's is dropped; both are counted.
    package static let seqnoRequestsMax = 4096
    /// Neighbours remembered as waiting for the answer to one seqno request; further ones get the
    /// answer only if everybody does.
    package static let interestedMax = 16
    /// Neighbours one seqno request of ours is sent to within its lifetime; the others are left out.
    package static let askedMax = 32
    /// Seqno requests of one neighbour passed on at once and per second; others are dropped and
    /// counted.
    package static let forwardedSeqnoRequestsBurst = 64
    package static let forwardedSeqnoRequestsPerSecond = 32
    /// Seqno requests of our own to one neighbour, at once and per second; others wait for the next
    /// attempt, if there is one.
    package static let ownSeqnoRequestsBurst = 128
    package static let ownSeqnoRequestsPerSecond = 64

    /// Places of the prefix table looked at in one slice of a full dump, and the pause after it.
    package static let dumpSlice = 512
    package static let dumpPause = Duration.milliseconds(50)
    /// Time from the end of a full dump to the next one for the same neighbour; requests in between
    /// are answered by that next one.
    package static let dumpSpacing = Duration.seconds(2)
    /// Routes handled by one timer input when they expire together; the rest follow at once in the
    /// next one, so that other inputs get their turn.
    package static let expiriesPerTimer = 4096
    /// Ceilings are reported as events at most once in this time each.
    package static let ceilingEventSpacing = Duration.seconds(60)
}
