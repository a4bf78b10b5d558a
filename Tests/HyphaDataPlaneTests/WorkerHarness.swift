// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaDataPlane
import HyphaForwarding
import HyphaLinux
import HyphaSession
import HyphaWire

/// One worker with packet sockets in the place of its TUN device and of its neighbours' streams,
/// driven turn by turn.
struct WorkerHarness: ~Copyable {
    let identity: NodeIdentity
    let mailbox: Mailbox
    let board: CounterBoard
    private var worker: Worker
    /// The host's side of the TUN device.
    let host: Descriptor?
    private var neighbours: [Int32] = []

    init(hasTUN: Bool = true) throws {
        guard let identity = NodeIdentity(secret: .random(byteCount: 32)) else {
            throw Failure.noIdentity
        }
        let mailbox = try Mailbox()
        let board = CounterBoard()
        var device: Descriptor?
        var host: Descriptor?
        if hasTUN {
            let pair = try Self.pair(SOCK_SEQPACKET)
            device = Descriptor(adopting: pair.0)
            host = Descriptor(adopting: pair.1)
        }
        let worker = try Worker(
            identity: identity,
            tun: device,
            growsUDP: false,
            mailbox: mailbox,
            board: board
        )
        self.identity = identity
        self.mailbox = mailbox
        self.board = board
        self.host = host
        self.worker = worker
    }

    deinit { for end in neighbours { close(end) } }

    /// Adds a link; its id is its place in the order of addition, from 1.
    mutating func addLink() throws -> LinkID {
        let stream = try Self.pair(SOCK_STREAM)
        neighbours.append(stream.1)
        let link = LinkID(UInt32(neighbours.count))
        _ = mailbox.post([.addLink(link, descriptor: stream.0, LinkCounters())], routes: [])
        turn()
        return link
    }

    /// Publishes a selected route.
    mutating func route(_ prefix: Prefix, _ link: LinkID, _ key: PublicKey, isDirect: Bool = true) {
        let state = ForwardingState.Route(
            link: link,
            key: key,
            isDirect: isDirect,
            refreshAt: .distantFuture
        )
        _ = mailbox.post([], routes: [(prefix, .selected(state))])
        turn()
    }

    mutating func post(_ command: DataPlaneCommand) {
        _ = mailbox.post([command], routes: [])
        turn()
    }

    /// Two turns: what one puts up for the next is done as well.
    mutating func turn() {
        worker.turn(mayWait: false)
        worker.turn(mayWait: false)
    }

    /// A neighbour sends bytes.
    mutating func receive(_ bytes: [UInt8], on link: LinkID) {
        // Safe: pointer and size belong together.
        _ = unsafe write(neighbours[Int(link.value) - 1], bytes, bytes.count)
        turn()
    }

    /// What a neighbour gets.
    func sent(on link: LinkID) -> [UInt8] { Self.drain(neighbours[Int(link.value) - 1]) }

    /// The neighbour goes away.
    mutating func hangUp(_ link: LinkID) {
        shutdown(neighbours[Int(link.value) - 1], Int32(SHUT_RDWR))
        turn()
    }

    /// A program of the host sends an IP packet.
    mutating func sendFromHost(_ packet: [UInt8]) {
        let bytes = [UInt8](repeating: 0, count: VirtioNetHeader.byteCount) + packet
        switch host {
        // Safe: pointer and size belong together.
        case .some(let host): _ = unsafe write(host.rawValue, bytes, bytes.count)
        case .none: break
        }
        turn()
    }

    /// IP packets that the host gets.
    func deliveredToHost() -> [[UInt8]] {
        var packets: [[UInt8]] = []
        switch host {
        case .some(let host):
            while true {
                let packet = Self.read(host.rawValue)
                guard packet.count > VirtioNetHeader.byteCount else { break }
                packets.append(Array(packet.dropFirst(VirtioNetHeader.byteCount)))
            }
        case .none: break
        }
        return packets
    }

    var counters: DataPlaneCounters { board.current }

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

    private static func pair(_ type: __socket_type) throws -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(type.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        // Safe: the array has room for both descriptors.
        guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw Failure.noSockets }
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
