// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

extension Limits {
    /// Path MTU through a base neighbour, bytes: some hop may be base QUIC
    /// (`Docs/protocol/hypha.md` section 5).
    package static let basePathMTUBytes: UInt16 = 1340
    /// Prefixes in the forwarding table, of any state (`hypha-protocol` section 7: 200 000 routes);
    /// a further one is refused and counted, and packets to it count as unknown.
    package static let forwardingEntriesMax = 200_000
    /// Prefixes longer than /64 inside one /64; a further one is refused and counted, so that one
    /// lookup never walks more than this many and one.
    package static let forwardingLongerPrefixesMax = 8
    /// Use of a route that is about to expire asks routing for a refresh once in this time.
    package static let forwardingRefreshInterval = Duration.seconds(15)

    /// Packets held for one prefix while a route is searched; the next one is refused.
    package static let holdPacketsPerPrefixMax = 64
    /// Prefixes for which packets are held; a packet for another one is refused.
    package static let holdPrefixesMax = 4096
    /// Of these, prefixes that packets from links may bring in; the rest is the host's own.
    package static let holdPrefixesForLinksMax = holdPrefixesMax / 4 * 3
    /// Bytes held in all, bookkeeping included; a packet that does not fit is refused.
    package static let holdBytesMax = 8 << 20
    /// Of these, bytes for packets from links; the rest is the host's own.
    package static let holdBytesForLinksMax = holdBytesMax / 4 * 3
    /// Of these, bytes for packets from one link, so that no neighbour can fill the queue alone.
    package static let holdBytesPerLinkMax = holdBytesForLinksMax / 2
    /// What one held packet is charged beside its bytes.
    package static let holdOverheadBytes = 128
    /// A packet held for longer is dropped (base protocol section 4.7: a search takes 15 s).
    package static let holdDuration = Duration.seconds(15)

    /// Segments of one large packet from TUN; one with more is refused.
    ///
    /// The kernel's smallest segment of 8 bytes (`TCP_MIN_GSO_SIZE`) stays below it.
    package static let segmentsPerPacketMax = 8192
    /// Flows that grow at once in a coalescer; a further one ends the flow that began first.
    package static let coalescedFlowsMax = 16
    /// Packets that grow into one; the next one begins a new group.
    package static let coalescedSlicesMax = 64
    /// Largest packet that is grown, bytes: the greatest value of the IP length fields.
    package static let coalescedBytesMax = 65_535
    /// Extension headers walked on the way to a transport header; a packet with more counts as
    /// unreadable.
    package static let extensionHeadersMax = 8

    /// The largest packet that is handed over unsegmented, and the smallest payload of its
    /// segments, bytes (`Docs/protocol/hypha.md` section 4); beyond these it is cut.
    package static let superPacketBytesMax = 65_400
    package static let superPacketSegmentBytesMin = 512
}
