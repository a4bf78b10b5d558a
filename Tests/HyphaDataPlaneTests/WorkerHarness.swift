// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaDataPlane
import HyphaForwarding
import HyphaLink
import HyphaLinux
import HyphaSession
import HyphaWire

/// Workers with packet sockets in the place of their TUN queues and of their neighbours' streams,
/// and with UDP sockets on the loopback interface, driven turn by turn; one unless said otherwise.
struct WorkerHarness: ~Copyable {
    let identity: NodeIdentity
    /// The way to the workers.
    let mailbox: WorkerCrew
    private var workers: Slab<Worker>
    /// The host's side of the TUN queues.
    private var hosts = Slab<Descriptor>(capacity: Limits.workersMax)
    private var neighbours: [LinkID: Int32] = [:]
    private var traffic: [LinkID: LinkTraffic] = [:]
    private var linkCount: UInt32 = 0
    private var indexCount: UInt32 = 0

    init(
        hasTUN: Bool = true,
        workers count: Int = WorkerHarness.workerCount,
        ringByteCount: Int = Limits.workerRingBytes
    ) throws {
        guard let identity = NodeIdentity(secret: .random(byteCount: 32)) else {
            throw Failure.noIdentity
        }
        let crew = try WorkerCrew(count: count, ringByteCount: ringByteCount)
        var workers = Slab<Worker>(capacity: count)
        for number in 0..<count {
            var device: Descriptor?
            if hasTUN {
                let pair = try Self.pair(SOCK_SEQPACKET)
                device = Descriptor(adopting: pair.0)
                _ = hosts.insert(Descriptor(adopting: pair.1))
            }
            let worker = try Worker(
                identity: identity,
                tun: device,
                growsUDP: false,
                usesRing: false,
                mailbox: crew.mailbox(of: number),
                board: crew.board(of: number),
                seat: crew.seat(of: number)
            )
            _ = workers.insert(worker)
        }
        self.identity = identity
        mailbox = crew
        self.workers = workers
    }

    deinit { for end in neighbours.values { close(end) } }

    /// Workers where a test says nothing: one, or as many as `HYPHA_TEST_WORKERS` says, with which
    /// all tests but those that count turns or events of one worker pass as well.
    static let workerCount = Environment.value("HYPHA_TEST_WORKERS").flatMap { Int($0) } ?? 1

    /// Adds a link; its id is its place in the order of addition, from 1.
    mutating func addLink() throws -> LinkID {
        let stream = try Self.pair(SOCK_STREAM)
        let link = addLink(descriptor: stream.0)
        neighbours[link] = stream.1
        return link
    }

    /// Adds a link over one end of a stream whose other end somebody else has.
    mutating func addLink(descriptor: Int32) -> LinkID {
        let (link, counters) = nextLink()
        post(.addLink(link, descriptor: descriptor, counters))
        return link
    }

    /// Adds a link that has no carrier so far.
    mutating func addDatagramLink() -> LinkID {
        let (link, counters) = nextLink()
        post(.addDatagramLink(link, counters))
        return link
    }

    private mutating func nextLink() -> (LinkID, LinkTraffic) {
        linkCount += 1
        let counters = LinkTraffic()
        traffic[LinkID(linkCount)] = counters
        return (LinkID(linkCount), counters)
    }

    /// Gives the worker a UDP socket on the loopback interface; where it listens.
    mutating func addSocket() throws -> SocketAddress {
        let socket = try DatagramSocket(on: .loopback)
        let address = socket.localAddress
        post(.addSocket(socket.release()))
        return address
    }

    /// A session index of this worker that nothing else has.
    mutating func nextIndex() -> SessionIndex {
        indexCount += 1
        return SessionIndex(indexCount &* 0x9e37_79b1)
    }

    /// Posts what the control plane says about carriers, all at once.
    mutating func perform(_ commands: CarrierCommand...) {
        _ = mailbox.post(commands.map { .carrier($0) }, routes: [])
        turn()
    }

    /// What links say, in order; other events are passed over.
    func takeCarrierEvents() -> [CarrierEvent] {
        mailbox.takeEvents().compactMap { if case .carrier(let event) = $0 { event } else { nil } }
    }

    /// Tells the worker that control frames of a link were dealt with.
    mutating func take(_ count: Int, of link: LinkID) {
        guard let counters = traffic[link] else { return }
        var batch = DataPlane.Batch()
        batch.taken(count, of: link, counters)
        if !batch.isEmpty { post(.resume(link)) }
    }

    /// Publishes a selected route.
    mutating func route(
        _ prefix: Prefix,
        _ link: LinkID,
        _ key: PublicKey,
        isDirect: Bool = true,
        pathMTU: UInt16 = .max,
        offersSessions: Bool = false
    ) {
        let state = ForwardingState.Route(
            link: link,
            key: key,
            isDirect: isDirect,
            refreshAt: .distantFuture,
            pathMTU: pathMTU,
            offersSessions: offersSessions
        )
        _ = mailbox.post([], routes: [(prefix, .selected(state))])
        turn()
    }

    mutating func post(_ command: DataPlaneCommand) {
        _ = mailbox.post([command], routes: [])
        turn()
    }

    /// Two turns: what one puts up for the next is done as well; more for what goes from worker to
    /// worker.
    mutating func turn() {
        for _ in 0..<(workers.count == 1 ? 2 : 5) {
            for number in 0..<workers.end { workers[number].turn(mayWait: false) }
        }
    }

    /// One turn of one worker.
    mutating func turn(worker number: Int) { workers[number].turn(mayWait: false) }

    /// A turn that waits for the worker's next deadline, or for something to happen.
    mutating func turnAtDeadline(worker number: Int = 0) { workers[number].turn() }

    /// A neighbour sends bytes.
    mutating func receive(_ bytes: [UInt8], on link: LinkID) {
        let end = neighbours[link] ?? -1
        // Safe: pointer and size belong together.
        _ = unsafe send(end, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        turn()
    }

    /// What a neighbour gets.
    func sent(on link: LinkID) -> [UInt8] { Self.drain(neighbours[link] ?? -1) }

    /// The neighbour goes away.
    mutating func hangUp(_ link: LinkID) {
        shutdown(neighbours[link] ?? -1, Int32(SHUT_RDWR))
        turn()
    }

    /// A program of the host sends an IP packet.
    mutating func sendFromHost(
        _ packet: [UInt8],
        _ offload: VirtioNetHeader = .init(),
        queue: Int = 0
    ) {
        feed([packet], offload, queue: queue)
        turn()
    }

    /// Programs of the host send IP packets; the worker does not see them before its next turn.
    func feed(_ packets: [[UInt8]], _ offload: VirtioNetHeader = .init(), queue: Int = 0) {
        for packet in packets {
            var bytes = [UInt8](repeating: 0, count: VirtioNetHeader.byteCount) + packet
            var span = bytes.mutableSpan
            offload.write(to: &span, at: 0)
            guard hosts.contains(queue) else { return }
            // Safe: pointer and size belong together.
            _ = unsafe write(hosts[queue].rawValue, bytes, bytes.count)
        }
    }

    /// IP packets that the host gets.
    func deliveredToHost() -> [[UInt8]] { deliveredWithOffload().map(\.packet) }

    /// IP packets that the host gets, each with what is said about its segments and checksum.
    func deliveredWithOffload() -> [(offload: VirtioNetHeader, packet: [UInt8])] {
        (0..<hosts.end).flatMap { delivered(by: $0) }
    }

    /// The same from one queue.
    func delivered(by queue: Int) -> [(offload: VirtioNetHeader, packet: [UInt8])] {
        var packets: [(offload: VirtioNetHeader, packet: [UInt8])] = []
        while true {
            let packet = Self.read(hosts[queue].rawValue)
            guard packet.count > VirtioNetHeader.byteCount,
                let offload = VirtioNetHeader(packet.span)
            else { return packets }
            packets.append((offload, Array(packet.dropFirst(VirtioNetHeader.byteCount))))
        }
    }

    var counters: DataPlaneCounters { mailbox.counters }

    /// What one worker counted.
    func counters(of worker: Int) -> DataPlaneCounters { mailbox.board(of: worker).current }

    enum Failure: Error {
        case noIdentity
        case noSockets
    }

    private static func drain(_ descriptor: Int32) -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let part = read(descriptor)
            guard !part.isEmpty else { return all }
            all += part
        }
    }

    private static func read(_ descriptor: Int32) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 70_000)
        // Safe: pointer and size belong together.
        let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
        return count > 0 ? Array(buffer[..<count]) : []
    }

    static func pair(_ type: __socket_type) throws -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(type.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        // Safe: the array has room for both descriptors.
        guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw Failure.noSockets }
        guard type == SOCK_SEQPACKET else { return (ends[0], ends[1]) }
        var size: Int32 = 4 << 20
        // Safe: pointer and size belong together; only root gets as much.
        for end in ends { _ = unsafe setsockopt(end, SOL_SOCKET, SO_SNDBUFFORCE, &size, 4) }
        return (ends[0], ends[1])
    }
}

/// Another node, for making and opening what it and the worker say to each other.
struct Stranger {
    let identity: NodeIdentity

    init() throws {
        guard let identity = NodeIdentity(secret: .random(byteCount: 32)) else {
            throw WorkerHarness.Failure.noIdentity
        }
        self.identity = identity
    }

    /// Somebody who has the key of a worker.
    init(_ identity: NodeIdentity) { self.identity = identity }

    /// A framed data packet to another node.
    func frame(
        _ kind: UserHeader.Kind,
        _ content: [UInt8],
        to: NodeIdentity,
        hops: UInt8 = 64
    )
        -> [UInt8]
    {
        var plaintext: [UInt8] = [1, kind.type, 0, 0]
        plaintext += content
        var body = [UInt8](repeating: 0, count: plaintext.count + BaseBody.sealByteCount)
        var span = body.mutableSpan
        if var cipher = identity.makeCipher(for: to.publicKey) {
            let nonce = Nonce(high: UInt64.random(in: 0 ... .max), low: 7)
            _ = BaseBody.seal(plaintext.span, with: &cipher, nonce: nonce, into: &span)
        }
        return Self.header(hops, identity.address, to.address, body.count) + body
    }

    /// The plaintext of a framed data packet from another node.
    func open(_ frame: [UInt8], from: NodeIdentity) -> [UInt8]? {
        var body = Array(frame.dropFirst(DataHeader.byteCount))
        var span = body.mutableSpan
        guard var cipher = identity.makeCipher(for: from.publicKey),
            BaseBody.open(inPlace: &span, with: &cipher)
        else { return nil }
        return Array(body.dropLast(BaseBody.sealByteCount))
    }

    static func header(
        _ hops: UInt8,
        _ from: IPv6Address,
        _ to: IPv6Address,
        _ size: Int
    )
        -> [UInt8]
    {
        var bytes = [UInt8](repeating: 0, count: DataHeader.byteCount)
        var span = bytes.mutableSpan
        DataHeader(
            bodyByteCount: UInt16(size),
            hopLimit: hops,
            source: from,
            destination: to
        ).write(to: &span)
        return bytes
    }

    /// An IPv6 packet with a few bytes of an unassigned protocol.
    static func packet(_ from: IPv6Address, _ to: IPv6Address, hops: UInt8 = 64) -> [UInt8] {
        [0x60, 0, 0, 0, 0, 4, 253, hops] + from.bytes + to.bytes + [1, 2, 3, 4]
    }
}
