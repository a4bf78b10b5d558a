// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What a direct link is good for (`Docs/protocol/hypha.md` section 4).
package struct DirectLinkUse: Hashable, Sendable {
    package let link: LinkID
    /// When data went over it last, either way.
    package let usedAt: Instant
    /// Whether the route to the node at its other end is this link.
    package let isSelected: Bool

    package init(link: LinkID, usedAt: Instant, isSelected: Bool) {
        self.link = link
        self.usedAt = usedAt
        self.isSelected = isSelected
    }
}
