// SPDX-License-Identifier: Apache-2.0

import Foundation
package import HyphaBase

/// A UDP datagram or TCP segment over IPv6 from a capture.
package struct CapturedPacket: Sendable {
    /// Which transport it is.
    package enum Transport: UInt8, Sendable {
        case tcp = 6
        case udp = 17
    }

    /// Who sent it.
    package let source: IPv6Address
    /// Whom it is for.
    package let destination: IPv6Address
    /// UDP or TCP.
    package let transport: Transport
    /// Port of the sender.
    package let sourcePort: Int
    /// Port of the receiver.
    package let destinationPort: Int
    /// Sequence number of a TCP segment; 0 for UDP.
    package let sequence: UInt32
    /// What follows the transport header.
    package let payload: [UInt8]

    /// All of them in a file that `frames.py capture` wrote, in order; other frames are left out.
    package static func read(_ path: String) -> [CapturedPacket] {
        let bytes = [UInt8](FileManager.default.contents(atPath: path) ?? Data())
        var packets: [CapturedPacket] = []
        var offset = 24
        while offset + 16 <= bytes.count {
            // Written on this machine, little-endian.
            let size = (0..<4).reduce(0) { $0 | Int(bytes[offset + 8 + $1]) << (8 * $1) }
            let end = offset + 16 + size
            guard end <= bytes.count else { break }
            if let packet = CapturedPacket(frame: [UInt8](bytes[(offset + 16)..<end])) {
                packets.append(packet)
            }
            offset = end
        }
        return packets
    }

    /// The bytes of a TCP connection in one direction, in order, each once.
    package static func stream(
        _ packets: [CapturedPacket],
        from source: IPv6Address,
        to destination: IPv6Address
    ) -> [UInt8] {
        let parts = packets.filter {
            $0.transport == .tcp && $0.source == source && $0.destination == destination
                && !$0.payload.isEmpty
        }
        guard let first = parts.first else { return [] }
        let sorted = parts.map { (Int($0.sequence &- first.sequence), $0.payload) }
            .sorted { $0.0 < $1.0 }
        var stream: [UInt8] = []
        for (offset, payload) in sorted where offset <= stream.count {
            stream += payload.dropFirst(stream.count - offset)
        }
        return stream
    }

    private init?(frame: [UInt8]) {
        func number(_ offset: Int, _ count: Int) -> Int {
            frame[offset..<(offset + count)].reduce(0) { $0 << 8 | Int($1) }
        }
        let ip = 14
        let start = ip + 40
        guard frame.count >= start + 8, number(12, 2) == 0x86dd,
            let transport = Transport(rawValue: frame[ip + 6]),
            transport == .udp || frame.count >= start + 20,
            let source = IPv6Address(frame[(ip + 8)..<(ip + 24)].span),
            let destination = IPv6Address(frame[(ip + 24)..<(ip + 40)].span)
        else { return nil }
        self.source = source
        self.destination = destination
        self.transport = transport
        sourcePort = number(start, 2)
        destinationPort = number(start + 2, 2)
        sequence = transport == .tcp ? UInt32(number(start + 4, 4)) : 0
        let header = transport == .tcp ? Int(frame[start + 12] >> 4) * 4 : 8
        // Behind a short packet an Ethernet frame may be padded.
        let end = min(frame.count, start + number(ip + 4, 2))
        payload = start + header <= end ? [UInt8](frame[(start + header)..<end]) : []
    }
}
