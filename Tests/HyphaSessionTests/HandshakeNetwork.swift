// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaFakes
import HyphaSession

/// One node: an engine, and what it was told to install and use.
final class HandshakeNode {
    var engine: HandshakeEngine<FakeCryptography, SplitMix64>
    let key: PublicKey
    let number: Int
    let meter: CryptographyMeter
    /// Sessions received under.
    var installed: [SessionIndex: EstablishedSession] = [:]
    /// Responder's sessions not confirmed yet.
    var unconfirmed: Set<SessionIndex> = []
    /// Session sent under, by peer and carrier.
    var using: [Route: SessionIndex] = [:]
    var failures: [AttemptID: HandshakeFailure] = [:]
    var established: [AttemptID: EstablishedSession] = [:]
    var events: [HandshakeEvent] = []
    var removed: [SessionIndex] = []
    /// What would be on disk.
    var persisted: TAI64N?
    /// When the timer input is to come; later entries in the queue are void.
    var timerAt: Instant?

    struct Route: Hashable {
        let peer: PublicKey
        let carrier: SessionCarrier
    }

    var address: SocketAddress { Self.address(number) }
    var overlay: IPv6Address { Self.overlay(number) }

    static func address(_ number: Int) -> SocketAddress {
        SocketAddress(host: .v4(IPv4Address(bits: 0x0a00_0000 | UInt32(number))), port: 9651)
    }
    static func overlay(_ number: Int) -> IPv6Address {
        IPv6Address(high: 0x0400_0000_0000_0000 | UInt64(number), low: 1)
    }

    init(
        _ number: Int,
        key: PublicKey,
        engine: consuming HandshakeEngine<FakeCryptography, SplitMix64>,
        meter: CryptographyMeter
    ) {
        self.number = number
        self.key = key
        self.engine = engine
        self.meter = meter
    }

    func current(_ peer: HandshakeNode, _ carrier: SessionCarrier) -> EstablishedSession? {
        using[Route(peer: peer.key, carrier: carrier)].flatMap { installed[$0] }
    }

    static func configuration() -> HandshakeConfiguration {
        HandshakeConfiguration(
            capabilities: [.sessions],
            carrierMTU: 1452,
            innerMTU: 1400,
            udpPort: 9651,
            tcpPort: 9652
        )
    }
}

/// What the network does to a packet.
struct HandshakeFaults {
    var loss = 0.0
    var duplication = 0.0
    /// Delay of each packet.
    var delay: ClosedRange<Duration> = .milliseconds(10) ... .milliseconds(10)
    /// Whether a packet is dropped; asked before chance is.
    var drops: (HandshakePacket) -> Bool = { _ in false }
}

/// What travels.
struct HandshakePacket {
    enum Content {
        case frame([UInt8])
        case message(UInt8, [UInt8], key: PublicKey)
        /// An empty frame under a session: the receiver's index, and the key it is sealed with.
        case transport(SessionIndex, [UInt8])
    }

    let from: Int
    let to: Int
    /// As the receiver sees it.
    let path: HandshakePath
    let content: Content

    /// The type byte of a frame, or of an end-to-end message; 4 for transport.
    var type: UInt8 {
        switch content {
        case .frame(let bytes): bytes[0]
        case .message(let type, _, _): type
        case .transport: 4
        }
    }
    var part: UInt8 {
        if case .frame(let bytes) = content { bytes[2] } else { 0 }
    }
}

/// Nodes, virtual time, and packets that are lost, doubled and delayed by chance.
final class HandshakeNetwork {
    var nodes: [HandshakeNode] = []
    var now = Instant(nanoseconds: 1_000_000_000)
    var faults = HandshakeFaults()
    /// Every current session is sent under so often, if at all.
    var keepAlive: Duration?
    var random: SplitMix64
    /// Packets that were sent, lost ones too.
    var sent: [HandshakePacket] = []
    /// Packets to addresses where nobody is.
    var unroutable: [(path: HandshakePath, content: HandshakePacket.Content)] = []
    /// Attempts begun and not over, and whose they are.
    var open: [AttemptID: Int] = [:]
    /// Latest first; of equal times the one pushed first comes last.
    private var queue: [(at: Instant, order: Int, event: Event)] = []
    private var order = 0
    private var nextAttempt: UInt64 = 0

    private enum Event {
        case deliver(HandshakePacket)
        case timer(Int)
        case keepAlive(Int)
    }

    private let capacity: HandshakeCapacity
    private let network: String

    init(
        seed: UInt64,
        nodes count: Int = 2,
        network: String = "",
        capacity: HandshakeCapacity = HandshakeCapacity()
    ) {
        random = SplitMix64(seed: seed)
        self.capacity = capacity
        self.network = network
        for number in 0..<count {
            nodes.append(make(number, key: Self.key(number), persisted: nil))
        }
    }

    /// Keys in the order of their numbers.
    static func key(_ number: Int) -> PublicKey {
        PublicKey(words: (UInt64(number + 1) << 32, 7, 7, UInt64(number)))
    }

    /// The wall clock that a node starts with.
    lazy var wallClock: () -> TAI64N = { [unowned self] in
        let seconds = 1_800_000_000 + UInt64(now.nanoseconds / 1_000_000_000)
        return TAI64N(unixSeconds: seconds, nanoseconds: 0)
    }

    private func make(
        _ number: Int,
        key: PublicKey,
        persisted: TAI64N?
    ) -> HandshakeNode {
        let meter = CryptographyMeter()
        let engine = HandshakeEngine(
            configuration: HandshakeNode.configuration(),
            crypto: FakeCryptography(key: key, network: network, meter: meter, seed: random.next()),
            random: SplitMix64(seed: random.next()),
            wallClock: wallClock(),
            persisted: persisted,
            capacity: capacity,
            now: now
        )
        let node = HandshakeNode(number, key: key, engine: engine, meter: meter)
        node.persisted = persisted
        return node
    }

    /// A node loses everything but its key and the timestamp on disk.
    func restart(_ number: Int) {
        let old = nodes[number]
        open = open.filter { $0.value != number }
        nodes[number] = make(number, key: old.key, persisted: old.persisted)
    }

    // MARK: - Driving

    @discardableResult
    func initiate(
        _ from: Int,
        to: Int,
        over carrier: SessionCarrier = .datagram,
        asking: Bool = false
    ) -> AttemptID {
        nextAttempt += 1
        let id = AttemptID(nextAttempt)
        let key = asking ? nil : nodes[to].key
        open[id] = from
        give(.initiate(id, path(from, to, carrier), key: key), to: from)
        return id
    }

    /// The stream between two nodes has one number at both ends.
    func path(_ from: Int, _ to: Int, _ carrier: SessionCarrier) -> HandshakePath {
        switch carrier {
        case .datagram: .datagram(HandshakeNode.address(to))
        case .stream: .stream(LinkID(UInt32(min(from, to) * 1000 + max(from, to))))
        case .endToEnd: .endToEnd(HandshakeNode.overlay(to))
        }
    }

    func give(_ input: HandshakeInput, to number: Int) {
        let node = nodes[number]
        node.engine.handle(input, now: now)
        while let output = node.engine.nextOutput() { carryOut(output, node) }
        let due = node.engine.nextDeadline()?.instant
        if let due, due != node.timerAt { push(.timer(number), at: max(due, now)) }
        node.timerAt = due
    }

    /// Runs until nothing is left or the time is over.
    func run(for duration: Duration) {
        let end = now + duration
        while let (at, _, event) = queue.last, at <= end {
            queue.removeLast()
            now = max(now, at)
            switch event {
            case .deliver(let packet): deliver(packet)
            case .timer(let number):
                if let due = nodes[number].timerAt, due <= now { give(.timer, to: number) }
            case .keepAlive(let number): sendKeepAlives(number)
            }
        }
        now = end
    }

    private func push(_ event: Event, at instant: Instant) {
        order += 1
        var (low, high) = (0, queue.count)
        while low < high {
            let middle = (low + high) / 2
            if queue[middle].at > instant { low = middle + 1 } else { high = middle }
        }
        queue.insert((instant, order, event), at: low)
    }

    /// From now on every session in use is sent under so often.
    func startKeepAlives(every interval: Duration) {
        keepAlive = interval
        for number in nodes.indices { push(.keepAlive(number), at: now) }
    }

    private func sendKeepAlives(_ number: Int) {
        guard let keepAlive else { return }
        let node = nodes[number]
        for index in node.using.values.sorted() {
            if let session = node.installed[index] { sendTransport(session, from: node) }
        }
        push(.keepAlive(number), at: now + keepAlive)
    }

    // MARK: - Packets

    private func carryOut(_ output: HandshakeOutput, _ node: HandshakeNode) {
        switch output {
        case .send(let bytes, let path): send(.frame(bytes), from: node, over: path)
        case .sendMessage(let type, let content, let address):
            send(.message(type, content, key: node.key), from: node, over: .endToEnd(address))
        case .install(let session):
            node.installed[session.localIndex] = session
            if !session.isInitiator { node.unconfirmed.insert(session.localIndex) }
            if let id = session.attempt {
                node.established[id] = session
                open[id] = nil
            }
        case .use(let index):
            guard let session = node.installed[index] else { return }
            let route = HandshakeNode.Route(peer: session.peer, carrier: session.path.carrier)
            node.using[route] = index
            if session.isInitiator { sendTransport(session, from: node) }
        case .remove(let index):
            node.removed.append(index)
            guard let session = node.installed.removeValue(forKey: index) else { return }
            node.unconfirmed.remove(index)
            let route = HandshakeNode.Route(peer: session.peer, carrier: session.path.carrier)
            if node.using[route] == index { node.using[route] = nil }
        case .attemptFailed(let id, let failure):
            node.failures[id] = failure
            open[id] = nil
        case .timestamp(let timestamp): node.persisted = timestamp
        case .event(let event): node.events.append(event)
        }
    }

    func sendTransport(_ session: EstablishedSession, from node: HandshakeNode) {
        let key = session.keys.sending.withBytes { Array(copying: $0) }
        send(.transport(session.remoteIndex, key), from: node, over: session.path)
    }

    private func send(
        _ content: HandshakePacket.Content,
        from node: HandshakeNode,
        over path: HandshakePath
    ) {
        let candidates = nodes.indices.filter { self.path(node.number, $0, path.carrier) == path }
        if candidates.isEmpty { unroutable.append((path, content)) }
        for to in candidates where to != node.number || path.carrier != .stream {
            let seen: HandshakePath =
                switch path {
                case .datagram: .datagram(node.address)
                case .stream: path
                case .endToEnd: .endToEnd(node.overlay)
                }
            let packet = HandshakePacket(
                from: node.number,
                to: to,
                path: seen,
                content: content
            )
            sent.append(packet)
            guard !faults.drops(packet) else { continue }
            let copies = chance(faults.duplication) ? 2 : 1
            for _ in 0..<copies where !chance(faults.loss) { launch(packet) }
        }
    }

    /// Puts a packet on its way, beyond the reach of loss.
    func launch(_ packet: HandshakePacket) {
        let range = faults.delay
        let delay = Duration.nanoseconds(
            Int64.random(
                in: range.lowerBound.nanoseconds...range.upperBound.nanoseconds,
                using: &random
            )
        )
        push(.deliver(packet), at: now + delay)
    }

    private func chance(_ probability: Double) -> Bool {
        probability > 0 && Double.random(in: 0..<1, using: &random) < probability
    }

    func deliver(_ packet: HandshakePacket) {
        switch packet.content {
        case .frame(let bytes): give(.frame(bytes, from: packet.path), to: packet.to)
        case .message(let type, let content, let key):
            guard case .endToEnd(let address) = packet.path else { return }
            give(.message(type, content, from: address, key: key), to: packet.to)
        case .transport(let index, let key):
            let node = nodes[packet.to]
            let opens = node.installed[index]?.keys.receiving.withBytes { Array(copying: $0) }
            guard opens == key, node.unconfirmed.remove(index) != nil else { return }
            give(.confirmed(index), to: packet.to)
        }
    }

    // MARK: - Checks

    /// Whether each of two nodes sends what the other can read, under the same session.
    func agree(_ first: Int, _ second: Int, over carrier: SessionCarrier = .datagram) -> Bool {
        guard let here = nodes[first].current(nodes[second], carrier),
            let there = nodes[second].current(nodes[first], carrier)
        else { return false }
        func bytes(_ secret: borrowing SecretBytes) -> [UInt8] {
            secret.withBytes { Array(copying: $0) }
        }
        return here.localIndex == there.remoteIndex && here.remoteIndex == there.localIndex
            && bytes(here.keys.sending) == bytes(there.keys.receiving)
            && bytes(here.keys.receiving) == bytes(there.keys.sending)
    }

    func count(type: UInt8) -> Int { sent.count { $0.type == type } }
}
