// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaWire

/// What status shows of a link.
package struct LinkSnapshot: Hashable, Sendable {
    package let link: LinkID
    /// The authenticated key, `nil` for a stream in the base dialect.
    package let key: PublicKey?
    /// What traffic goes over, `nil` for a stream in the base dialect.
    package let active: CarrierKind?
    package let hasStream: Bool
    package let hasDatagrams: Bool
    /// Where datagrams go.
    package let endpoint: SocketAddress?
    /// Our own endpoint as the neighbour sees it.
    package let reflexive: SocketAddress?
    /// The largest UDP payload known to be carried, bytes.
    package let payloadMax: Int?
    /// When data was last known to go, either way, within ten seconds; coming up counts as data, and
    /// `nil` stands for before.
    package let dataAt: Instant?
    /// `nil` before anything was measured.
    package let roundTrip: Duration?
    package let capabilities: Capabilities
    package let control: ReliableControlCounters

    init(_ record: LinkRecord) {
        link = record.id
        key = record.key
        active = record.active
        hasStream = record.stream != nil
        hasDatagrams = record.datagram?.isEstablished ?? false
        endpoint = record.datagram?.roaming.current
        reflexive = record.datagram?.reflexive
        payloadMax = record.datagram?.mtu.confirmed
        dataAt = record.watch?.flowedAt
        roundTrip = record.roundTrip.isMeasured ? record.roundTrip.smoothed : nil
        capabilities = record.capabilities
        control = record.control.counters
    }
}
