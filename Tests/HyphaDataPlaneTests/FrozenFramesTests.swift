// SPDX-License-Identifier: Apache-2.0
import Foundation
import HyphaBase
import HyphaCrypto
import HyphaDataPlane
import HyphaForwarding
import HyphaLink
import HyphaSession
import HyphaWire
import Testing

private struct Frames: Decodable {
    struct Transport: Decodable {
        let name: String
        let key: String
        let kind: UInt8
        let receiver_index: UInt32
        let counter: String
        let content: String
        let frame: String
    }

    let transport: [Transport]
}

/// The frames of `Tests/Vectors/hypha`, computed with other code, against whole workers.
@Suite struct FrozenFramesTests {
    private let vectors: [Frames.Transport]

    init() throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Vectors/hypha/frames.json")
        vectors = try JSONDecoder().decode(Frames.self, from: Data(contentsOf: url)).transport
    }

    private func bytes(_ text: String) throws -> [UInt8] { try #require(Hexadecimal.bytes(text)) }

    /// A worker whose neighbour has the vector's key and index.
    private func link(
        _ vector: Frames.Transport,
        _ carrier: CarrierKind,
        in node: inout WorkerHarness,
        to end: DatagramEnd
    ) throws -> (link: LinkID, address: SocketAddress) {
        let address = try node.addSocket()
        let link = carrier == .datagram ? node.addDatagramLink() : try node.addLink()
        let key = try bytes(vector.key)
        let keys = TestKeys(sending: key, receiving: key)
        let index = SessionIndex(vector.receiver_index)
        node.perform(
            .install(link, carrier, local: index, remote: index, keys.session),
            .endpoint(link, end.address),
            .carrier(link, carrier),
            .use(link, carrier, local: index)
        )
        return (link, address)
    }

    @Test(arguments: [CarrierKind.datagram, .stream])
    func aWorkerOpensThem(carrier: CarrierKind) throws {
        #expect(vectors.count == 6)
        for vector in vectors {
            var node = try WorkerHarness(hasTUN: false)
            let end = try DatagramEnd()
            let (link, address) = try link(vector, carrier, in: &node, to: end)
            let frame = try bytes(vector.frame)
            if carrier == .datagram {
                end.send([frame], to: address)
                node.turn()
            } else {
                node.receive(SealedPeer.packet(frame), on: link)
            }
            #expect(node.counters.drops[.badSeal] == 0, "\(vector.name)")
            #expect(node.counters.drops[.unknownSession] == 0, "\(vector.name)")
            let events = node.takeCarrierEvents()
            guard case .confirmed = events.first else {
                Issue.record("\(vector.name) was not opened")
                continue
            }
            // Data is not handed up, and an empty liveness frame says nothing.
            let content = try bytes(vector.content)
            let isHandedUp = (vector.kind == 0 || vector.kind == 3) && !content.isEmpty
            let contents = events.compactMap(\.content)
            #expect(contents == (isHandedUp ? [content] : []), "\(vector.name)")
            guard carrier == .datagram else { continue }
            end.send([frame], to: address)
            node.turn()
            #expect(node.counters.drops[.replayed] == 1, "\(vector.name)")
        }
    }

    @Test(arguments: [CarrierKind.datagram, .stream])
    func aWorkerWritesThem(carrier: CarrierKind) throws {
        var written: [String] = []
        for vector in vectors where vector.kind == 3 {
            var node = try WorkerHarness(hasTUN: false)
            let end = try DatagramEnd()
            let (link, _) = try link(vector, carrier, in: &node, to: end)
            let counter = try #require(Int(vector.counter))
            // Counters count up from 0, so that those of others are out of reach.
            for _ in 0..<counter {
                node.perform(.send(link, carrier, .liveness, content: [], padTo: nil, to: nil))
            }
            _ = carrier == .datagram ? end.receive() : [node.sent(on: link)]
            let content = try bytes(vector.content)
            node.perform(.send(link, carrier, .liveness, content: content, padTo: nil, to: nil))
            let frames =
                carrier == .datagram
                ? end.receive() : SealedPeer.frames(in: node.sent(on: link))
            #expect(frames == [try bytes(vector.frame)], "\(vector.name)")
            written.append(vector.name)
        }
        #expect(written == ["keep-alive", "probe"])
    }
}
