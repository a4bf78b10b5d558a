// SPDX-License-Identifier: Apache-2.0
import Foundation
import HyphaBase

/// The vector files of `Tests/Vectors`, as far as the wire layer is concerned.
enum Vectors {
    struct Derived: Decodable {
        let encryptedPayloads: [Payload]
        let controlPackets: [Control]
        let dataPackets: [Data]
        let messagePackets: [Message]
        let discoveryBeacon: Beacon
        let connectTranscriptAToPeerWithOnePendingQuery: Transcript
        let routerIds: [Router]

        struct Payload: Decodable {
            let name: String
            let plaintextHeaderPlusInner: String
            let rawDataLen: Int
            let dataPacketHopLimitOnWire: UInt8
            let dataPacketSrc: String
            let dataPacketDst: String
            let framedPacket: String
        }
        struct Control: Decodable {
            let name: String
            let tlvType: UInt8
            let framedPacket: String
        }
        struct Data: Decodable {
            let name: String
            let framedPacket: String?
        }
        struct Message: Decodable {
            let name: String
            let inner: String
        }
        struct Beacon: Decodable {
            let tcpPort: UInt16
            let routerId: String
            let datagram: String
        }
        struct Transcript: Decodable { let bytes: String }
        struct Router: Decodable {
            let id: String
            let routerId: String
            let printed: String
        }
    }

    struct Live: Decodable {
        let packets: [Packet]

        struct Packet: Decodable {
            let name: String
            let hex: String
            let plain: String?
        }
    }

    static let derived: Derived = load("mycelium-derived.json")
    static let live: Live = load("mycelium-live.json")

    /// Every framed packet and datagram of both files, by name.
    static var framed: [(name: String, bytes: [UInt8])] {
        let derived =
            Self.derived.controlPackets.map { ($0.name, $0.framedPacket) }
            + Self.derived.encryptedPayloads.map { ($0.name, $0.framedPacket) }
            + Self.derived.dataPackets.compactMap { packet in
                packet.framedPacket.map { (packet.name, $0) }
            }
        let live = Self.live.packets.filter { !$0.name.hasPrefix("discovery") }
            .map { ("live " + $0.name, $0.hex) }
        return (derived + live).map { ($0.0, bytes($0.1)) }
    }

    /// Every decrypted body of both files, user header included.
    static var plaintexts: [(name: String, bytes: [UInt8])] {
        derived.encryptedPayloads.map { ($0.name, bytes($0.plaintextHeaderPlusInner)) }
            + live.packets.compactMap { packet in
                packet.plain.map { ("live " + packet.name, bytes($0)) }
            }
    }

    static func bytes(_ text: String) -> [UInt8] { Hexadecimal.bytes(text) ?? [] }

    private static func load<T: Decodable>(_ name: String) -> T {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Vectors")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(T.self, from: Data(contentsOf: folder.appending(path: name)))
        } catch {
            fatalError("\(name): \(error)")
        }
    }
}
