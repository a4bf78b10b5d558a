// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// When a session between two nodes was used, for the control plane.
struct SessionTraffic {
    /// Something happened since the control plane was told last.
    var isTouched = false
    var sentAt: Instant?
    var sentDataAt: Instant?
    var heardAt: Instant?
    var heardDataAt: Instant?
    var receivedPackets: UInt64 = 0
    var replayed: UInt64 = 0
}

/// When each subnet was asked for last, so that it is once a second only.
///
/// One cell for many subnets: a forgotten time costs the control plane one more question.
struct WantedTimes {
    private var subnets = [UInt64](repeating: 0, count: Limits.wantedTimesMax)
    private var times = [Instant](repeating: .zero, count: Limits.wantedTimesMax)

    /// Whether a subnet may be asked for; notes that it is.
    mutating func take(_ subnet: UInt64, now: Instant) -> Bool {
        let mixed = (subnet &* 0x9e37_79b9_7f4a_7c15) &>> 48
        let cell = Int(truncatingIfNeeded: mixed) & (Limits.wantedTimesMax - 1)
        if subnets[cell] == subnet, now.elapsed(since: times[cell]) < .seconds(1) { return false }
        subnets[cell] = subnet
        times[cell] = now
        return true
    }
}
