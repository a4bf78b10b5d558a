// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaFakes
import HyphaForwarding
import HyphaLink
import HyphaNode
import HyphaPeering
import HyphaRouting
import HyphaSession
import HyphaWire

/// One node of a ``TestNetwork`` and what came out of it.
final class TestHost {
    let number: Int
    /// Hosts of one LAN hear each other's beacons.
    let lan: UInt32?
    var isListening: Bool
    let routerID: RouterID
    private var node: Node<FakeCryptography>
    let hasExtensions: Bool
    /// Carriers and keys of sealed links.
    var path = FakePacketPath()
    private(set) var log: [(at: Instant, output: NodeOutput)] = []
    /// Inputs so far.
    private(set) var handled = 0
    /// What the packet path knows.
    private(set) var forwarding: [Prefix: ForwardingState] = [:]
    private(set) var policies: [Prefix: SessionPolicy] = [:]
    private(set) var sessions: [SessionIndex: (remote: SessionIndex, subnet: Prefix)] = [:]

    init(
        number: Int,
        lan: UInt32?,
        isListening: Bool,
        peering: PeeringConfiguration,
        hasExtensions: Bool = false,
        network: String = "",
        now: Instant
    ) {
        self.number = number
        self.lan = lan
        self.isListening = isListening
        let key = Self.routerID(number).publicKey
        routerID =
            hasExtensions
            ? Self.routerID(number)
            : RouterID(publicKey: key, zone: 0, tail: UInt64(number))
        self.hasExtensions = hasExtensions
        let link = LinkConfiguration(
            publicKey: routerID.publicKey,
            hasDatagrams: hasExtensions,
            udpPort: Self.udpPort,
            isPrivate: !network.isEmpty
        )
        let handshake = HandshakeConfiguration(
            capabilities: [.sessions],
            carrierMTU: 1472,
            innerMTU: 1400,
            udpPort: Self.udpPort,
            tcpPort: 9651
        )
        node = Node(
            configuration: NodeConfiguration(
                peering: peering,
                link: link,
                handshake: handshake,
                hasExtensions: hasExtensions
            ),
            identity: routerID,
            crypto: FakeCryptography(
                key: routerID.publicKey,
                network: network,
                seed: UInt64(number) + 1000
            ),
            sessionCrypto: FakeCryptography(
                key: routerID.publicKey,
                network: network,
                seed: UInt64(number) + 2000
            ),
            random: SplitMix64(seed: UInt64(number)),
            clock: NodeClock(wallClock: TAI64N(seconds: 1 << 62, nanoseconds: 0)),
            now: now
        )
    }

    static let udpPort: UInt16 = 9652

    private func note(_ command: SessionCommand) {
        switch command {
        case .policy(let prefix, let policy): policies[prefix] = policy
        case .install(let local, let remote, _, let prefix, _): sessions[local] = (remote, prefix)
        case .remove(let local): sessions[local] = nil
        case .begin, .sendEmpty, .sendControl, .sendMessage: break
        }
    }

    static func routerID(_ number: Int) -> RouterID {
        RouterID(
            publicKey: PublicKey(words: (UInt64(number) + 1, 2, 3, 4)),
            capabilities: Capabilities.sessions.rawValue,
            bootRandom: UInt32(number)
        )
    }

    static func endpoint(_ number: Int) -> Endpoint {
        Endpoint(
            scheme: .tcp,
            host: .v4(IPv4Address(bits: 0xc000_0201 + UInt32(number))),
            port: 9651
        )
    }

    static func udpEndpoint(_ number: Int, pinned: Int? = nil) -> Endpoint {
        Endpoint(
            scheme: .udp,
            host: endpoint(number).host,
            port: udpPort,
            pinnedKey: pinned.map { routerID($0).publicKey }
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
        SocketAddress(host: .v4(IPv4Address(bits: 0xc000_0201 + UInt32(number))), port: 9651)
    }

    var udpAddress: SocketAddress {
        SocketAddress(host: address.host, port: Self.udpPort)
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
            if case .session(let command) = output { note(command) }
        }
        return outputs
    }

    func admits(_ remote: SocketAddress, now: Instant) -> Bool {
        node.admits(inboundFrom: remote, now: now)
    }

    var deadline: Deadline? { node.nextDeadline() }
    var counters: NodeCounters { node.counters }
    var links: [NodeLinkSnapshot] { node.linkSnapshots() }
    func sessionSnapshots(now: Instant) -> [EndToEndSnapshot] { node.sessionSnapshots(now: now) }
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

    /// What the packet path was told.
    var commands: [CarrierCommand] {
        log.compactMap { entry in
            if case .carrier(let command) = entry.output { command } else { nil }
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
