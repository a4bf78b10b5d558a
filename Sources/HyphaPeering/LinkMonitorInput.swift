// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What ``LinkMonitor`` is told.
package enum LinkMonitorInput: Hashable, Sendable {
    /// A link came up; `staticCost` is that of its transport.
    case linkUp(LinkID, staticCost: Metric)
    /// Carriers of a link have a better judge of their life than lost Hellos.
    case watchedElsewhere(LinkID)
    /// A link is gone.
    case linkDown(LinkID)
    /// The neighbour's Hello; its fields are not used (base section 5.4).
    case hello(from: LinkID)
    /// The neighbour's answer to a Hello; its fields are not used.
    case ihu(from: LinkID)
    /// The deadline has come.
    case timer
}
