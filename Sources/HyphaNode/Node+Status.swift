// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaPeering
package import HyphaRouting

extension Node {
    /// Every peer that is dialled, in order of addition.
    package func peerSnapshots() -> [PeerSnapshot] { peering.peerSnapshots() }

    /// Every link, oldest first.
    package func linkSnapshots() -> [LinkSnapshot] {
        links.links.compactMap { link in
            guard let state = links[link], let monitored = monitor.snapshot(of: link)
            else { return nil }
            return LinkSnapshot(
                link: link,
                peer: peering.peer(of: link),
                remote: state.description.remote,
                local: state.description.local,
                since: state.since,
                routerID: state.routerID,
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
