// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaSession
import HyphaWire

/// One link: one neighbour, over one carrier or two.
struct LinkRecord {
    let id: LinkID
    /// The authenticated key, once there is one.
    var key: PublicKey?
    /// The key that was pinned, or announced by the first Update.
    var expectedKey: PublicKey?
    var stream: StreamState?
    var datagram: DatagramState?
    /// What traffic goes over; `nil` while nothing was confirmed.
    var active: CarrierKind?
    /// Whether the node knows of it as a Hypha neighbour.
    var isUp = false
    var control = ReliableControl()
    var choice: CarrierChoice?
    var datagramAttempt: AttemptID?
    var use: LinkUse = .idle
    var hasTraffic = false
    /// Whether data flows; `nil` before the link is up.
    var watch: TrafficWatch?
    /// Whether this end looks into silence first while nothing flows.
    var leads = true
    var capabilities: Capabilities = []
    var udpPort: UInt16 = 0
    var tcpPort: UInt16 = 0
    var carrierMTU: UInt16 = 0
    var routeMTU = 1500
    var echoes = TokenBucket(perSecond: Limits.echoesPerSecond, burst: Limits.echoesBurst)
    let bornAt: Instant
    /// When the neighbour acknowledged something for the first time.
    var firstAcknowledgedAt: Instant?
    /// When a session followed another, so that the neighbour may have started anew.
    var rekeyedAt: Instant?
    /// Since when the neighbour acknowledges what was never sent.
    var contradictedAt: Instant?
    /// Reliable frames wait until the neighbour shows that it has not started anew.
    var controlHeldUntil: Instant?
    /// Sessions of a stream that gave way to another one: the neighbour may send under them until it
    /// has noticed.
    var former: (sessions: [SessionIndex], until: Instant)?
    /// Another stream to the same neighbour stays if it shows life in time.
    var rivalry: Rivalry?
    /// When the timer of this link is due; ``Instant/zero`` = at once.
    var wakeAt: Instant = .zero

    init(_ id: LinkID, now: Instant) {
        self.id = id
        bornAt = now
    }

    /// How soon silence matters.
    var liveUse: LinkUse {
        if hasTraffic { return .inUse }
        guard use == .inUse, isAtRest else { return use }
        return control.isLate ? .inUse : .atRest(leads: leads)
    }

    /// Whether nothing has flowed for a while.
    var isAtRest: Bool { watch?.isAtRest ?? true }

    /// Round trip of the carrier that traffic goes over.
    var roundTrip: RoundTripEstimate {
        switch active {
        case .datagram: datagram?.carrier.roundTrip ?? RoundTripEstimate()
        case .stream: stream?.carrier.roundTrip ?? RoundTripEstimate()
        case nil: RoundTripEstimate()
        }
    }

    var sessions: [SessionIndex] {
        (stream?.carrier.sessions ?? []) + (datagram?.carrier.sessions ?? [])
            + (former?.sessions ?? [])
    }

    /// Where the neighbour's UDP is, as far as a stream tells.
    var datagramGuess: SocketAddress? {
        guard let stream, stream.isSealed, udpPort != 0 else { return nil }
        return SocketAddress(host: stream.remote.host, port: udpPort)
    }

    /// The UDP payload that route and neighbour allow, bytes.
    func payloadCeiling(_ endpoint: SocketAddress) -> Int {
        let route = PathMTUProbe.payload(mtuBytes: routeMTU, isIPv4: endpoint.isIPv4)
        return carrierMTU == 0 ? route : min(route, Int(carrierMTU))
    }
}

/// A stream that leads where another one leads already.
struct Rivalry {
    let since: Instant
    let until: Instant
}
