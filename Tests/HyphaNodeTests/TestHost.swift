// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaForwarding
import HyphaNode
import HyphaPeering
import HyphaRouting
import HyphaWire

/// One node of a ``TestNetwork`` and what came out of it.
final class TestHost {
    let number: Int
    /// Hosts of one LAN hear each other's beacons.
    let lan: UInt32?
    var isListening: Bool
    let routerID: RouterID
    private var node: Node
    private(set) var log: [(at: Instant, output: NodeOutput)] = []
    /// Inputs so far.
    private(set) var handled = 0
    /// What the packet path knows.
    private(set) var forwarding: [Prefix: ForwardingState] = [:]

    init(
        number: Int,
        lan: UInt32?,
        isListening: Bool,
        peering: PeeringConfiguration,
        now: Instant
    ) {
        self.number = number
        self.lan = lan
        self.isListening = isListening
        routerID = Self.routerID(number)
        node = Node(
            configuration: NodeConfiguration(peering: peering),
            identity: routerID,
            random: SplitMix64(seed: UInt64(number)),
            now: now
        )
    }

    static func routerID(_ number: Int) -> RouterID {
        RouterID(
            publicKey: PublicKey(words: (UInt64(number) + 1, 2, 3, 4)),
            capabilities: 0,
            bootRandom: UInt32(number)
        )
    }

    static func endpoint(_ number: Int) -> Endpoint {
        Endpoint(
            scheme: .tcp,
            host: .v4(IPv4Address(bits: 0x0a00_0001 + UInt32(number))),
            port: 9651
        )
    }

    /// Somewhere that no host of the network is.
    static func remote(_ number: UInt32) -> SocketAddress {
        SocketAddress(host: .v4(IPv4Address(bits: 0xc0a8_0000 + number)), port: 40_000)
    }

    static func subnet(_ number: Int) -> Prefix {
        Prefix(subnetOf: IPv6Address(derivedFrom: routerID(number).publicKey))
    }

    static var foreignInterface: NetworkInterfaceDescription {
        NetworkInterfaceDescription(
            index: 9,
            name: "eth9",
            isUsableForDiscovery: true,
            isUp: true,
            addresses: [remote(1).host]
        )
    }

    var address: SocketAddress {
        SocketAddress(host: .v4(IPv4Address(bits: 0x0a00_0001 + UInt32(number))), port: 9651)
    }

    var linkLocal: SocketAddress {
        let address = IPv6Address(high: 0xfe80_0000_0000_0000, low: UInt64(number) + 1)
        return SocketAddress(host: .v6(address, scope: 2), port: 9650)
    }

    var interface: NetworkInterfaceDescription { interface(isUp: true) }

    func interface(isUp: Bool) -> NetworkInterfaceDescription {
        NetworkInterfaceDescription(
            index: 2,
            name: "eth0",
            isUsableForDiscovery: isUp,
            isUp: isUp,
            addresses: [address.host, linkLocal.host]
        )
    }

    var subnet: Prefix { Self.subnet(number) }

    func handle(_ input: NodeInput, now: Instant) -> [NodeOutput] {
        handled += 1
        node.handle(input, now: now)
        var outputs: [NodeOutput] = []
        while let output = node.nextOutput() {
            outputs.append(output)
            log.append((now, output))
            if case .forwarding(let prefix, let state) = output { forwarding[prefix] = state }
        }
        return outputs
    }

    func admits(_ remote: SocketAddress, now: Instant) -> Bool {
        node.admits(inboundFrom: remote, now: now)
    }

    var deadline: Deadline? { node.nextDeadline() }
    var counters: NodeCounters { node.counters }
    var links: [LinkSnapshot] { node.linkSnapshots() }
    func selectedRoutes(now: Instant) -> [RouteSnapshot] { node.selectedRoutes(now: now) }
    func queries(now: Instant) -> [QuerySnapshot] { node.queriedPrefixes(now: now) }
    var peers: [PeerSnapshot] { node.peerSnapshots() }

    /// The selected route to another host.
    func route(to other: TestHost) -> ForwardingState.Route? {
        if case .selected(let route) = forwarding[other.subnet] { route } else { nil }
    }

    /// Links closed, with time and reason.
    var closed: [(at: Instant, reason: CloseReason)] {
        log.compactMap { entry in
            if case .close(_, let reason) = entry.output { (entry.at, reason) } else { nil }
        }
    }

    /// When dials began.
    var dials: [Instant] {
        log.compactMap { entry in
            switch entry.output {
            case .dial, .dialAddress: entry.at
            default: nil
            }
        }
    }

    var events: [NodeEvent] {
        log.compactMap { entry in
            if case .event(let event) = entry.output { event } else { nil }
        }
    }
}
