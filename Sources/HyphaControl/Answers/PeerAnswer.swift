// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// The answer to `peers.list`: connected peers first, then by endpoint or address.
package struct PeersAnswer: Codable, Hashable, Sendable {
    package let peers: [PeerAnswer]

    /// - Parameter peers: In any order.
    package init(_ peers: [PeerAnswer]) {
        self.peers = peers.sorted { left, right in
            let leftIsUp = left.state == .connected
            let rightIsUp = right.state == .connected
            if leftIsUp != rightIsUp { return leftIsUp }
            return (left.endpoint ?? left.remote ?? "", left.link ?? 0)
                < (right.endpoint ?? right.remote ?? "", right.link ?? 0)
        }
    }
}

/// One peer: a link that exists or an endpoint that is tried.
package struct PeerAnswer: Codable, Hashable, Sendable {
    /// The URL of a static peer; `nil` for the others.
    package var endpoint: String?
    /// Address and port in use, once known.
    package var remote: String?
    package var origin: Origin
    package var state: State
    /// The link's number; `nil` while there is none.
    package var link: UInt32?
    /// Time to the next attempt, in ``State/waiting``.
    package var nextAttemptSeconds: Double?
    /// Why the last attempt or link ended, in a few words; `nil` if it did not.
    package var lastError: String?
    /// Attempts since the peer was added or last connected.
    package var attempts: UInt64
    /// The overlay address, once the peer has announced its subnet.
    package var overlayAddress: String?
    /// The key, once the peer has announced its subnet.
    package var publicKey: String?
    /// The link's Babel cost.
    package var cost: UInt16?
    /// Smoothed round-trip time, once measured.
    package var roundTripMilliseconds: Double?
    /// What the traffic of the link goes over; `nil` while there is none.
    package var carrier: Carrier?
    /// Whether frames are sealed by keys that both sides have proven.
    package var isSealed: Bool
    /// Largest frame that the way to the peer takes, bytes; on UDP only.
    package var pathMTU: Int?
    /// Where datagrams go, besides ``remote``, when the link has a UDP carrier as well.
    package var datagramRemote: String?
    package var received: Traffic
    package var sent: Traffic
    /// Age of the link; `nil` while there is none.
    package var connectedSeconds: Double?

    /// How the node came to know the peer.
    package enum Origin: String, Codable, CaseIterable, Sendable {
        /// Configured, or added through the control socket.
        case `static`
        /// Heard on a local network.
        case discovered
        /// It was reached in a session before, and said there where it can be reached without others
        /// in between.
        case direct
        /// It called.
        case inbound
    }

    /// What is the matter with the peer.
    package enum State: String, Codable, CaseIterable, Sendable {
        case connected
        case connecting
        /// Between two attempts.
        case waiting
    }

    /// What the traffic of a link goes over.
    package enum Carrier: String, Codable, CaseIterable, Sendable {
        case udp
        case sealedTCP = "tcp-sealed"
        /// In the base dialect.
        case baseTCP = "tcp-base"

        /// The carrier in words.
        package var text: String {
            switch self {
            case .udp: "udp"
            case .sealedTCP: "tcp sealed"
            case .baseTCP: "tcp base"
            }
        }
    }

    /// - Parameters:
    ///   - endpoint: The URL of a static peer.
    ///   - remote: Address and port in use, once known.
    ///   - origin: How the node came to know the peer.
    ///   - state: What is the matter with it.
    package init(endpoint: String?, remote: String?, origin: Origin, state: State) {
        self.endpoint = endpoint
        self.remote = remote
        self.origin = origin
        self.state = state
        attempts = 0
        isSealed = false
        received = Traffic()
        sent = Traffic()
    }
}

/// The answer to `peers.add` and `peers.remove`.
package struct PeerChangeAnswer: Codable, Hashable, Sendable {
    /// The peer that was added or removed, as URL.
    package let endpoint: String

    /// - Parameter endpoint: The peer that was added or removed.
    package init(_ endpoint: Endpoint) { self.endpoint = endpoint.description }
}
