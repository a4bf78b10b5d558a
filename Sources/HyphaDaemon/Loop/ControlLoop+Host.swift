// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaControl
import HyphaLinux
import HyphaNode
import HyphaPeering

extension ControlLoop {
    /// Signals: stop, or read the configuration anew.
    mutating func handleSignals() {
        while let signal = signals.next() {
            switch signal {
            case .terminate, .interrupt: ending = .stopped
            case .hangup: reload()
            case .user1, .user2: break
            }
        }
    }

    /// Something about interfaces or addresses has changed.
    mutating func handleNetworkChange() {
        do throws(SystemError) {
            let changes = try monitor.drain()
            guard changes.contains(.interfaces) || changes.contains(.addresses) else { return }
        } catch {
            log.write(.networkUnreadable(error))
        }
        refreshInterfaces()
    }

    /// Tells the node of all interfaces there are.
    mutating func refreshInterfaces() {
        do throws(SystemError) {
            interfaces = try netlink.interfaces()
            feed(.interfaces(interfaces.map(Self.describe)))
            refreshRoutes()
        } catch {
            log.write(.networkUnreadable(error))
        }
    }

    private static func describe(_ interface: NetworkInterface) -> NetworkInterfaceDescription {
        NetworkInterfaceDescription(
            index: interface.index,
            name: interface.name,
            isUsableForDiscovery: interface.isFitForDiscovery,
            isUp: interface.flags.contains(.up) && interface.flags.contains(.running),
            addresses: interface.addresses.map(\.host)
        )
    }
}
