// SPDX-License-Identifier: Apache-2.0
import HyphaControl
import HyphaDataPlane
import Synchronization

extension LinkTraffic {
    /// What came over the link, as answers have it.
    var received: Traffic {
        Traffic(
            packets: receivedPackets.load(ordering: .relaxed),
            bytes: receivedBytes.load(ordering: .relaxed)
        )
    }

    /// What went over it.
    var sent: Traffic {
        Traffic(
            packets: sentPackets.load(ordering: .relaxed),
            bytes: sentBytes.load(ordering: .relaxed)
        )
    }
}
