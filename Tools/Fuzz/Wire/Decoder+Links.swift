// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaSession
import HyphaWire

/// The decoders of Hypha links and sessions (`Docs/protocol/hypha.md` sections 3 to 5). Each has
/// one spelling of what it accepts, so that writing it again must give the same bytes.
extension Decoder {
    static let links: [Decoder] = [
        Decoder(name: "handshake frame", run: handshakeFrame),
        Decoder(name: "transport header", run: transportHeader),
        Decoder(name: "control content", run: controlContent),
        Decoder(name: "liveness content", run: livenessContent),
        Decoder(name: "payloads", run: payloads),
        Decoder(name: "session body", run: sessionBody),
        Decoder(name: "sub-TLVs", run: subTLVs),
        Decoder(name: "session control", run: sessionControl),
    ]

    private static func handshakeFrame(_ bytes: [UInt8]) {
        guard let frame = try? HandshakeFrame.decode(bytes.span) else { return }
        var again = frame.encoded()
        switch frame {
        case .initiation, .response:
            FrameMACs.setMAC1(FrameMACs.mac1(of: bytes.span), in: &again)
            FrameMACs.setMAC2(FrameMACs.mac2(of: bytes.span), in: &again)
        case .cookieReply, .keyRequest, .keyReply: break
        }
        invariant(again == bytes, "a handshake frame has one spelling")
    }

    private static func transportHeader(_ bytes: [UInt8]) {
        guard let header = try? TransportHeader(bytes.span) else { return }
        var again = [UInt8](repeating: 0, count: TransportHeader.byteCount)
        var span = again.mutableSpan
        header.write(to: &span)
        invariant(again[...] == bytes.prefix(again.count), "\(header) has one spelling")
        invariant(header.part < header.parts, "a part is one of its parts")
        invariant(header.kind.mayBeCut || header.parts == 1, "\(header.kind) is never cut")
    }

    /// A control content and the packets in it.
    private static func controlContent(_ bytes: [UInt8]) {
        guard let content = try? ControlContent.decode(bytes.span) else { return }
        invariant(content.encoded() == bytes, "a control content has one spelling")
        guard let extents = try? ControlPacket.extents(in: content.packets.span) else { return }
        var end = 0
        for extent in extents {
            invariant(extent.lowerBound == end, "packets stand one after the other")
            subTLVs(Array(content.packets[extent]))
            end = extent.upperBound
        }
        invariant(end == content.packets.count, "nothing stands behind the packets")
    }

    private static func livenessContent(_ bytes: [UInt8]) {
        guard let content = try? LivenessContent.decode(bytes.span) else { return }
        let again = content.encoded()
        invariant(again.count == bytes.count, "padding is counted")
        let padding = content.paddingByteCount
        invariant(again.dropLast(padding) == bytes.dropLast(padding), "\(content) has one spelling")
    }

    private static func sessionControl(_ bytes: [UInt8]) {
        guard let control = try? SessionControl.decode(bytes.span) else { return }
        let again = control.encoded(padTo: bytes.count)
        guard case .mtuProbe = control else {
            return invariant(again == bytes, "\(control) has one spelling")
        }
        invariant(again.count == bytes.count, "padding is counted")
        invariant(again.prefix(12) == bytes.prefix(12), "\(control) has one spelling")
    }

    /// What Noise messages carry; the length tells two of them apart.
    private static func payloads(_ bytes: [UInt8]) {
        if let payload = try? LinkPayload1.decode(bytes.span) {
            invariant(payload.encoded() == bytes, "\(payload) has one spelling")
        }
        if let payload = try? LinkPayload2.decode(bytes.span) {
            invariant(payload.encoded() == bytes, "\(payload) has one spelling")
        }
        if let payload = try? SessionPayload1.decode(bytes.span) {
            invariant(payload.encoded() == bytes, "\(payload) has one spelling")
        }
        if let payload = try? SessionPayload2.decode(bytes.span) {
            invariant(payload.encoded() == bytes, "\(payload) has one spelling")
        }
    }

    private static func sessionBody(_ bytes: [UInt8]) {
        let trailer = SessionBody.Trailer(of: bytes.span)
        let plaintext = SessionBody.plaintextByteCount(bodyByteCount: bytes.count)
        invariant((trailer == nil) == (plaintext == nil), "a body has a trailer and a plaintext")
        guard let trailer, let plaintext else { return }
        invariant(plaintext >= UserHeader.byteCount, "a user header fits")
        var again = bytes
        var span = again.mutableSpan
        trailer.write(toEndOf: &span)
        invariant(again == bytes, "\(trailer) has one spelling")
    }

    /// A control packet of a Hypha link.
    private static func subTLVs(_ bytes: [UInt8]) {
        guard let packet = try? ControlPacket.decode(bytes.span, as: .hypha) else { return }
        invariant(packet.tlvs.count <= Limits.controlTLVsMax, "the ceiling holds")
        for ceiling in [ControlPacket.packedByteCountMin, 1200] {
            var packets: [[UInt8]] = []
            ControlPacket.appendPacked(packet.tlvs, byteCountMax: ceiling, to: &packets)
            var again: [ControlTLV] = []
            for packed in packets {
                invariant(packed.count <= ceiling, "the ceiling of a packet holds")
                again += (try? ControlPacket.decode(packed.span, as: .hypha).tlvs) ?? []
            }
            invariant(again == packet.tlvs, "packed TLVs survive the wire")
        }
    }
}
