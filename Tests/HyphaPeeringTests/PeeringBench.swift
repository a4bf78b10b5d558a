// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaPeering
import HyphaWire

/// Drives one peering engine in virtual time and keeps what came out.
final class PeeringBench {
    var engine: PeeringEngine<SplitMix64>
    var now = Instant(nanoseconds: 3_000_000_000)
    var log: [(at: Instant, output: PeeringOutput)] = []
    private var linkCount: UInt32 = 0

    static var identity: RouterID { routerID(0x8000) }

    init(_ configuration: PeeringConfiguration = PeeringConfiguration(), seed: UInt64 = 1) {
        engine = PeeringEngine(
            configuration: configuration,
            identity: Self.identity,
            random: SplitMix64(seed: seed),
            now: now
        )
    }

    static func routerID(_ number: UInt64, tail: UInt64 = 0) -> RouterID {
        RouterID(publicKey: PublicKey(words: (number, 1, 2, 3)), zone: 0, tail: tail)
    }

    static func endpoint(_ number: UInt32) -> Endpoint {
        Endpoint(scheme: .tcp, host: .v4(IPv4Address(bits: 0x0a00_0000 + number)), port: 9651)
    }

    static func remote(_ number: UInt32, port: UInt16 = 40_000) -> SocketAddress {
        SocketAddress(host: .v4(IPv4Address(bits: 0x0a00_0000 + number)), port: port)
    }

    static func linkLocal(
        _ number: UInt64,
        scope: UInt32 = 2,
        port: UInt16 = 9650
    )
        -> SocketAddress
    {
        let address = IPv6Address(high: 0xfe80_0000_0000_0000, low: number)
        return SocketAddress(host: .v6(address, scope: scope), port: port)
    }

    static func interface(
        _ index: UInt32,
        name: String? = nil,
        isUsable: Bool = true,
        isUp: Bool = true,
        addresses: [SocketAddress.Host] = []
    ) -> NetworkInterfaceDescription {
        NetworkInterfaceDescription(
            index: index,
            name: name ?? "eth\(index)",
            isUsableForDiscovery: isUsable,
            isUp: isUp,
            addresses: addresses
        )
    }

    @discardableResult
    func handle(_ input: PeeringInput) -> [PeeringOutput] {
        engine.handle(input, now: now)
        var outputs: [PeeringOutput] = []
        while let output = engine.nextOutput() {
            outputs.append(output)
            log.append((now, output))
        }
        return outputs
    }

    /// Runs timers until `end`; every dial fails at once with `failure`, or hangs without one.
    func run(until end: Instant, dialsFail failure: DialFailure? = nil) {
        while let deadline = engine.nextDeadline(), deadline.instant <= end {
            now = max(now, deadline.instant)
            let outputs = handle(.timer)
            if let failure { fail(outputs, failure) }
        }
        now = max(now, end)
    }

    /// Lets every dial among `outputs` fail.
    func fail(_ outputs: [PeeringOutput], _ failure: DialFailure) {
        for dial in outputs.compactMap(\.dialID) { handle(.dialFailed(dial, failure)) }
    }

    /// A new inbound link.
    func accept(from remote: SocketAddress) -> (link: LinkID, outputs: [PeeringOutput]) {
        linkCount += 1
        let link = LinkID(linkCount)
        let local = SocketAddress(host: .v4(IPv4Address(bits: 1)), port: 9651)
        let description = LinkDescription(origin: .inbound, remote: remote, local: local)
        return (link, handle(.linkUp(link, description)))
    }

    /// The link of a dial.
    func connect(
        _ dial: DialID?,
        to remote: SocketAddress = remote(1)
    )
        -> (link: LinkID, outputs: [PeeringOutput])
    {
        linkCount += 1
        let link = LinkID(linkCount)
        let local = SocketAddress(host: .v4(IPv4Address(bits: 1)), port: 5)
        let origin = LinkDescription.Origin.dialled(dial ?? DialID(0))
        let description = LinkDescription(origin: origin, remote: remote, local: local)
        return (link, handle(.linkUp(link, description)))
    }

    func identify(_ link: LinkID, as number: UInt64) -> [PeeringOutput] {
        handle(.linkIdentified(link, Self.routerID(number)))
    }

    func beacon(_ number: UInt64, from source: SocketAddress? = nil) -> [PeeringOutput] {
        handle(
            .beacon(
                DiscoveryBeacon(port: 9651, routerID: Self.routerID(number)),
                from: source ?? Self.linkLocal(number)
            )
        )
    }

    func admits(_ remote: SocketAddress) -> Bool {
        engine.admits(inboundFrom: remote, now: now)
    }

    /// Whether a beacon leads to a dial at once.
    func dials(afterBeaconOf number: UInt64, from source: SocketAddress? = nil) -> Bool {
        beacon(number, from: source).contains { $0.dialID != nil }
    }

    /// What connecting leads to.
    func outputs(connecting dial: DialID) -> [PeeringOutput] { connect(dial).outputs }

    func addition(of endpoint: Endpoint) -> PeerAddition { engine.addition(of: endpoint) }
    func hasPeer(_ endpoint: Endpoint) -> Bool { engine.hasPeer(endpoint) }
    func publicKey(of link: LinkID) -> PublicKey? { engine.publicKey(of: link) }
    func peer(of link: LinkID) -> PeerAddress? { engine.peer(of: link) }
    var directLinks: [LinkID] { engine.directLinks }
    func isDirect(_ key: PublicKey) -> Bool { engine.isDirect(key) }
    var deadline: Deadline? { engine.nextDeadline() }
    var counters: PeeringCounters { engine.counters }

    /// When dials began.
    var dialTimes: [Instant] { log.filter { $0.output.dialID != nil }.map(\.at) }
    var peers: [PeerSnapshot] { engine.peerSnapshots() }
}

extension PeeringOutput {
    /// The dial that this output begins.
    var dialID: DialID? {
        switch self {
        case .dial(let dial, _), .dialAddress(let dial, _), .probe(let dial, _, _): dial
        case .cancelDial, .close, .sendBeacon, .setDiscoveryMembership, .event: nil
        }
    }

    /// The interface that this output sends a beacon to.
    var beaconInterface: UInt32? {
        if case .sendBeacon(let index, _) = self { index } else { nil }
    }

    /// The link that this output closes.
    var closedLink: LinkID? {
        if case .close(let link, _) = self { link } else { nil }
    }
}
