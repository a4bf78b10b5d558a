// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// The UDP side of a link.
struct DatagramState {
    var carrier: CarrierState
    var isEstablished = false
    var roaming: RoamingChallenge
    var mtu: PathMTUProbe
    var isBehindNAT = false
    var reflexive: SocketAddress?
    /// Bytes sent and received since `windowAt`, and what followed from the window before.
    var windowAt: Instant
    var windowSent: UInt64 = 0
    var windowReceived: UInt64 = 0
    var totalSent: UInt64?
    var totalReceived: UInt64 = 0
    var isBusy = false
    var isFlowing = false
    /// Whether anything but frames of the link itself goes.
    var data: DataMeter

    init(endpoint: SocketAddress, ceiling: Int, now: Instant) {
        carrier = CarrierState(.datagram, now: now)
        roaming = RoamingChallenge(endpoint: endpoint)
        mtu = PathMTUProbe(ceiling: ceiling, now: now)
        windowAt = now
        data = DataMeter(now: now)
    }
}
