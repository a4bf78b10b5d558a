// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaForwarding
import HyphaRouting

extension ForwardingState {
    /// What the packet path needs of a route's state.
    ///
    /// A node of the base sends what its tunnel takes and knows nothing of paths.
    init(_ state: RouteState, isExtended: Bool = true) {
        switch state {
        case .selected(let link, let routerID, let isDirect, let refreshAt, let pathMTU):
            self = .selected(
                Route(
                    link: link,
                    key: routerID.publicKey,
                    isDirect: isDirect,
                    refreshAt: refreshAt,
                    pathMTU: isExtended ? pathMTU : UInt16(Limits.tunnelMTUBytes),
                    offersSessions: isExtended && routerID.offersSessions
                )
            )
        case .unselected(let routerID): self = .unselected(routerID.publicKey)
        }
    }
}

extension RouterID {
    /// Whether a node says that it makes sessions.
    fileprivate var offersSessions: Bool {
        isHypha && Capabilities(rawValue: capabilities).contains(.sessions)
    }
}
