// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaForwarding
import HyphaSession
import HyphaWire

/// Writes one frame of this host's own straight into the memory that it is sent from.
struct FrameWriter {
    let departure: Departure
    /// The outer header, as the next hop is to see it.
    let header: DataHeader
    /// What the user header says.
    let kind: UserHeader.Kind
    /// Bytes 2 and 3 of the user header.
    let detail: UInt16

    init(
        _ departure: Departure,
        _ header: DataHeader,
        kind: UserHeader.Kind = .ip,
        detail: UInt16 = 0
    ) {
        self.departure = departure
        self.header = header
        self.kind = kind
        self.detail = detail
    }

    /// Where the plaintext, user header and content, lies in a frame, and whether the frame has a
    /// packet header for the stream in front.
    private var layout: (start: Int, plain: Int) {
        switch departure.carrier {
        case .plainStream: return (0, DataHeader.byteCount)
        case .sealedStream, .datagram:
            let start = departure.isDatagram ? 0 : StreamFrame.headerByteCount
            let overhead =
                departure.isDirect
                ? SealedFrame.headerByteCount : SealedFrame.routedOverheadByteCount
            return (start, start + overhead)
        }
    }

    /// Writes a frame around a plaintext that lies elsewhere; sealing is the only copy.
    ///
    /// - Parameters:
    ///   - plaintext: User header and content.
    ///   - frame: Exactly as large as the frame will be.
    ///   - sessions: Where the sessions of the departure are.
    ///   - keys: Ciphers of the base, with the departure's.
    ///   - nonces: Random nonces for the base.
    func write(
        _ plaintext: Span<UInt8>,
        into frame: inout MutableSpan<UInt8>,
        sessions: inout Slab<TransportSession>,
        keys: inout PeerKeyCache,
        nonces: inout NonceSource
    ) {
        let (start, plain) = layout
        let counter = writeHeaders(&frame, start: start, sessions: &sessions)
        switch departure.body {
        case .direct:
            let place = linkSession
            sessions[place].seal(
                plaintext,
                within: &frame,
                text: plain..<frame.count,
                additionalData: start..<plain,
                counter: counter
            )
        case .base(let key):
            var body = frame.slice(plain..<frame.count)
            let outcome = keys.seal(for: key, plaintext, nonce: nonces.draw(), into: &body)
            invariant(outcome == .done, "a prepared key seals a body of the right size")
            sealHeader(&frame, start: start, counter, &sessions)
        case .session(let place):
            let own = sessions[place].takeCounters()
            let end = frame.count - SessionTrailer.byteCount
            SessionTrailer.write(sessions[place].remoteIndex, own, to: &frame, at: end)
            sessions[place].seal(
                plaintext,
                within: &frame,
                text: plain..<end,
                additionalData: addresses(start),
                counter: own
            )
            sealHeader(&frame, start: start, counter, &sessions)
        }
    }

    /// Writes a frame for one segment of a large packet, which is made and sealed in place.
    func write(
        segment: Int,
        of plan: SegmentPlan,
        _ packet: Span<UInt8>,
        into frame: inout MutableSpan<UInt8>,
        sessions: inout Slab<TransportSession>,
        keys: inout PeerKeyCache,
        nonces: inout NonceSource
    ) {
        let (start, plain) = layout
        let counter = writeHeaders(&frame, start: start, sessions: &sessions)
        let content = plain + UserHeader.byteCount
        frame.storeBigEndian(userWord, at: plain)
        var inner = frame.slice(content..<frame.count)
        let isPartial = detail & UserDetail.partialChecksum != 0
        _ = plan.writeSegment(segment, of: packet, into: &inner, isPartial: isPartial)
        switch departure.body {
        case .direct:
            frame[content + IPv6Header.hopLimitOffset] = header.hopLimit
            sessions[linkSession].seal(
                within: &frame,
                text: plain..<frame.count,
                additionalData: start..<plain,
                counter: counter
            )
        case .base(let key):
            var body = frame.slice(plain..<frame.count)
            let outcome = keys.seal(for: key, inPlace: &body, nonce: nonces.draw())
            invariant(outcome == .done, "a prepared key seals a body of the right size")
            sealHeader(&frame, start: start, counter, &sessions)
        case .session(let place):
            let own = sessions[place].takeCounters()
            let end = frame.count - SessionTrailer.byteCount
            SessionTrailer.write(sessions[place].remoteIndex, own, to: &frame, at: end)
            sessions[place].seal(
                within: &frame,
                text: plain..<end,
                additionalData: addresses(start),
                counter: own
            )
            sealHeader(&frame, start: start, counter, &sessions)
        }
    }

    /// The four bytes of the user header.
    var userWord: UInt32 { UserHeader.word(kind, detail: detail) }

    private var linkSession: Int {
        switch departure.carrier {
        case .plainStream: -1
        case .sealedStream(let place), .datagram(let place): place
        }
    }

    /// Everything in front of the plaintext, still open; the counter of the frame.
    private func writeHeaders(
        _ frame: inout MutableSpan<UInt8>,
        start: Int,
        sessions: inout Slab<TransportSession>
    ) -> UInt64 {
        guard linkSession >= 0 else {
            header.write(to: &frame)
            return 0
        }
        if start > 0 { SealedFrame.writeStreamHeader(&frame, byteCount: frame.count) }
        let counter = sessions[linkSession].takeCounters()
        if !departure.isDirect {
            // Its packet header falls on the counter, which is written afterwards.
            var outer = frame.slice(SealedFrame.outerOffset(start)..<frame.count)
            header.write(to: &outer)
        }
        var head = frame.slice(start..<frame.count)
        TransportHeader(
            kind: departure.isDirect ? .direct : .routed,
            receiverIndex: sessions[linkSession].remoteIndex,
            counter: counter
        ).write(to: &head)
        return counter
    }

    private func sealHeader(
        _ frame: inout MutableSpan<UInt8>,
        start: Int,
        _ counter: UInt64,
        _ sessions: inout Slab<TransportSession>
    ) {
        guard linkSession >= 0 else { return }
        SealedFrame.sealRoutedHeader(&frame, start: start, counter, &sessions[linkSession])
    }

    /// Where the overlay addresses stand, which a session authenticates.
    private func addresses(_ start: Int) -> Range<Int> {
        let outer = linkSession < 0 ? 0 : SealedFrame.outerOffset(start)
        return outer + DataHeader.sourceOffset..<outer + DataHeader.byteCount
    }
}

/// Bits in bytes 2 and 3 of the user header of an IP packet under a link or session of ours.
enum UserDetail {
    /// The transport checksum is the sum of the pseudo-header: the frame's own tag vouches for the
    /// content, so nobody needs to add it up (`Docs/protocol/hypha.md` section 3.3).
    static let partialChecksum: UInt16 = 1
}

extension SealedFrame {
    /// Where a base data header, packet header included, is written in a sealed frame.
    static func outerOffset(_ start: Int) -> Int {
        start + headerByteCount - StreamFrame.headerByteCount
    }

    /// The packet header of a frame on a stream.
    static func writeStreamHeader(_ frame: inout MutableSpan<UInt8>, byteCount: Int) {
        let length = UInt32(truncatingIfNeeded: byteCount - StreamFrame.headerByteCount)
        frame.storeBigEndian(0x0102_0000 | length, at: 0)
    }

    /// Seals the data header of a routed frame, which stands behind its transport header.
    static func sealRoutedHeader(
        _ frame: inout MutableSpan<UInt8>,
        start: Int,
        _ counter: UInt64,
        _ session: inout TransportSession
    ) {
        session.seal(
            within: &frame,
            text: start + headerByteCount..<start + routedOverheadByteCount,
            additionalData: start..<start + headerByteCount,
            counter: counter
        )
    }
}

/// What stands behind the ciphertext of a session's body: the receiver's index and the counter
/// (`Docs/protocol/hypha.md` section 4).
enum SessionTrailer {
    static let byteCount = 12

    static func write(
        _ index: UInt32,
        _ counter: UInt64,
        to bytes: inout MutableSpan<UInt8>,
        at offset: Int
    ) {
        bytes.storeBigEndian(index, at: offset)
        bytes.storeBigEndian(counter, at: offset + 4)
    }

    static func read(_ bytes: Span<UInt8>) -> (index: UInt32, counter: UInt64) {
        let at = bytes.count - byteCount
        return (bytes.bigEndian(at: at), bytes.bigEndian(at: at + 4))
    }
}
