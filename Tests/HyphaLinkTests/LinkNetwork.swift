// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaFakes
import HyphaLink
import HyphaSession
import HyphaWire
import Testing

/// One node: engine, packet path, and what it was told.
final class LinkNode {
    let name: Int
    let key: PublicKey
    var engine: LinkEngine<FakeCryptography, SplitMix64>
    var path = FakePacketPath()
    /// Where it sends from as others see it, and the private address that NAT hides, if any.
    var address: SocketAddress
    var tcpPort: UInt16
    /// Redials this `udp://` peer whenever there is no link to it.
    var staticPeer: (address: SocketAddress, key: PublicKey?)?
    var dialAt: Instant?
    var nextDial: UInt64 = 1
    var isDialling = false
    var isDown = false

    // Log.
    var ups: [(at: Instant, link: LinkID)] = []
    var downs: [(at: Instant, link: LinkID, reason: LinkDownReason)] = []
    var upgrades: [(at: Instant, link: LinkID)] = []
    var merges: [(stream: LinkID, into: LinkID)] = []
    var moves: [SocketAddress] = []
    var tcpWanted: [SocketAddress] = []
    var joins: [LinkID] = []
    var carriers: [(at: Instant, kind: CarrierKind)] = []
    var control: [UInt8] = []
    var data: [(at: Instant, kind: CarrierKind)] = []
    var timestamps: TAI64N?

    init(
        _ name: Int,
        network: String = "",
        life: UInt64 = 0,
        hasDatagrams: Bool = true,
        now: Instant
    ) {
        self.name = name
        key = PublicKey(words: (UInt64(name), 0, 0, 9))
        address = Self.address(name)
        tcpPort = 9651
        let handshakes = HandshakeEngine(
            configuration: HandshakeConfiguration(
                capabilities: [.sessions],
                carrierMTU: 65_000,
                innerMTU: 1400,
                udpPort: hasDatagrams ? 9652 : 0,
                tcpPort: 9651
            ),
            crypto: FakeCryptography(key: key, network: network, seed: UInt64(name) + life * 100),
            random: SplitMix64(seed: UInt64(name) + 1000 + life * 100),
            wallClock: TAI64N(unixSeconds: 1_700_000_000 + life * 10_000, nanoseconds: 0),
            persisted: nil,
            now: now
        )
        engine = LinkEngine(
            configuration: LinkConfiguration(
                publicKey: key,
                hasDatagrams: hasDatagrams,
                udpPort: 9652,
                isPrivate: !network.isEmpty,
                firstLink: LinkID(0x8000_0000)
            ),
            handshakes: handshakes,
            random: SplitMix64(seed: UInt64(name) + 2000 + life * 100)
        )
    }

    static func address(_ name: Int, port: UInt16 = 9652) -> SocketAddress {
        SocketAddress(host: .v4(IPv4Address(bits: 0x0a00_0000 | UInt32(name))), port: port)
    }

    /// What the macros cannot ask for, the engine being noncopyable.
    func snapshot(_ link: LinkID) -> LinkSnapshot? { engine.snapshot(of: link) }
    var allLinks: [LinkID] { engine.allLinks }

    /// The only link to a neighbour.
    func link(to other: LinkNode) -> LinkID? { engine.link(to: other.key) }
}

/// Two or more nodes on one seeded network in virtual time.
final class LinkNetwork {
    var now = Instant(nanoseconds: 1_000_000_000)
    var nodes: [LinkNode]
    var random: SplitMix64
    /// Chance in a hundred that a datagram is lost, or arrives twice.
    var lossPercent = 0
    var copyPercent = 0
    var isUDPBlocked = false
    var isTCPBlocked = false
    /// Nodes say something on every link that starts, as real ones do, and now and then.
    var areTalking = false
    /// Datagrams of more payload bytes are lost.
    var payloadMax = 65_000
    var delay: Duration = .milliseconds(10)
    var jitter: Duration = .zero
    var datagramBytes: UInt64 = 0
    var datagramCount = 0
    /// Timers that engines wanted.
    var turns = 0
    private var inTransit: [(at: Instant, order: Int, to: Int, arrival: Arrival)] = []
    private var order = 0
    private var lives: UInt64 = 0
    /// Ends of streams: node and link at either end.
    private var streams: [[(node: Int, link: LinkID)]] = []
    private var nextStreamLink: UInt32 = 1

    enum Arrival {
        case datagram([UInt8], from: SocketAddress)
        case sealed(SealedFrame, from: SocketAddress)
        case stream(Int, [UInt8])
        case sealedStream(Int, SealedFrame)
        case streamClosed(Int)
    }

    init(_ count: Int = 2, network: String = "", seed: UInt64) {
        random = SplitMix64(seed: seed)
        let start = now
        nodes = (1...count).map { LinkNode($0, network: network, now: start) }
    }

    // MARK: - Driving

    func run(for duration: Duration, each step: ((LinkNetwork) -> Void)? = nil) {
        let end = now + duration
        var nextStep = now
        while true {
            var next = end
            if step != nil { next = min(next, nextStep) }
            if let first = inTransit.first { next = min(next, first.at) }
            for node in nodes where !node.isDown {
                if let due = node.engine.nextDeadline() { next = min(next, due.instant) }
                if let dialAt = node.dialAt { next = min(next, dialAt) }
            }
            now = max(now, next)
            if let step, nextStep <= now, now < end {
                step(self)
                nextStep = nextStep + .milliseconds(50)
            }
            while let first = inTransit.first, first.at <= now {
                inTransit.removeFirst()
                arrive(first.arrival, at: first.to)
            }
            for node in nodes where !node.isDown {
                if let dialAt = node.dialAt, dialAt <= now { redial(node) }
                guard let due = node.engine.nextDeadline(), due.instant <= now else { continue }
                turns += 1
                handle(node, .activity(node.path.activities))
                handle(node, .timer)
            }
            if now >= end { return }
        }
    }

    func handle(_ node: LinkNode, _ input: LinkInput) {
        node.engine.handle(input, now: now)
        var greeted: [LinkID] = []
        while let output = node.engine.nextOutput() {
            take(output, node)
            switch output {
            case .linkUp(let link, _, _, _, _), .upgraded(let link, _): greeted.append(link)
            default: break
            }
        }
        flush(node)
        guard areTalking else { return }
        for link in greeted { handle(node, .send(link, [42, 2, 255], isReliable: true)) }
    }

    private func take(_ output: LinkOutput, _ node: LinkNode) {
        switch output {
        case .command(let command): node.path.apply(command, now: now)
        case .linkUp(let link, _, _, let dial, _):
            node.ups.append((now, link))
            if dial != nil { node.isDialling = false }
        case .upgraded(let link, _): node.upgrades.append((now, link))
        case .merged(let stream, let link): node.merges.append((stream, link))
        case .moved(_, let address): node.moves.append(address)
        case .linkDown(let link, let reason):
            node.downs.append((now, link, reason))
            if node.staticPeer != nil { node.dialAt = now + .milliseconds(500) }
        case .received(_, let bytes): node.control += bytes
        case .roundTrip: break
        case .carrier(_, let kind, _): node.carriers.append((now, kind))
        case .dialJoined(_, let link):
            node.isDialling = false
            node.joins.append(link)
        case .dialFailed:
            node.isDialling = false
            node.dialAt = now + .milliseconds(500)
        case .dialTCP(_, let address): node.tcpWanted.append(address)
        case .timestamp(let timestamp): node.timestamps = timestamp
        case .event, .awaitsUpgrade, .upgradeIsLate: break
        }
    }

    private func redial(_ node: LinkNode) {
        node.dialAt = nil
        guard let peer = node.staticPeer, !node.isDialling else { return }
        node.isDialling = true
        node.nextDial += 1
        handle(node, .dial(DialToken(node.nextDial), peer.address, key: peer.key))
    }

    // MARK: - The wire

    private func flush(_ node: LinkNode) {
        let departures = node.path.departures
        node.path.departures = []
        for departure in departures {
            switch departure {
            case .datagram(let bytes, let address):
                throwDatagram(
                    .datagram(bytes, from: node.address),
                    bytes: bytes.count,
                    to: address
                )
            case .sealedDatagram(let frame, let address):
                throwDatagram(
                    .sealed(frame, from: node.address),
                    bytes: frame.byteCount,
                    to: address
                )
            case .stream(let stream, let bytes): carry(stream, node, .stream(stream, bytes))
            case .sealedStream(let stream, let frame):
                carry(stream, node, .sealedStream(stream, frame))
            case .streamClosed(let stream): carry(stream, node, .streamClosed(stream))
            }
        }
    }

    private func throwDatagram(_ arrival: Arrival, bytes: Int, to address: SocketAddress) {
        datagramBytes += UInt64(bytes)
        datagramCount += 1
        guard !isUDPBlocked, bytes <= payloadMax,
            let to = nodes.firstIndex(where: { $0.address == address })
        else { return }
        let copies = Int.random(in: 0..<100, using: &random) < copyPercent ? 2 : 1
        for _ in 0..<copies where Int.random(in: 0..<100, using: &random) >= lossPercent {
            let extra = Int64.random(in: 0...jitter.nanoseconds, using: &random)
            enqueue(arrival, to: to, at: now + delay + .nanoseconds(extra))
        }
    }

    private func carry(_ stream: Int, _ node: LinkNode, _ arrival: Arrival) {
        guard !isTCPBlocked, let end = streams[stream].first(where: { nodes[$0.node] !== node })
        else { return }
        enqueue(arrival, to: end.node, at: now + delay)
    }

    private func enqueue(_ arrival: Arrival, to: Int, at: Instant) {
        order += 1
        let index = inTransit.firstIndex { at < $0.at } ?? inTransit.count
        inTransit.insert((at, order, to, arrival), at: index)
    }

    private func arrive(_ arrival: Arrival, at index: Int) {
        let node = nodes[index]
        guard !node.isDown else { return }
        switch arrival {
        case .datagram(let bytes, let from): handle(node, .event(.datagram(bytes, from: from)))
        case .sealed(let frame, let from): open(frame, node, from: from, kind: .datagram)
        case .stream(let stream, let bytes):
            guard let link = holder(of: stream, node) else { return }
            handle(node, .event(.streamFrame(link, bytes)))
        case .sealedStream(_, let frame): open(frame, node, from: nil, kind: .stream)
        case .streamClosed(let stream):
            guard let link = holder(of: stream, node) else { return }
            node.path.links[link]?.stream = nil
            handle(node, .event(.carrierLost(link, .stream, errno: 0)))
        }
    }

    private func holder(of stream: Int, _ node: LinkNode) -> LinkID? {
        node.path.links.keys.sorted().first { node.path.links[$0]?.stream == stream }
    }

    private func open(
        _ frame: SealedFrame,
        _ node: LinkNode,
        from: SocketAddress?,
        kind: CarrierKind
    ) {
        let (events, isData) = node.path.receive(frame, from: from, now: now)
        if isData { node.data.append((now, kind)) }
        for event in events { handle(node, .event(event)) }
    }

    // MARK: - What happens to nodes

    /// Opens a stream and lets both ends meet as base nodes do.
    @discardableResult
    func connect(_ dialler: LinkNode, _ acceptor: LinkNode, pinned: PublicKey? = nil) -> Int {
        let stream = streams.count
        let links = [LinkID(nextStreamLink), LinkID(nextStreamLink + 1)]
        nextStreamLink += 2
        let ends = [dialler, acceptor]
        streams.append(
            zip(ends, links).compactMap { node, link in
                nodes.firstIndex { $0 === node }.map { ($0, link) }
            }
        )
        for (node, link) in zip(ends, links) {
            node.path.links[link, default: .init()].stream = stream
        }
        for (i, node) in ends.enumerated() {
            let other = ends[1 - i]
            let port: UInt16 = i == 0 ? other.tcpPort : 40_000
            handle(
                node,
                .streamUp(
                    links[i],
                    isDialler: i == 0,
                    remote: SocketAddress(host: other.address.host, port: port),
                    local: node.address,
                    pinnedKey: i == 0 ? pinned : nil
                )
            )
        }
        return stream
    }

    /// The first Updates of both ends of a stream arrive in clear.
    func identify(_ stream: Int, isHypha: Bool = true) {
        for (i, end) in streams[stream].enumerated() {
            let other = nodes[streams[stream][1 - i].node]
            let router =
                isHypha
                ? RouterID(publicKey: other.key, capabilities: 1, bootRandom: 7)
                : RouterID(publicKey: other.key, zone: 0, tail: 7)
            handle(nodes[end.node], .identified(end.link, router))
        }
    }

    /// The stream breaks for both ends.
    func cut(_ stream: Int) {
        for end in streams[stream] {
            guard let link = holder(of: stream, nodes[end.node]) else { continue }
            nodes[end.node].path.links[link]?.stream = nil
            handle(nodes[end.node], .event(.carrierLost(link, .stream, errno: 104)))
        }
    }

    /// A node dies without a word and comes back with nothing but its key.
    func restart(_ index: Int, network: String = "") {
        let old = nodes[index]
        old.isDown = true
        lives += 1
        let node = LinkNode(old.name, network: network, life: lives, now: now)
        node.staticPeer = old.staticPeer
        node.address = old.address
        if node.staticPeer != nil { node.dialAt = now }
        nodes[index] = node
    }

    func dial(_ from: LinkNode, _ to: LinkNode, pinned: Bool = false) {
        from.staticPeer = (to.address, pinned ? to.key : nil)
        from.dialAt = now
    }

    /// One data frame of `byteCount`, or as large as the path is known to carry.
    func sendData(_ from: LinkNode, to: LinkNode, byteCount: Int? = nil) {
        guard let link = from.link(to: to) else { return }
        let whole = byteCount ?? from.path.links[link]?.payloadMax ?? 1232
        from.path.send(
            link,
            nil,
            .direct,
            content: [UInt8](repeating: 1, count: whole - 32),
            now: now
        )
        flush(from)
        let events = from.path.events
        from.path.events = []
        for event in events { handle(from, .event(event)) }
    }
}
