// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaLinux
import Testing

@Suite(.enabled(if: canMakeNamespaces, namespaceReason))
struct NetlinkTests {
    @Test func anEmptyNamespaceHasOnlyLoopback() throws {
        let interfaces = try inNewNamespace { () -> [NetworkInterface] in
            let netlink = try Netlink()
            try netlink.change(interface: 1, .up)
            return try netlink.interfaces().filter { $0.flags.contains(.up) }
        }
        let loopback = try #require(interfaces.first)
        #expect(interfaces.count == 1)
        #expect(loopback.name == "lo")
        #expect(loopback.index == 1)
        #expect(loopback.flags.isSuperset(of: [.up, .running, .loopback]))
        #expect(!loopback.isFitForDiscovery)
        let hosts = loopback.addresses.map(\.host)
        #expect(hosts.contains(.v4(loopback4)))
        #expect(hosts.contains(.v6(loopback6, scope: 0)))
    }

    @Test func manyInterfacesAndAddressesAreAllListed() throws {
        let interfaces = try inNewNamespace { () -> [NetworkInterface] in
            let netlink = try Netlink()
            for i in 0..<40 { try netlink.addVirtualPair("left\(i)", "right\(i)") }
            for i in 0..<100 {
                let address = IPv6Address(high: 0xfd00 << 48, low: UInt64(i))
                try netlink.add(address: address, prefixLength: 64, interface: 1)
            }
            return try netlink.interfaces()
        }
        #expect(interfaces.filter { $0.kind == "veth" }.count == 80)
        #expect(interfaces.map(\.index) == interfaces.map(\.index).sorted())
        #expect(interfaces.first { $0.name == "lo" }?.addresses.count == 100)
    }

    @Test func aLinkLocalAddressCarriesItsInterface() throws {
        let found = try inNewNamespace { () -> [NetworkInterface] in
            let netlink = try Netlink()
            try netlink.addVirtualPair("left", "right")
            let index = try #require(SocketAddress.scope(ofZone: "left"))
            try netlink.change(interface: index, .noLinkLocalAddress)
            try netlink.change(interface: index, .up)
            let address = IPv6Address(high: 0xfe80 << 48, low: 1)
            try netlink.add(address: address, prefixLength: 64, interface: index)
            return try netlink.interfaces().filter { $0.name == "left" }
        }
        let left = try #require(found.first)
        let address = IPv6Address(high: 0xfe80 << 48, low: 1)
        #expect(left.addresses.map(\.host) == [.v6(address, scope: left.index)])
        #expect(left.isFitForDiscovery)
    }

    @Test func aRouteGoesThroughItsInterface() throws {
        let routes = try inNewNamespace { () -> String in
            let netlink = try Netlink()
            try netlink.change(interface: 1, .up)
            try netlink.add(route: .overlay, interface: 1)
            try netlink.add(route: .overlay, interface: 1)
            let file = try Descriptor.opening("/proc/thread-self/net/ipv6_route")
            return String(decoding: bytes(from: file), as: UTF8.self)
        }
        let line = routes.split(separator: "\n").first { $0.hasPrefix("04000000") }
        #expect(line?.hasPrefix("04000000000000000000000000000000 07 ") == true)
        #expect(line?.hasSuffix(" lo") == true)
    }

    @Test func refusalsKeepTheirErrnoValues() throws {
        let errors = try inNewNamespace { () -> [SystemError?] in
            let netlink = try Netlink()
            func error(_ body: () throws(SystemError) -> Void) -> SystemError? {
                do throws(SystemError) { try body() } catch { return error }
                return nil
            }
            return [
                error { () throws(SystemError) in try netlink.change(interface: 99, .up) },
                error { () throws(SystemError) in
                    try netlink.add(address: .unspecified, prefixLength: 7, interface: 99)
                },
                error { () throws(SystemError) in try netlink.addVirtualPair("lo", "other") },
            ]
        }
        #expect(errors[0] == SystemError(operation: .changeInterface, code: ENODEV))
        #expect(errors[1]?.operation == .addAddress)
        #expect(errors[2] == SystemError(operation: .addVirtualPair, code: EEXIST))
    }

    @Test func theMonitorHearsOfEachKindOfChange() throws {
        let heard = try inNewNamespace { () -> [Bool] in
            let netlink = try Netlink()
            try netlink.change(interface: 1, .up)
            let monitor = try NetworkMonitor()
            /// Address notifications come from a later work item of the kernel.
            func hears(_ change: NetworkMonitor.Changes) throws -> Bool {
                while try isReady(monitor.descriptor) {
                    if try monitor.drain().contains(change) { return true }
                }
                return false
            }
            try netlink.addVirtualPair("left", "right")
            var heard = [try hears(.interfaces)]
            let address = IPv6Address(high: 0xfd00 << 48, low: 1)
            try netlink.add(address: address, prefixLength: 128, interface: 1)
            heard.append(try hears(.addresses))
            _ = try monitor.drain()
            try netlink.add(route: .overlay, interface: 1)
            heard.append(try hears(.routes))
            _ = try monitor.drain()
            heard.append(try monitor.drain() == [])
            return heard
        }
        #expect(heard == [true, true, true, true])
    }

    @Test func lostNotificationsCountAsEveryChange() throws {
        let changes = try inNewNamespace { () -> NetworkMonitor.Changes in
            let netlink = try Netlink()
            let monitor = try NetworkMonitor()
            var small: Int32 = 2_048
            let size = socklen_t(MemoryLayout<Int32>.size)
            _ = unsafe setsockopt(
                monitor.descriptor.rawValue,
                SOL_SOCKET,
                SO_RCVBUF,
                &small,
                size
            )
            for i in 0..<UInt32(200) { try netlink.change(interface: 1, .mtu(bytes: 1_300 + i)) }
            return try monitor.drain()
        }
        #expect(changes == .all)
    }
}

@Suite struct AddressTests {
    @Test func aZoneIsANumberOrAName() {
        #expect(SocketAddress.scope(ofZone: "7") == 7)
        #expect(SocketAddress.scope(ofZone: "lo") == 1)
        #expect(SocketAddress.scope(ofZone: "0") == nil)
        #expect(SocketAddress.scope(ofZone: "+7") == nil)
        #expect(SocketAddress.scope(ofZone: "no-such") == nil)
        #expect(SocketAddress.scope(ofZone: "lo\0x") == nil)
    }

    @Test func aNumericEndpointNeedsNoResolver() throws {
        let linkLocal = try Endpoint(parsing: "tcp://[fe80::1%lo]:9651")
        let address = IPv6Address(high: 0xfe80 << 48, low: 1)
        #expect(
            SocketAddress(numeric: linkLocal)
                == SocketAddress(host: .v6(address, scope: 1), port: 9_651)
        )
        let v4 = try Endpoint(parsing: "tcp://127.0.0.1:1")
        #expect(SocketAddress(numeric: v4) == SocketAddress(host: .v4(loopback4), port: 1))
        #expect(SocketAddress(numeric: try Endpoint(parsing: "tcp://a.example:1")) == nil)
        #expect(SocketAddress(numeric: try Endpoint(parsing: "tcp://[fe80::1%none]:1")) == nil)
    }
}
