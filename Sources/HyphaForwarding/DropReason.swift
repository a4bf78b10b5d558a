// SPDX-License-Identifier: Apache-2.0

/// Why a packet ended here; one counter each, shown by `hypha status`.
package enum DropReason: UInt8, CaseIterable, Hashable, Sendable {
    /// A data packet whose lengths contradict each other, or an inner packet too short for IPv6.
    case malformed
    /// The host sent a packet that is not IPv6.
    case notIPv6
    /// The hop limit was used up (base protocol section 4.4).
    case hopLimit
    /// Routes exist but none is selected, or the search found nothing.
    case noRoute
    /// The queue of packets waiting for a route had no room.
    case queueFull
    /// No route from the source was found in time, so no key to open the body.
    case unknownSource
    /// The body's tag did not verify.
    case badSeal
    /// The inner addresses do not belong to the key that opened the body, or not to us.
    case innerMismatch
    /// The host sent from an address outside 400::/7.
    case sourceNotOverlay
    /// The host sent to an address outside 400::/7.
    case destinationNotOverlay
    /// The host sent to an address of our own /64 that it does not have itself.
    case ownSubnet
    /// The next hop's send queue had no room.
    case linkQueueFull
    /// The next hop's link is gone.
    case linkGone
    /// More new keys were needed than may be derived a second.
    case keyDerivationLimited
    /// The user header has a version or a content type that is not known.
    case unknownUserType
    /// An out-of-band report that was not sent because too many were.
    case reportLimited
    /// An out-of-band report that could not be read.
    case badReport
    /// The kernel did not take the packet.
    case tunWriteFailed
    /// Larger than the path takes.
    case oversized
    /// A large packet from TUN whose offload header contradicts its content.
    case badOffload
    /// For the host, but this node runs without a TUN device.
    case noTUN
    /// A frame or body that was received before, or one too old to know.
    case replayed
    /// A sealed frame that names no session of this node.
    case unknownSession
    /// The first half of a frame whose second half did not come in time, or had no room.
    case partLost
    /// A control frame or handshake that the control plane has no time for.
    case controlBusy
    /// A body of the base from a node that has sessions with this one.
    case unprotected
    /// No session with the destination came about, and nothing else is allowed.
    case noSession
    /// Larger than may be sent to an address that has not proved itself yet.
    case unproven
    /// The kernel did not take the datagram.
    case datagramFailed
    /// Another worker that had to go on with it was too far behind.
    case workerBehind

    /// The name in counters and in `hypha status`; never changes.
    package var name: String {
        switch self {
        case .malformed: "malformed"
        case .notIPv6: "not-ipv6"
        case .hopLimit: "hop-limit"
        case .noRoute: "no-route"
        case .queueFull: "queue-full"
        case .unknownSource: "unknown-source"
        case .badSeal: "bad-seal"
        case .innerMismatch: "inner-mismatch"
        case .sourceNotOverlay: "source-not-overlay"
        case .destinationNotOverlay: "destination-not-overlay"
        case .ownSubnet: "own-subnet"
        case .linkQueueFull: "link-queue-full"
        case .linkGone: "link-gone"
        case .keyDerivationLimited: "key-derivation-limited"
        case .unknownUserType: "unknown-user-type"
        case .reportLimited: "report-limited"
        case .badReport: "bad-report"
        case .tunWriteFailed: "tun-write-failed"
        case .oversized: "oversized"
        case .badOffload: "bad-offload"
        case .noTUN: "no-tun"
        case .replayed: "replayed"
        case .unknownSession: "unknown-session"
        case .partLost: "part-lost"
        case .controlBusy: "control-busy"
        case .unprotected: "unprotected"
        case .noSession: "no-session"
        case .unproven: "unproven"
        case .datagramFailed: "datagram-failed"
        case .workerBehind: "worker-behind"
        }
    }
}
