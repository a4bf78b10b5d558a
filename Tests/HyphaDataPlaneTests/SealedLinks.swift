// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaCrypto
import HyphaDataPlane
import HyphaLink
import HyphaSession
import HyphaWire

/// A worker with one authenticated neighbour that the test itself plays.
struct SealedNode: ~Copyable {
    var node: WorkerHarness
    let link: LinkID
    let carrier: CarrierKind
    /// The worker's index of the session.
    let local: SessionIndex
    /// The neighbour's identity and its half of the session.
    let stranger: Stranger
    var peer: SealedPeer
    /// The neighbour's socket, and the worker's address.
    let end: DatagramEnd
    let address: SocketAddress

    init(
        _ carrier: CarrierKind,
        hasTUN: Bool = true,
        payloadMax: Int = 1452
    ) throws {
        var node = try WorkerHarness(hasTUN: hasTUN)
        let stranger = try Stranger()
        let end = try DatagramEnd()
        let address = try node.addSocket()
        let link = carrier == .datagram ? node.addDatagramLink() : try node.addLink()
        let keys = TestKeys(seed: 0x11)
        let local = node.nextIndex()
        let remote = SessionIndex(0xabcd_0123)
        node.perform(
            .install(link, carrier, local: local, remote: remote, keys.session),
            .peer(link, stranger.identity.publicKey),
            .carrier(link, carrier)
        )
        if carrier == .datagram {
            node.perform(.endpoint(link, end.address), .payloadMax(link, payloadMax))
        } else {
            node.perform(.sealStream(link))
        }
        node.perform(.use(link, carrier, local: local))
        node.route(stranger.identity.subnet, link, stranger.identity.publicKey)
        peer = try SealedPeer(keys.mirrored, worker: local, own: remote)
        self.node = node
        self.local = local
        self.link = link
        self.carrier = carrier
        self.stranger = stranger
        self.end = end
        self.address = address
    }

    /// The neighbour sends frames; the worker sees all in one turn.
    mutating func receive(_ frames: [[UInt8]]) {
        if carrier == .datagram {
            end.send(frames, to: address)
            node.turn()
        } else {
            node.receive(frames.flatMap(SealedPeer.packet), on: link)
        }
    }

    /// The frames that the neighbour gets, sealed.
    func sentFrames() -> [[UInt8]] {
        carrier == .datagram ? end.receive() : SealedPeer.frames(in: node.sent(on: link))
    }

    /// The frames that the neighbour gets, opened; those that cannot be are left out.
    func sent() -> [OpenedFrame] { sentFrames().compactMap { peer.open($0) } }

    /// A packet of a program of this host for the neighbour.
    func outgoing(_ byteCount: Int, seed: Int = 0, hops: UInt8 = 64) -> [UInt8] {
        HostPackets.plain(
            node.identity.address,
            stranger.identity.address,
            byteCount: byteCount,
            seed: seed,
            hops: hops
        )
    }

    /// A packet of the neighbour for a program of this host.
    func incoming(_ byteCount: Int, seed: Int = 0, hops: UInt8 = 64) -> [UInt8] {
        HostPackets.plain(
            stranger.identity.address,
            node.identity.address,
            byteCount: byteCount,
            seed: seed,
            hops: hops
        )
    }
}

/// How two workers are joined.
enum Joint {
    case baseStream
    case sealedStream
    case datagrams
}

/// Links of two workers to each other.
enum Links {
    /// Makes a link, and tells each of them that the other is its neighbour.
    static func join(
        _ left: inout WorkerHarness,
        _ right: inout WorkerHarness,
        _ joint: Joint,
        payloadMax: Int = 1452
    ) throws -> (left: LinkID, right: LinkID) {
        let links: (left: LinkID, right: LinkID)
        switch joint {
        case .datagrams:
            links = (left.addDatagramLink(), right.addDatagramLink())
        case .baseStream, .sealedStream:
            let stream = try WorkerHarness.pair(SOCK_STREAM)
            links = (left.addLink(descriptor: stream.0), right.addLink(descriptor: stream.1))
        }
        left.route(right.identity.subnet, links.left, right.identity.publicKey)
        right.route(left.identity.subnet, links.right, left.identity.publicKey)
        guard joint != .baseStream else { return links }
        let carrier = joint == .datagrams ? CarrierKind.datagram : .stream
        let keys = TestKeys(seed: UInt8.random(in: 0...255))
        let (here, there) = (left.nextIndex(), right.nextIndex())
        left.perform(
            .install(links.left, carrier, local: here, remote: there, keys.session),
            .peer(links.left, right.identity.publicKey),
            .carrier(links.left, carrier)
        )
        right.perform(
            .install(links.right, carrier, local: there, remote: here, keys.mirrored.session),
            .peer(links.right, left.identity.publicKey),
            .carrier(links.right, carrier)
        )
        if joint == .datagrams {
            let addresses = (try left.addSocket(), try right.addSocket())
            left.perform(
                .endpoint(links.left, addresses.1),
                .payloadMax(links.left, payloadMax)
            )
            right.perform(
                .endpoint(links.right, addresses.0),
                .payloadMax(links.right, payloadMax)
            )
        } else {
            left.perform(.sealStream(links.left))
            right.perform(.sealStream(links.right))
        }
        left.perform(.use(links.left, carrier, local: here))
        right.perform(.use(links.right, carrier, local: there))
        return links
    }
}
