// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// Who is counted as one sender of handshakes: an IPv4 address, a /64, or a stream.
///
/// A link-local address counts by itself, since all of a LAN share its /64.
enum HandshakeSource: Hashable {
    case v4(IPv4Address)
    case subnet(UInt64)
    case linkLocal(IPv6Address, scope: UInt32)
    case stream(LinkID)
    /// A /64 of the overlay.
    case overlay(UInt64)

    init(_ path: HandshakePath) {
        switch path {
        case .stream(let link): self = .stream(link)
        case .endToEnd(let address): self = .overlay(address.high)
        case .datagram(let address):
            switch address.host {
            case .v4(let host): self = .v4(host)
            case .v6(let host, let scope):
                let isLinkLocal = host.high >> 54 == 0x3fa
                self = isLinkLocal ? .linkLocal(host, scope: scope) : .subnet(host.high)
            }
        }
    }
}

/// What is kept of a source of initiations.
struct HandshakeSourceState {
    /// Initiations looked into.
    var initiations: TokenBucket
    /// First bytes of the latest initiations, a ring.
    private var heads: [PublicKey] = []
    private var next = 0

    init(carrier: SessionCarrier) {
        initiations =
            switch carrier {
            case .datagram, .stream:
                TokenBucket(
                    perSecond: Limits.linkInitiationsPerSecond,
                    burst: Limits.linkInitiationsBurst
                )
            case .endToEnd:
                TokenBucket(
                    perSecond: Limits.sessionInitiationsPerSecond,
                    burst: Limits.sessionInitiationsBurst
                )
            }
    }

    /// Whether an initiation began like this lately.
    func knows(_ head: PublicKey) -> Bool { heads.contains(head) }

    /// Remembers how an initiation begins, in place of the eighth before it.
    mutating func remember(_ head: PublicKey) {
        if heads.count < Limits.initiationHeadsMax {
            heads.append(head)
        } else {
            heads[next] = head
        }
        next = (next + 1) % Limits.initiationHeadsMax
    }
}
