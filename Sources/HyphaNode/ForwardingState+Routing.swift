// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaForwarding
import HyphaRouting

extension ForwardingState {
    /// What the packet path needs of a route's state.
    init(_ state: RouteState) {
        switch state {
        case .selected(let link, let routerID, let isDirect, let refreshAt):
            self = .selected(
                Route(
                    link: link,
                    key: routerID.publicKey,
                    isDirect: isDirect,
                    refreshAt: refreshAt
                )
            )
        case .unselected(let routerID): self = .unselected(routerID.publicKey)
        }
    }
}
