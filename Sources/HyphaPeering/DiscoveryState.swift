// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// One interface that discovery uses.
struct DiscoveryInterface {
    let index: UInt32
    /// When our own beacon went out last.
    var beaconAt: Instant?
    var beacons = TokenBucket(perSecond: Limits.beaconsPerSecond, burst: Limits.beaconsBurst)
    var additions = TokenBucket(
        perSecond: Limits.discoveriesPerSecond,
        burst: Limits.discoveriesBurst
    )
}

/// What discovery keeps beside the peers.
struct DiscoveryState {
    /// Ascending by index.
    var interfaces: [DiscoveryInterface] = []
    /// When all interfaces get a beacon.
    var nextBeaconAt: Instant?
    /// For beacons out of turn.
    var extras = TokenBucket(perSecond: 1, burst: Limits.extraBeaconsBurst)

    func index(of scope: UInt32) -> Int? { interfaces.firstIndex { $0.index == scope } }
}
