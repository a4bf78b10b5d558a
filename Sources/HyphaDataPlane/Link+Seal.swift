// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaForwarding
import HyphaSession
import HyphaWire

extension Link {
    /// Appends a frame whose body is sealed from elsewhere.
    ///
    /// - Parameters:
    ///   - plaintext: User header and content.
    ///   - header: The outer header, for a body 28 bytes longer than the plaintext.
    ///   - key: The receiver's key, which `keys` holds.
    ///   - keys: Ciphers by key.
    ///   - nonce: Fresh and random.
    ///   - now: The time of the turn.
    mutating func seal(
        _ plaintext: Span<UInt8>,
        _ header: DataHeader,
        for key: PublicKey,
        keys: inout PeerKeyCache,
        nonce: Nonce,
        now: Instant
    ) {
        let byteCount = DataHeader.byteCount + plaintext.count + BaseBody.sealByteCount
        queue.reserve(byteCount, now: now)
        var frame = queue.free(byteCount)
        header.write(to: &frame)
        var body = frame.slice(DataHeader.byteCount..<byteCount)
        let outcome = keys.seal(for: key, plaintext, nonce: nonce, into: &body)
        invariant(outcome == .done, "a prepared key seals a body of the right size")
        queue.commit(byteCount, now: now)
        totals.sentPackets &+= 1
    }

    /// Appends a frame for one segment of a large packet, which is written and sealed in place.
    ///
    /// - Parameters:
    ///   - segment: Index in the plan.
    ///   - plan: How the packet is cut.
    ///   - packet: The large packet.
    ///   - header: The outer header of this segment.
    ///   - key: The receiver's key, which `keys` holds.
    ///   - keys: Ciphers by key.
    ///   - nonce: Fresh and random.
    ///   - now: The time of the turn.
    mutating func seal(
        segment: Int,
        of plan: SegmentPlan,
        _ packet: Span<UInt8>,
        _ header: DataHeader,
        for key: PublicKey,
        keys: inout PeerKeyCache,
        nonce: Nonce,
        now: Instant
    ) {
        let byteCount =
            DataHeader.byteCount + BaseBody.overheadByteCount + plan.byteCount(of: segment)
        queue.reserve(byteCount, now: now)
        var frame = queue.free(byteCount)
        header.write(to: &frame)
        var body = frame.slice(DataHeader.byteCount..<byteCount)
        UserHeader(.ip).write(to: &body)
        var content = body.slice(UserHeader.byteCount..<body.count)
        _ = plan.writeSegment(segment, of: packet, into: &content)
        let outcome = keys.seal(for: key, inPlace: &body, nonce: nonce)
        invariant(outcome == .done, "a prepared key seals a body of the right size")
        queue.commit(byteCount, now: now)
        totals.sentPackets &+= 1
    }
}
