// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaLinux
import Testing

/// Two namespaces joined by one cable.
///
///     A: left fe80::a ------ right fe80::b :B
private struct Cable: ~Copyable {
    let a: NetworkNamespace
    let b: NetworkNamespace
    let left: UInt32
    let right: UInt32

    /// Leaves the calling thread in B.
    init() throws {
        try NetworkNamespace.enterNew()
        let a = try NetworkNamespace.current()
        let netlinkA = try Netlink()
        try netlinkA.addVirtualPair("left", "right")
        let left = try #require(SocketAddress.scope(ofZone: "left"))
        let right = try #require(SocketAddress.scope(ofZone: "right"))
        try NetworkNamespace.enterNew()
        let b = try NetworkNamespace.current()
        let netlinkB = try Netlink()
        try netlinkA.move(interface: right, to: b)
        try Self.bringUp(netlinkB, right, last: 0xb)
        try Self.bringUp(netlinkA, left, last: 0xa)
        self.a = a
        self.b = b
        self.left = left
        self.right = right
    }

    private static func bringUp(
        _ netlink: borrowing Netlink,
        _ interface: UInt32,
        last: UInt64
    ) throws {
        let address = IPv6Address(high: 0xfe80 << 48, low: last)
        try netlink.change(interface: interface, .noLinkLocalAddress)
        try netlink.change(interface: interface, .up)
        try netlink.add(address: address, prefixLength: 64, interface: interface)
    }
}

private func receive(_ socket: borrowing DiscoverySocket) -> (DiscoverySocket.Reception, [UInt8]) {
    var buffer = [UInt8](repeating: 0, count: 50)
    var span = buffer.mutableSpan
    let reception = socket.receive(into: &span)
    guard case .datagram(let count, _, _) = reception else { return (reception, []) }
    return (reception, Array(buffer[..<count]))
}

@Suite(.enabled(if: canMakeNamespaces, namespaceReason))
struct DiscoverySocketTests {
    private struct Seen: Sendable {
        var sent: IOResult = .wouldBlock
        var atPeer: [UInt8] = []
        var atSecondPeer: [UInt8] = []
        var reception: DiscoverySocket.Reception = .wouldBlock
        var atSender: DiscoverySocket.Reception = .wouldBlock
        var afterLeaving: DiscoverySocket.Reception = .wouldBlock
        var scope: UInt32 = 0
    }

    @Test func aBeaconReachesEveryNodeOfTheOtherNamespaceAndNotTheSender() throws {
        let seen = try inNewNamespace { () -> Seen in
            let cable = try Cable()
            let first = try DiscoverySocket(port: 9_650)
            let second = try DiscoverySocket(port: 9_650)
            for _ in 0..<2 { try first.join(interface: cable.right) }
            try second.join(interface: cable.right)
            try cable.a.enter()
            let sender = try DiscoverySocket(port: 9_650)
            try sender.join(interface: cable.left)
            var seen = Seen(scope: cable.right)
            let beacon = [UInt8](repeating: 0x6d, count: 60)
            seen.sent = sender.send(beacon.span, interface: cable.left)
            guard try isReady(first.descriptor), try isReady(second.descriptor) else {
                return seen
            }
            (seen.reception, seen.atPeer) = receive(first)
            seen.atSecondPeer = receive(second).1
            seen.atSender = receive(sender).0
            for _ in 0..<2 { try first.leave(interface: cable.right) }
            _ = sender.send(beacon.span, interface: cable.left)
            guard try isReady(second.descriptor) else { return seen }
            seen.afterLeaving = receive(first).0
            return seen
        }
        let beacon = [UInt8](repeating: 0x6d, count: 50)
        #expect(seen.sent == .count(60))
        #expect(seen.atPeer == beacon)
        #expect(seen.atSecondPeer == beacon)
        let address = IPv6Address(high: 0xfe80 << 48, low: 0xa)
        let source = SocketAddress(host: .v6(address, scope: seen.scope), port: 9_650)
        #expect(seen.reception == .datagram(byteCount: 50, source: source, hopLimit: 1))
        #expect(seen.atSender == .wouldBlock)
        #expect(seen.afterLeaving == .wouldBlock)
    }

    @Test func theDiscoveredAddressCanBeDialled() throws {
        let states = try inNewNamespace { () -> [TCPConnection.ConnectState] in
            let cable = try Cable()
            var listener = try TCPListener.onAnyAddress(port: 9_651)
            try cable.a.enter()
            let address = IPv6Address(high: 0xfe80 << 48, low: 0xb)
            let client = try TCPConnection.start(
                to: SocketAddress(host: .v6(address, scope: cable.left), port: 9_651)
            )
            let server = try acceptOne(&listener)
            guard try isReady(client.descriptor, for: .writable),
                case .v6(_, let scope) = server.peer.host, scope == cable.right
            else { return [] }
            return [client.connectState()]
        }
        #expect(states == [.connected])
    }

    @Test func anInterfaceThatIsNotThereCannotBeJoined() throws {
        let code = try inNewNamespace { () -> Int32 in
            let socket = try DiscoverySocket(port: 9_650)
            try socket.leave(interface: 99)
            do throws(SystemError) { try socket.join(interface: 99) } catch { return error.code }
            return 0
        }
        #expect(code == ENODEV)
    }
}
