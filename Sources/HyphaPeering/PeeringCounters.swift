// SPDX-License-Identifier: Apache-2.0

/// Events since the start; every refusal at a ceiling is here.
package struct PeeringCounters: Hashable, Sendable {
    /// Dials begun, and those that failed.
    package var dials: UInt64 = 0
    package var dialsFailed: UInt64 = 0
    package var beaconsSent: UInt64 = 0
    package var beaconsHeard: UInt64 = 0
    /// Not link-local, not from a used interface, or our own.
    package var beaconsIgnored: UInt64 = 0
    /// Above the rate.
    package var beaconsDropped: UInt64 = 0
    /// Peers not added because of a ceiling.
    package var discoveriesRefused: UInt64 = 0
    package var staticPeersRefused: UInt64 = 0
    package var inboundRefused: UInt64 = 0
    /// Inbound links closed because they never said who they are.
    package var unidentifiedClosed: UInt64 = 0
    /// Dialled links closed, or dials not begun, because no slot was left.
    package var dialsRefused: UInt64 = 0
    /// Partners of sessions that were looked for, and at how many endpoints at most.
    package var directProbes: UInt64 = 0
    package var directEndpoints: UInt64 = 0
    /// Direct links that came of it, at either end.
    package var directLinks: UInt64 = 0
    /// Those closed because nothing went over them.
    package var directLinksIdle: UInt64 = 0
    /// Those closed because routing prefers another way.
    package var directLinksLonger: UInt64 = 0
    /// Partners not looked for, or links closed, because of a ceiling.
    package var directLinksRefused: UInt64 = 0

    package init() {}
}
