// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaLink
package import HyphaPeering
package import HyphaRouting
package import HyphaSession

extension Node where Crypto: ~Copyable {
    /// Every peer that is dialled, in order of addition.
    package func peerSnapshots() -> [PeerSnapshot] { peering.peerSnapshots() }

    /// Every link, oldest first.
    package func linkSnapshots() -> [NodeLinkSnapshot] {
        links.links.compactMap { link in
            guard let state = links[link], let monitored = monitor.snapshot(of: link)
            else { return nil }
            return NodeLinkSnapshot(
                link: link,
                peer: peering.peer(of: link),
                remote: state.description.remote,
                local: state.description.local,
                since: state.since,
                routerID: state.routerID,
                sealed: sealed.snapshot(of: link),
                monitor: monitored,
                controlReceived: state.controlReceived,
                controlSent: state.controlSent
            )
        }
    }

    /// What ``NodeInput/addPeer(_:)`` would do, for an answer to the operator.
    package func addition(of endpoint: Endpoint) -> PeerAddition {
        peering.addition(of: endpoint)
    }

    /// Whether ``NodeInput/removePeer(_:)`` would find a peer.
    package func hasPeer(_ endpoint: Endpoint) -> Bool { peering.hasPeer(endpoint) }

    // MARK: - Sessions between two nodes

    /// Every subnet that packets go to or that has sessions, by address.
    package func sessionSnapshots(now: Instant) -> [EndToEndSnapshot] {
        sessions.snapshots(now: now)
    }
    /// Who is behind an overlay address; `nil` when nothing is known of its /64.
    package func whois(_ address: IPv6Address) -> AddressOwner? { sessions.whois(address) }
    /// Nodes with which there once was a session.
    package var metNodes: [MetNode] { sessions.metNodes }
    /// Whether there once was a session with the node of this key.
    package func isMet(_ key: PublicKey) -> Bool { sessions.isMet(key) }
    /// How many they are.
    package var metCount: Int { sessions.metCount }

    // MARK: - Routes

    /// The one prefix this node announces.
    package var ownSubnet: Prefix { routing.ownSubnet }
    /// Its present seqno.
    package var ownSeqno: Seqno { routing.ownSeqno }
    /// Routes in the table, held ones included.
    package var routeCount: Int { routing.routeCount }
    /// Prefixes being searched for.
    package var queryCount: Int { routing.queryCount }
    /// Links that are up.
    package var linkCount: Int { links.count }

    /// The selected route of every prefix, by prefix.
    package func selectedRoutes(now: Instant) -> [RouteSnapshot] {
        routing.selectedRoutes(now: now)
    }

    /// Every other route, by prefix.
    package func fallbackRoutes(now: Instant) -> [RouteSnapshot] {
        routing.fallbackRoutes(now: now)
    }

    /// The prefixes being searched for.
    package func queriedPrefixes(now: Instant) -> [QuerySnapshot] {
        routing.queriedPrefixes(now: now)
    }
}
