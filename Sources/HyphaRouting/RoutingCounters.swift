// SPDX-License-Identifier: Apache-2.0

/// What the routing engine has done, and refused, since its start.
package struct RoutingCounters: Hashable, Sendable {
    /// Updates received, used or not.
    package var updatesReceived: UInt64 = 0
    /// Updates about something other than an IPv6 prefix of /64 or longer in 400::/7.
    package var updatesRefusedPrefix: UInt64 = 0
    /// Updates about our own subnet.
    package var updatesRefusedOwnSubnet: UInt64 = 0
    /// Finite Updates whose prefix does not contain the address of the originator's key.
    package var updatesRefusedOwnership: UInt64 = 0
    /// Updates that might have led into a loop.
    package var updatesInfeasible: UInt64 = 0
    /// New prefixes beyond the rate of their neighbour.
    package var prefixesRefusedRate: UInt64 = 0
    /// Routes refused because the table, or the part the neighbour may use, is full.
    package var routesRefusedCeiling: UInt64 = 0
    /// New prefixes refused because their neighbour is the only way to half the table.
    package var routesRefusedNeighbourShare: UInt64 = 0
    /// Routes refused because the source table is full.
    package var routesRefusedSources: UInt64 = 0
    /// Prefixes whose routes made room for others.
    package var prefixesEvicted: UInt64 = 0
    /// Feasibility distances forgotten early to make room.
    package var sourcesEvicted: UInt64 = 0
    /// Updates sent, of any kind.
    package var updatesSent: UInt64 = 0
    /// Retractions among them.
    package var retractionsSent: UInt64 = 0
    /// Updates to all that had to wait.
    package var updatesDeferred: UInt64 = 0
    /// Changes that went along with an Update already waiting.
    package var updatesCoalesced: UInt64 = 0
    /// Route requests received, wildcards included.
    package var routeRequestsReceived: UInt64 = 0
    /// Those for IPv4, for a prefix shorter than /64, outside 400::/7, or longer and unknown.
    package var routeRequestsRefusedPrefix: UInt64 = 0
    /// Those for a prefix already queried.
    package var routeRequestsDuplicate: UInt64 = 0
    /// Those that have travelled too far.
    package var routeRequestsExhausted: UInt64 = 0
    /// Those passed on.
    package var routeRequestsForwarded: UInt64 = 0
    /// Those not passed on because of the asker's rate.
    package var routeRequestsRefusedRate: UInt64 = 0
    /// Those not passed on because the query table is full.
    package var routeRequestsRefusedCeiling: UInt64 = 0
    /// Requests of any kind not answered because of the asker's rate.
    package var answersRefusedRate: UInt64 = 0
    /// Route requests sent, of any origin.
    package var routeRequestsSent: UInt64 = 0
    /// Searches begun for a packet.
    package var searchesStarted: UInt64 = 0
    /// Searches that found nothing in time.
    package var searchesFailed: UInt64 = 0
    /// Searches refused because of the rate of their cause.
    package var searchesRefusedRate: UInt64 = 0
    /// Searches refused because the query table is full.
    package var searchesRefusedCeiling: UInt64 = 0
    /// Refreshes not done because their table is full.
    package var refreshesRefusedCeiling: UInt64 = 0
    /// Full dumps begun.
    package var dumpsStarted: UInt64 = 0
    /// Wildcard requests that had to wait for their turn.
    package var dumpsDeferred: UInt64 = 0
    /// Seqno requests received.
    package var seqnoRequestsReceived: UInt64 = 0
    /// Those that could be answered from the table.
    package var seqnoRequestsAnswered: UInt64 = 0
    /// Those already under way.
    package var seqnoRequestsDuplicate: UInt64 = 0
    /// Those passed on.
    package var seqnoRequestsForwarded: UInt64 = 0
    /// Those dropped: no way on, hop count used up, or a prefix that cannot be.
    package var seqnoRequestsDropped: UInt64 = 0
    /// Those not passed on because of the asker's rate.
    package var seqnoRequestsRefusedRate: UInt64 = 0
    /// Requests, ours or others', not remembered because the table is full.
    package var seqnoRequestsRefusedCeiling: UInt64 = 0
    /// Requests forgotten early to make room for one of our own.
    package var seqnoRequestsEvicted: UInt64 = 0
    /// Own seqno requests sent, retries included.
    package var seqnoRequestsSent: UInt64 = 0
    /// Own seqno requests not sent because of the neighbour's rate.
    package var seqnoRequestsHeldBack: UInt64 = 0
    /// Times the own seqno was bumped.
    package var ownSeqnoBumps: UInt64 = 0
    /// Links refused because there are too many neighbours.
    package var neighboursRefused: UInt64 = 0
    /// Inputs about links that are not up.
    package var inputsFromUnknownLinks: UInt64 = 0

    package init() {}
}
