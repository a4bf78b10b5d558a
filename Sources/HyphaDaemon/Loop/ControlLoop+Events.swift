// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaControl
import HyphaNode
import HyphaPeering
import HyphaRouting

extension ControlLoop {
    /// Puts what the node says into the log.
    func report(_ event: NodeEvent) {
        switch event {
        case .peerUp(let link, let remote, let key): log.write(.peerUp(link, remote, key))
        case .peerDown(let link, let remote, let key, let end):
            log.write(.peerDown(link, remote, key, Self.words(end)))
        case .peering(let event): report(event)
        case .routing(let event): report(event)
        }
    }

    private func report(_ event: PeeringEvent) {
        switch event {
        case .discovered(let address, let key): log.write(.discovered(address, key))
        // It fell silent; a beacon brings it back.
        case .forgotten: break
        case .unreachable(let peer, let failure):
            log.write(.peerUnreachable(peer, Self.words(failure)))
        case .ourselves(let peer): log.write(.peerUnreachable(peer, Self.words(.ourselves)))
        case .ownKeyElsewhere(let link): log.write(.identityConflict(link))
        case .ceilingReached(let ceiling): log.write(.ceilingReached("\(ceiling)"))
        }
    }

    private func report(_ event: RoutingEvent) {
        switch event {
        // Ordinary work of the protocol, counted in `status`.
        case .hyphaNeighbour, .ownSeqnoBumped: break
        case .ceilingReached(let ceiling): log.write(.ceilingReached("\(ceiling)"))
        }
    }

    private static func words(_ end: LinkEnd) -> String {
        switch end {
        case .ended: "the link ended"
        case .closed(.silent): "no sign of life for 43 s"
        case .closed(.interfaceDown): "its interface is down"
        case .closed(.unidentified): "it never said who it is"
        case .closed(.gaveWay), .closed(.noRoom): "the place was needed"
        case .closed(.ourselves): "it is this node itself"
        case .closed(.peerRemoved): "the peer was removed"
        case .closed(.unwanted): "the dial had been given up"
        }
    }
}
