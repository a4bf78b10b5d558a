// SPDX-License-Identifier: Apache-2.0
import CHyphaNetlink
import HyphaBase

/// Hears of changes to interfaces, addresses and routes; the caller lists them anew
/// (`rtnetlink(7)`).
package struct NetworkMonitor: ~Copyable, Sendable {
    /// For ``Poller/add(_:token:interest:trigger:)``.
    package let descriptor: Descriptor

    /// What has changed.
    package struct Changes: OptionSet, Hashable, Sendable {
        package let rawValue: Int32

        package init(rawValue: Int32) { self.rawValue = rawValue }

        /// Interfaces came, went or changed state.
        package static let interfaces = Changes(rawValue: 1)
        package static let addresses = Changes(rawValue: 2)
        package static let routes = Changes(rawValue: 4)
        package static let all: Changes = [.interfaces, .addresses, .routes]
    }

    /// Listens in the network namespace of the calling thread.
    ///
    /// - Throws: ``SystemError`` of `socket(2)`.
    package init() throws(SystemError) {
        descriptor = Descriptor(
            adopting: try check(hypha_netlink_monitor_open(), .openNetlink)
        )
    }

    /// Takes the notifications that are there; with ``Poller/Trigger/level`` the rest of a storm is
    /// seen at the next wait.
    ///
    /// - Returns: What has changed; everything when notifications were lost.
    /// - Throws: ``SystemError`` of `recvfrom(2)`.
    package func drain() throws(SystemError) -> Changes {
        let result = hypha_netlink_monitor_drain(descriptor.rawValue)
        let events = try check(result, .readNotifications)
        if events & Int32(HYPHA_EVENT_OVERFLOW) != 0 { return .all }
        var changes: Changes = []
        if events & Int32(HYPHA_EVENT_LINK) != 0 { changes.insert(.interfaces) }
        if events & Int32(HYPHA_EVENT_ADDRESS) != 0 { changes.insert(.addresses) }
        if events & Int32(HYPHA_EVENT_ROUTE) != 0 { changes.insert(.routes) }
        return changes
    }
}
