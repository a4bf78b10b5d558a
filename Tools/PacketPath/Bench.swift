// SPDX-License-Identifier: Apache-2.0
import CAllocationProbe
import Glibc
import HyphaBase
import HyphaCrypto
import HyphaDataPlane
import HyphaForwarding
import HyphaLinux

/// Two workers joined by a stream, each with a packet socket in the place of its TUN device, driven
/// from one thread, so that what one packet allocates and costs can be counted.
struct Bench: ~Copyable {
    private var left: End
    private var right: End

    /// One worker and the host's side of its device.
    struct End: ~Copyable {
        let identity: NodeIdentity
        var worker: Worker
        let host: Descriptor
        let mailbox: Mailbox
        let board: CounterBoard
    }

    /// - Parameter isDirect: Whether each is told that the other is its neighbour itself, which
    ///   makes large TCP packets travel whole.
    /// - Throws: When the kernel gives no sockets.
    init(isDirect: Bool) throws {
        let stream = try Self.pair(SOCK_STREAM)
        let left = try Self.end()
        let right = try Self.end()
        Self.join(left, to: right.identity, stream.0, isDirect)
        Self.join(right, to: left.identity, stream.1, isDirect)
        self.left = left
        self.right = right
        self.left.worker.turn(mayWait: false)
        self.right.worker.turn(mayWait: false)
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
            left.worker.turn(mayWait: false)
            right.worker.turn(mayWait: false)
            left.worker.turn(mayWait: false)
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

    struct Result {
        var sent = 0
        /// Bytes behind all headers.
        var arrivedContent = 0
        var allocations: UInt64 = 0
        var nanoseconds: Int64 = 0
    }

    // MARK: - Making

    private static func end() throws -> End {
        let device = try pair(SOCK_SEQPACKET)
        guard let identity = NodeIdentity(secret: .random(byteCount: 32)) else {
            throw Failure.noIdentity
        }
        let mailbox = try Mailbox()
        let board = CounterBoard()
        let worker = try Worker(
            identity: identity,
            tun: Descriptor(adopting: device.0),
            growsUDP: false,
            mailbox: mailbox,
            board: board
        )
        return End(
            identity: identity,
            worker: worker,
            host: Descriptor(adopting: device.1),
            mailbox: mailbox,
            board: board
        )
    }

    private static func join(
        _ end: borrowing End,
        to peer: NodeIdentity,
        _ stream: Int32,
        _ isDirect: Bool
    ) {
        let link = LinkID(1)
        let route = ForwardingState.Route(
            link: link,
            key: peer.publicKey,
            isDirect: isDirect,
            refreshAt: .distantFuture
        )
        _ = end.mailbox.post(
            [.addLink(link, descriptor: stream, LinkCounters())],
            routes: [(peer.subnet, .selected(route))]
        )
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
