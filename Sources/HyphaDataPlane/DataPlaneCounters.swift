// SPDX-License-Identifier: Apache-2.0
package import HyphaForwarding

/// Totals of a data plane since its start.
package struct DataPlaneCounters: Sendable {
    /// Packets read from TUN (a segmentation-offload packet is one) and their bytes.
    package var tunReceivedPackets: UInt64 = 0
    package var tunReceivedBytes: UInt64 = 0
    /// Packets written to TUN (a coalesced packet is one) and their bytes.
    package var tunSentPackets: UInt64 = 0
    package var tunSentBytes: UInt64 = 0
    /// Data packets sealed here.
    package var sealedPackets: UInt64 = 0
    /// Data packets opened here.
    package var openedPackets: UInt64 = 0
    /// Data packets passed on for others.
    package var transitPackets: UInt64 = 0
    package var transitBytes: UInt64 = 0
    /// Packets that had to wait for a route, and those of them sent or delivered later.
    package var heldPackets: UInt64 = 0
    package var releasedPackets: UInt64 = 0
    /// Out-of-band reports sent and ICMPv6 errors given to this host.
    package var reportsSent: UInt64 = 0
    package var hostErrors: UInt64 = 0
    /// Packets and frames handed to another worker.
    package var handedOver: UInt64 = 0
    /// Packets dropped, by reason.
    package var drops = DropCounters()

    package init() {}

    /// Adds the counts of another worker.
    package mutating func add(_ other: DataPlaneCounters) {
        tunReceivedPackets &+= other.tunReceivedPackets
        tunReceivedBytes &+= other.tunReceivedBytes
        tunSentPackets &+= other.tunSentPackets
        tunSentBytes &+= other.tunSentBytes
        sealedPackets &+= other.sealedPackets
        openedPackets &+= other.openedPackets
        transitPackets &+= other.transitPackets
        transitBytes &+= other.transitBytes
        heldPackets &+= other.heldPackets
        releasedPackets &+= other.releasedPackets
        reportsSent &+= other.reportsSent
        hostErrors &+= other.hostErrors
        handedOver &+= other.handedOver
        drops.add(other.drops)
    }
}
