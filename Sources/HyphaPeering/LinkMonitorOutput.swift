// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaWire

/// What ``LinkMonitor`` wants done.
package enum LinkMonitorOutput: Hashable, Sendable {
    /// Send this TLV.
    case transmit(LinkID, ControlTLV)
    /// The cost of the link, as others see it, has changed.
    case linkCost(LinkID, Metric)
    /// No IHU for 43 s; the monitor has forgotten the link already.
    case linkDead(LinkID)
}
