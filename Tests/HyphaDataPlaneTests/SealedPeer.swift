// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaDataPlane
import HyphaLink
import HyphaSession
import HyphaWire
import Testing

/// Both keys of a session, as one side has them.
struct TestKeys {
    var sending: [UInt8]
    var receiving: [UInt8]

    /// Keys that nobody else has.
    init(seed: UInt8) {
        sending = [UInt8](repeating: seed, count: 32)
        receiving = [UInt8](repeating: ~seed, count: 32)
    }

    init(sending: [UInt8], receiving: [UInt8]) {
        self.sending = sending
        self.receiving = receiving
    }

    /// As the other side has them.
    var mirrored: TestKeys { TestKeys(sending: receiving, receiving: sending) }

    var session: SessionKeys {
        SessionKeys(
            sending: SecretBytes(copying: sending.span),
            receiving: SecretBytes(copying: receiving.span)
        )
    }
}

/// A frame as the other side of a link finds it.
struct OpenedFrame: Equatable {
    let header: TransportHeader
    let content: [UInt8]
    /// Behind a routed frame's header; else empty.
    var body: [UInt8] = []
}

/// The other side of a session of a worker: makes and opens frames with the code that the frozen
/// vectors were held against, and none of the packet path's.
final class SealedPeer {
    private var sending: PacketCipher
    private var receiving: PacketCipher
    /// The worker's index.
    let worker: SessionIndex
    /// This side's index.
    let own: SessionIndex
    /// Of the next frame.
    var counter: UInt64 = 0

    /// - Parameters:
    ///   - keys: As this side has them.
    ///   - worker: The worker's index.
    ///   - own: This side's index.
    /// - Throws: When memory runs out.
    init(_ keys: TestKeys, worker: SessionIndex, own: SessionIndex) throws {
        let sending = PacketCipher(key: SecretBytes(copying: keys.sending.span))
        let receiving = PacketCipher(key: SecretBytes(copying: keys.receiving.span))
        guard let sending, let receiving else { throw WorkerHarness.Failure.noIdentity }
        self.sending = sending
        self.receiving = receiving
        self.worker = worker
        self.own = own
    }

    /// Seals the next frame for the worker.
    func frame(
        _ kind: TransportKind,
        _ content: [UInt8] = [],
        body: [UInt8] = [],
        part: UInt8 = 0,
        of parts: UInt8 = 1
    ) -> [UInt8] {
        defer { counter += 1 }
        return seal(
            TransportHeader(
                kind: kind,
                part: part,
                parts: parts,
                receiverIndex: worker.value,
                counter: counter
            ),
            content,
            body,
            towardsWorker: true
        )
    }

    /// What the worker must have made of a content.
    func sealedByWorker(_ frame: OpenedFrame) -> [UInt8] {
        seal(frame.header, frame.content, frame.body, towardsWorker: false)
    }

    private func seal(
        _ header: TransportHeader,
        _ content: [UInt8],
        _ body: [UInt8],
        towardsWorker: Bool
    ) -> [UInt8] {
        var bytes =
            [UInt8](repeating: 0, count: TransportHeader.byteCount) + content
            + [UInt8](repeating: 0, count: TransportHeader.tagByteCount) + body
        var span = bytes.mutableSpan
        header.write(to: &span)
        let isSealed =
            switch (header.kind == .routed, towardsWorker) {
            case (true, true): TransportSeal.sealRouted(inPlace: &span, with: &sending)
            case (true, false): TransportSeal.sealRouted(inPlace: &span, with: &receiving)
            case (false, true): TransportSeal.seal(inPlace: &span, with: &sending)
            case (false, false): TransportSeal.seal(inPlace: &span, with: &receiving)
            }
        return isSealed ? bytes : []
    }

    /// Opens a frame of the worker.
    func open(_ frame: [UInt8]) -> OpenedFrame? {
        var bytes = frame
        var span = bytes.mutableSpan
        guard let header = try? TransportHeader(span.span), header.receiverIndex == own.value
        else { return nil }
        if header.kind == .routed {
            guard TransportSeal.openRouted(inPlace: &span, with: &receiving) else { return nil }
            return OpenedFrame(
                header: header,
                content: Array(bytes[16..<52]),
                body: Array(bytes[TransportHeader.routedOverheadByteCount...])
            )
        }
        guard TransportSeal.open(inPlace: &span, with: &receiving) else { return nil }
        return OpenedFrame(header: header, content: Array(bytes[16..<bytes.count - 16]))
    }

    /// A direct frame around an IP packet.
    func direct(_ packet: [UInt8], kind: UserHeader.Kind = .ip, detail: UInt16 = 0) -> [UInt8] {
        frame(.direct, Self.userHeader(kind, detail) + packet)
    }

    /// A direct frame cut in two.
    func directParts(_ packet: [UInt8]) -> [[UInt8]] {
        let plain = Self.userHeader(.ip, 0) + packet
        let half = (plain.count + 1) / 2
        return [
            frame(.direct, Array(plain[..<half]), part: 0, of: 2),
            frame(.direct, Array(plain[half...]), part: 1, of: 2),
        ]
    }

    /// A routed frame around a framed data packet of the base.
    func routed(_ packet: [UInt8]) -> [UInt8] {
        frame(.routed, Array(packet[4..<40]), body: Array(packet[40...]))
    }

    /// A routed frame cut in two.
    func routedParts(_ packet: [UInt8]) -> [[UInt8]] {
        let middle = 40 + (packet.count - 40 + 1) / 2
        let head = Array(packet[4..<40])
        return [
            frame(.routed, head, body: Array(packet[40..<middle]), part: 0, of: 2),
            frame(.routed, head, body: Array(packet[middle...]), part: 1, of: 2),
        ]
    }

    static func userHeader(_ kind: UserHeader.Kind, _ detail: UInt16) -> [UInt8] {
        [1, kind.type, UInt8(detail >> 8), UInt8(detail & 0xff)]
    }

    /// A frame in a packet of a stream.
    static func packet(_ frame: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        StreamFrame.appendSealed(frame.span, to: &bytes)
        return bytes
    }

    /// The frames in what a worker wrote to a stream that has nothing else.
    static func frames(in bytes: [UInt8]) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var rest = bytes[...]
        while rest.count >= 4, rest.starts(with: [1, 2]) {
            let count = Int(rest[rest.startIndex + 2]) << 8 | Int(rest[rest.startIndex + 3])
            guard rest.count >= 4 + count else { break }
            frames.append(Array(rest.dropFirst(4).prefix(count)))
            rest = rest.dropFirst(4 + count)
        }
        return rest.isEmpty ? frames : []
    }
}
