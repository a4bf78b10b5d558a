// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaControl
import HyphaLink
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
        case .link(let event): log.write(.handshake("\(event)"))
        case .session(let event): report(event)
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
        case .sealed(let reason): words(reason)
        case .closed(.silent): "no sign of life for 43 s"
        case .closed(.interfaceDown): "its interface is down"
        case .closed(.unidentified): "it never said who it is"
        case .closed(.gaveWay), .closed(.noRoom): "the place was needed"
        case .closed(.ourselves): "it is this node itself"
        case .closed(.peerRemoved): "the peer was removed"
        case .closed(.unwanted): "the dial had been given up"
        case .closed(.idle): "nothing went over it"
        case .closed(.detour): "the way through others is shorter"
        }
    }

    private static func words(_ reason: LinkDownReason) -> String {
        switch reason {
        case .silent: "no sign of life"
        case .carrierLost: "its connection ended"
        case .closedByNeighbour(let code): "the neighbour closed it (\(code))"
        case .controlLost: "control packets were not acknowledged"
        case .controlQueueFull: "the neighbour does not take control packets"
        case .keysLost: "its keys could not be renewed"
        case .wrongKey: "another key than the expected one answered"
        case .notUpgraded: "it was not upgraded"
        case .ceiling: "all links are taken"
        case .replaced: "another connection took its place"
        }
    }
}
