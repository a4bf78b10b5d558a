// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaWire

/// A decoder under test: it must neither trap nor accept what it cannot write again.
///
/// All decoders share one executable, so that one more is one line in `all` and one function; the
/// seeds in `Corpus` begin with the index of their decoder. New ones go to the end of the list.
struct Decoder: Sendable {
    let name: String
    let run: @Sendable ([UInt8]) -> Void

    static let all: [Decoder] =
        [
            Decoder(name: "stream", run: stream),
            Decoder(name: "control", run: control),
            Decoder(name: "data header", run: dataHeader),
            Decoder(name: "body", run: body),
            Decoder(name: "beacon", run: beacon),
            Decoder(name: "report", run: report),
            Decoder(name: "message", run: message),
            Decoder(name: "endpoint", run: endpoint),
        ] + links

    /// A stream from a neighbour, given in two parts of which the first byte tells the size.
    private static func stream(_ bytes: [UInt8]) {
        guard let cut = bytes.first else { return }
        let whole = Array(bytes.dropFirst())
        let once = frames(whole[...])
        let (first, rest) = frames(whole.prefix(Int(cut)))
        let (second, _) = frames(rest + whole.dropFirst(Int(cut)))
        if let all = once.0, let first, let second {
            invariant(first + second == all, "a cut stream has the packets of a whole one")
        }
    }

    /// The packets of a stream and what is left; `nil` when the link would be closed.
    private static func frames(_ bytes: ArraySlice<UInt8>) -> ([[UInt8]]?, [UInt8]) {
        var rest = Array(bytes)
        var packets: [[UInt8]] = []
        do throws(WireError) {
            while let frame = try StreamFrame.first(in: rest.span) {
                let packet = Array(rest[..<frame.byteCount])
                switch frame.kind {
                case .control: control(Array(packet[StreamFrame.headerByteCount...]))
                case .data: dataHeader(packet)
                case .sealed: break
                }
                packets.append(packet)
                rest.removeFirst(frame.byteCount)
            }
            return (packets, rest)
        } catch {
            return (nil, rest)
        }
    }

    private static func control(_ bytes: [UInt8]) {
        guard let packet = try? ControlPacket.decode(bytes.span) else { return }
        invariant(packet.tlvs.count <= Limits.controlTLVsMax, "the ceiling holds")
        for tlv in packet.tlvs {
            var again: [UInt8] = []
            ControlPacket.appendFramed(tlv, to: &again)
            let copy = try? ControlPacket.decode(again.span.extracting(4...))
            invariant(copy?.tlvs == [tlv], "\(tlv) survives the wire")
        }
    }

    private static func dataHeader(_ bytes: [UInt8]) {
        guard let header = try? DataHeader(bytes.span) else { return }
        var again = [UInt8](repeating: 0, count: DataHeader.byteCount)
        var span = again.mutableSpan
        header.write(to: &span)
        invariant((try? DataHeader(again.span)) == header, "\(header) survives the wire")
        var copy = bytes
        span = copy.mutableSpan
        DataHeader.setHopLimit(header.hopLimit, in: &span)
        invariant((try? DataHeader(copy.span)) == header, "a hop limit changes nothing else")
    }

    /// A decrypted body.
    private static func body(_ bytes: [UInt8]) {
        guard let header = try? UserHeader(bytes.span) else { return }
        let content = Array(bytes[UserHeader.byteCount...])
        switch header.kind {
        case .ip: ipv6(content)
        case .message: message(content)
        case .icmp: report(content)
        case .sessionInitiation, .sessionResponse, .sessionControl, .superPacket: break
        case .other(let type):
            invariant(type > 2 && !(0x10...0x13).contains(type), "known types have names")
        }
    }

    private static func ipv6(_ bytes: [UInt8]) {
        guard let header = try? IPv6Header(bytes.span) else { return }
        var again = [UInt8](repeating: 0, count: IPv6Header.byteCount)
        var span = again.mutableSpan
        header.write(to: &span)
        invariant((try? IPv6Header(again.span)) == header, "\(header) survives the wire")
    }

    private static func beacon(_ bytes: [UInt8]) {
        guard let beacon = try? DiscoveryBeacon(bytes.span) else { return }
        invariant(beacon.bytes == Array(bytes[..<50]), "a beacon is its 50 bytes")
    }

    private static func report(_ bytes: [UInt8]) {
        guard let (report, body) = try? OutOfBandReport.decode(bytes.span) else { return }
        var again: [UInt8] = []
        report.append(quoting: bytes.span.extracting(body), to: &again)
        let copy = try? OutOfBandReport.decode(again.span)
        invariant(copy?.report == report && copy?.body == body, "\(report) survives the wire")
    }

    private static func message(_ bytes: [UInt8]) {
        guard let packet = try? MessagePacket(bytes.span) else { return }
        var again: [UInt8] = []
        packet.append(to: &again)
        invariant((try? MessagePacket(again.span)) == packet, "\(packet) survives the wire")
    }

    /// Texts that users and peers may give us.
    private static func endpoint(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let endpoint = try? Endpoint(parsing: text) {
            let copy = try? Endpoint(parsing: "\(endpoint)")
            invariant(copy == endpoint, "\(endpoint) survives printing")
        }
        if let address = IPv6Address(text) {
            invariant(IPv6Address("\(address)") == address, "\(address) survives printing")
        }
        if let prefix = Prefix(text) {
            invariant(Prefix("\(prefix)") == prefix, "\(prefix) survives printing")
        }
        if let address = IPv4Address(text) { invariant("\(address)" == text, "one spelling") }
    }
}
