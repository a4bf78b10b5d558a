// SPDX-License-Identifier: Apache-2.0
import CAllocationProbe
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

/// Two workers joined by a link, or by two and a third worker, each with a packet socket in the
/// place of its TUN device, driven from one thread, so that what one packet allocates and costs can
/// be counted.
struct Bench: ~Copyable {
    private var left: End
    private var middle: End?
    private var right: End

    /// What joins the workers.
    enum Joint {
        /// A stream in the base dialect; whether each is told that the other is its neighbour
        /// itself, which makes large TCP packets travel whole.
        case baseStream(isDirect: Bool)
        case sealedStream
        case datagrams
        /// Datagrams to a third worker, which passes packets on.
        case transit
        /// Datagrams, with a second worker at the left end that has the link.
        case crew
    }

    /// One node and the host's side of its device.
    struct End: ~Copyable {
        let identity: NodeIdentity
        var worker: Worker
        /// Has the first link, and the same device.
        var helper: Worker?
        let host: Descriptor
        let mailbox: WorkerCrew

        mutating func turn() {
            worker.turn(mayWait: false)
            helper?.turn(mayWait: false)
            // What the second one hands back.
            if helper != nil { worker.turn(mayWait: false) }
        }
    }

    /// - Throws: When the kernel gives no sockets.
    init(_ joint: Joint) throws {
        let left = try Self.end(workers: joint.isCrew ? 2 : 1)
        let right = try Self.end()
        var middle: End?
        switch joint {
        case .baseStream(let isDirect):
            let stream = try Self.pair(SOCK_STREAM)
            Self.join(left, to: right.identity, stream.0, isDirect)
            Self.join(right, to: left.identity, stream.1, isDirect)
        case .sealedStream:
            let stream = try Self.pair(SOCK_STREAM)
            Self.join(left, to: right.identity, stream.0, true)
            Self.join(right, to: left.identity, stream.1, true)
            Self.seal(left, LinkID(1), right, LinkID(1), .stream)
        case .datagrams, .crew:
            try Self.joinByDatagrams(left, LinkID(1), right, LinkID(1))
        case .transit:
            let between = try Self.end()
            try Self.joinByDatagrams(left, LinkID(1), between, LinkID(1))
            try Self.joinByDatagrams(between, LinkID(2), right, LinkID(1))
            Self.route(left, to: right.identity, LinkID(1), false)
            Self.route(right, to: left.identity, LinkID(1), false)
            middle = consume between
        }
        self.left = left
        self.right = right
        self.middle = middle
        turn()
    }

    /// One turn of each, in the order of the way; twice, so that what one puts up for the next is
    /// done as well.
    private mutating func turn() {
        left.turn()
        middle?.turn()
        right.turn()
        middle?.turn()
        left.turn()
    }

    /// Sends packets from one host to the other.
    ///
    /// - Parameters:
    ///   - packet: Made for the addresses of sender and receiver.
    ///   - count: How many.
    ///   - isReverse: From right to left.
    /// - Returns: What arrived, and what the workers allocated and took for it.
    mutating func send(
        _ packet: (_ from: IPv6Address, _ to: IPv6Address) -> [UInt8],
        count: Int,
        isReverse: Bool
    ) -> Result {
        let bytes =
            isReverse
            ? packet(right.identity.address, left.identity.address)
            : packet(left.identity.address, right.identity.address)
        var buffer = [UInt8](repeating: 0, count: 70_000)
        var result = Result()
        let batch = bytes.count > 4000 ? 1 : 16
        while result.sent < count {
            let feeding = isReverse ? right.host.rawValue : left.host.rawValue
            let draining = isReverse ? left.host.rawValue : right.host.rawValue
            for _ in 0..<min(batch, count - result.sent) {
                // Safe: pointer and size belong together.
                let written = unsafe write(feeding, bytes, bytes.count)
                if written == bytes.count { result.sent += 1 }
            }
            let allocations = hypha_allocation_count()
            let start = MonotonicClock.now()
            turn()
            result.nanoseconds += MonotonicClock.now().elapsed(since: start).nanoseconds
            result.allocations += hypha_allocation_count() - allocations
            while true {
                // Safe: pointer and size belong together.
                let got = unsafe read(draining, &buffer, buffer.count)
                guard got > 0 else { break }
                result.arrivedContent += got - Packets.headerByteCount(buffer)
            }
        }
        return result
    }

    /// What came of a run.
    struct Result {
        var sent = 0
        /// Bytes behind all headers.
        var arrivedContent = 0
        var allocations: UInt64 = 0
        var nanoseconds: Int64 = 0
    }

    // MARK: - Making

    private static func end(workers: Int = 1) throws -> End {
        let device = try pair(SOCK_SEQPACKET)
        guard let identity = NodeIdentity(secret: .random(byteCount: 32)) else {
            throw Failure.noIdentity
        }
        let crew = try WorkerCrew(count: workers)
        var helper: Worker?
        if workers > 1 { helper = try worker(1, of: crew, identity, dup(device.0)) }
        return End(
            identity: identity,
            worker: try worker(0, of: crew, identity, device.0),
            helper: helper,
            host: Descriptor(adopting: device.1),
            mailbox: crew
        )
    }

    private static func worker(
        _ number: Int,
        of crew: WorkerCrew,
        _ identity: NodeIdentity,
        _ device: Int32
    ) throws -> Worker {
        try Worker(
            identity: identity,
            tun: Descriptor(adopting: device),
            growsUDP: false,
            usesRing: false,
            mailbox: crew.mailbox(of: number),
            board: crew.board(of: number),
            seat: crew.seat(of: number)
        )
    }

    private static func join(
        _ end: borrowing End,
        to peer: NodeIdentity,
        _ stream: Int32,
        _ isDirect: Bool
    ) {
        _ = end.mailbox.post(
            [.addLink(LinkID(1), descriptor: stream, LinkTraffic())],
            routes: []
        )
        route(end, to: peer, LinkID(1), isDirect)
    }

    private static func route(
        _ end: borrowing End,
        to peer: NodeIdentity,
        _ link: LinkID,
        _ isDirect: Bool
    ) {
        let route = ForwardingState.Route(
            link: link,
            key: peer.publicKey,
            isDirect: isDirect,
            refreshAt: .distantFuture,
            pathMTU: .max
        )
        _ = end.mailbox.post([], routes: [(peer.subnet, .selected(route))])
    }

    /// Joins two workers by UDP on the loopback interface.
    private static func joinByDatagrams(
        _ first: borrowing End,
        _ firstLink: LinkID,
        _ second: borrowing End,
        _ secondLink: LinkID
    ) throws {
        let loopback = SocketAddress(host: .v6(IPv6Address(high: 0, low: 1), scope: 0), port: 0)
        let here = try DatagramSocket(on: loopback)
        let there = try DatagramSocket(on: loopback)
        let addresses = (here.localAddress, there.localAddress)
        _ = first.mailbox.post(
            [
                .addSocket(here.release()), .addDatagramLink(firstLink, LinkTraffic()),
                .carrier(.endpoint(firstLink, addresses.1)),
                .carrier(.payloadMax(firstLink, 1452)),
            ],
            routes: []
        )
        _ = second.mailbox.post(
            [
                .addSocket(there.release()), .addDatagramLink(secondLink, LinkTraffic()),
                .carrier(.endpoint(secondLink, addresses.0)),
                .carrier(.payloadMax(secondLink, 1452)),
            ],
            routes: []
        )
        route(first, to: second.identity, firstLink, true)
        route(second, to: first.identity, secondLink, true)
        seal(first, firstLink, second, secondLink, .datagram)
    }

    /// Gives both ends of a link keys, and the link to these.
    private static func seal(
        _ first: borrowing End,
        _ firstLink: LinkID,
        _ second: borrowing End,
        _ secondLink: LinkID,
        _ carrier: CarrierKind
    ) {
        let keys = (0..<2).map { _ in (0..<32).map { _ in UInt8.random(in: 0...255) } }
        let (here, there) = (SessionIndex(firstLink.value), SessionIndex(secondLink.value))
        install(first, firstLink, carrier, here, there, second.identity, keys[0], keys[1])
        install(second, secondLink, carrier, there, here, first.identity, keys[1], keys[0])
    }

    private static func install(
        _ end: borrowing End,
        _ link: LinkID,
        _ carrier: CarrierKind,
        _ local: SessionIndex,
        _ remote: SessionIndex,
        _ peer: NodeIdentity,
        _ sending: [UInt8],
        _ receiving: [UInt8]
    ) {
        let keys = SessionKeys(
            sending: SecretBytes(copying: sending.span),
            receiving: SecretBytes(copying: receiving.span)
        )
        let commands: [CarrierCommand] = [
            .install(link, carrier, local: local, remote: remote, keys),
            .peer(link, peer.publicKey), .use(link, carrier, local: local),
            .carrier(link, carrier), .sealStream(link),
        ]
        _ = end.mailbox.post(commands.map { .carrier($0) }, routes: [])
    }

    /// Two connected, non-blocking sockets with room for a few of the largest packets.
    private static func pair(_ type: __socket_type) throws -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(type.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        // Safe: the array has room for both descriptors.
        guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw Failure.noSockets }
        var size: Int32 = 4 << 20
        for end in ends {
            // Safe: pointer and size belong together.
            _ = unsafe setsockopt(end, SOL_SOCKET, SO_SNDBUFFORCE, &size, 4)
        }
        return (ends[0], ends[1])
    }

    enum Failure: Error {
        case noSockets
        case noIdentity
    }
}

extension Bench.Joint {
    /// Whether the left end has two workers.
    fileprivate var isCrew: Bool {
        if case .crew = self { true } else { false }
    }
}
