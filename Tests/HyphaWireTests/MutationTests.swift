// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaWire
import Testing

/// No bytes from outside stop a decoder, and what it accepts it can write.
@Suite struct MutationTests {
    /// Gives `bytes` to every decoder; what one accepts must survive being sent.
    private func feed(_ bytes: [UInt8]) throws {
        if let frame = try? StreamFrame.first(in: bytes.span) {
            #expect(frame.byteCount <= bytes.count)
            if frame.kind == .data { _ = try DataHeader(bytes.span) }
        }
        for start in [0, 4] where bytes.count >= start {
            guard let packet = try? ControlPacket.decode(bytes.span.extracting(start...)) else {
                continue
            }
            for tlv in packet.tlvs {
                var again: [UInt8] = []
                ControlPacket.appendFramed(tlv, to: &again)
                #expect(try ControlPacket.decode(again.span.extracting(4...)).tlvs == [tlv])
            }
        }
        _ = try? DataHeader(bytes.span)
        _ = try? UserHeader(bytes.span)
        _ = try? IPv6Header(bytes.span)
        if let beacon = try? DiscoveryBeacon(bytes.span) {
            #expect(beacon.bytes == Array(bytes[..<50]))
        }
        if let control = try? SessionControl.decode(bytes.span) {
            let again = control.encoded(padTo: bytes.count)
            #expect(try SessionControl.decode(again.span) == control)
        }
        for start in [0, 4] where bytes.count >= start {
            let content = bytes.span.extracting(start...)
            if let packet = try? MessagePacket(content) {
                var again: [UInt8] = []
                packet.append(to: &again)
                #expect(try MessagePacket(again.span) == packet)
            }
            if let (report, body) = try? OutOfBandReport.decode(content) {
                var again: [UInt8] = []
                report.append(quoting: content.extracting(body), to: &again)
                #expect(try OutOfBandReport.decode(again.span).report == report)
            }
        }
    }

    private var vectors: [[UInt8]] {
        Vectors.framed.map(\.bytes) + Vectors.plaintexts.map(\.bytes)
            + Vectors.derived.messagePackets.map { Vectors.bytes($0.inner) }
            + [Vectors.bytes(Vectors.derived.discoveryBeacon.datagram)]
    }

    @Test func truncationsOfEveryVectorAreSurvived() throws {
        for bytes in vectors {
            for count in 0...bytes.count { try feed(Array(bytes[..<count])) }
        }
    }

    @Test func singleBitFlipsOfEveryVectorAreSurvived() throws {
        for bytes in vectors {
            // Nothing is decoded behind the first 128 bytes of sealed bodies.
            for bit in 0..<min(bytes.count, 128) * 8 {
                var flipped = bytes
                flipped[bit / 8] ^= 1 << UInt8(bit % 8)
                try feed(flipped)
            }
        }
    }

    @Test(arguments: [UInt64(1), 2, 3, 4]) func randomBytesAreSurvived(seed: UInt64) throws {
        var random = SplitMix(seed)
        for _ in 0..<2000 {
            let count = Int.random(in: 0...100, using: &random)
            var bytes = (0..<count).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
            try feed(bytes)
            guard count > 12 else { continue }
            // A plausible beginning leads deeper.
            let type: UInt8 = .random(in: 3...11, using: &random)
            bytes.replaceSubrange(
                0..<12,
                with: [1, 1, 0, 0, 42, 3, 0, UInt8(count - 8), type, UInt8(count - 10), 2, 0]
            )
            try feed(bytes)
        }
    }
}
