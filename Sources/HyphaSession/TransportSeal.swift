// SPDX-License-Identifier: Apache-2.0
// Public, not package: only then may the inlinable functions below use it.
public import HyphaBytes

/// How a link's session seals its transport frames (`Docs/protocol/hypha.md` section 3.3).
///
///     control, direct, liveness:  | header 16 | ciphertext n | tag 16 |
///     routed:                     | header 16 | sealed data header 36 | tag 16 | body, untouched |
///
/// The header ends with the counter; the nonce is four zero bytes and that counter, additional data
/// is the header. The body of a routed frame is sealed end to end already, so a transit hop opens
/// and seals 36 bytes, whatever the size of the packet.
@usableFromInline
package enum TransportSeal {
    /// Size of the header of a frame, bytes.
    @inlinable package static var headerByteCount: Int { 16 }
    /// Where the counter stands in it.
    @inlinable package static var counterOffset: Int { 8 }
    /// Size of the tag, bytes.
    @inlinable package static var tagByteCount: Int { 16 }
    /// Size of a data header without its packet header, bytes.
    @inlinable package static var dataHeaderByteCount: Int { 36 }
    /// What a frame has more than its content, bytes.
    @inlinable package static var overheadByteCount: Int { headerByteCount + tagByteCount }
    /// What a routed frame has more than its body, bytes.
    @inlinable
    package static var routedOverheadByteCount: Int { overheadByteCount + dataHeaderByteCount }

    /// Seals a whole frame in place.
    ///
    /// - Parameters:
    ///   - frame: The header, the content and 16 free bytes.
    ///   - cipher: The sending key; the counter in the header must be new to it.
    /// - Returns: `false` when the frame is shorter than 32 bytes or the library fails.
    @inlinable
    package static func seal<Cipher: PacketAEAD & ~Copyable>(
        inPlace frame: inout MutableSpan<UInt8>,
        with cipher: inout Cipher
    ) -> Bool {
        seal(inPlace: &frame, upTo: frame.count, with: &cipher)
    }

    /// Seals the data header of a routed frame in place.
    ///
    /// - Parameters:
    ///   - frame: The header, 36 bytes of data header, 16 free bytes, and anything behind them.
    ///   - cipher: As above.
    /// - Returns: `false` when the frame is shorter than 68 bytes or the library fails.
    @inlinable
    package static func sealRouted<Cipher: PacketAEAD & ~Copyable>(
        inPlace frame: inout MutableSpan<UInt8>,
        with cipher: inout Cipher
    ) -> Bool {
        guard frame.count >= routedOverheadByteCount else { return false }
        return seal(inPlace: &frame, upTo: routedOverheadByteCount, with: &cipher)
    }

    /// Opens a whole frame in place: content, then 16 bytes that mean nothing, follow the header.
    ///
    /// - Parameters:
    ///   - frame: As received.
    ///   - cipher: The receiving key.
    /// - Returns: `false` when the frame is shorter than 32 bytes (then it is unchanged) or not
    ///   genuine (then its content is zeros).
    @inlinable
    package static func open<Cipher: PacketAEAD & ~Copyable>(
        inPlace frame: inout MutableSpan<UInt8>,
        with cipher: inout Cipher
    ) -> Bool {
        open(inPlace: &frame, upTo: frame.count, with: &cipher)
    }

    /// Opens the data header of a routed frame in place; its body begins at byte 68.
    ///
    /// Otherwise as above; the smallest frame has 68 bytes.
    @inlinable
    package static func openRouted<Cipher: PacketAEAD & ~Copyable>(
        inPlace frame: inout MutableSpan<UInt8>,
        with cipher: inout Cipher
    ) -> Bool {
        guard frame.count >= routedOverheadByteCount else { return false }
        return open(inPlace: &frame, upTo: routedOverheadByteCount, with: &cipher)
    }

    @inlinable @inline(__always)
    static func seal<Cipher: PacketAEAD & ~Copyable>(
        inPlace frame: inout MutableSpan<UInt8>,
        upTo end: Int,
        with cipher: inout Cipher
    ) -> Bool {
        guard end >= overheadByteCount else { return false }
        let nonce = Nonce(counter: frame.bigEndian(at: counterOffset))
        // A copy on the stack: the text is a part of the same memory.
        let header = copyOfHeader(frame)
        var text = frame.slice(headerByteCount..<end)
        return cipher.seal(inPlace: &text, nonce: nonce, additionalData: header.span)
    }

    @inlinable @inline(__always)
    static func open<Cipher: PacketAEAD & ~Copyable>(
        inPlace frame: inout MutableSpan<UInt8>,
        upTo end: Int,
        with cipher: inout Cipher
    ) -> Bool {
        guard end >= overheadByteCount else { return false }
        let nonce = Nonce(counter: frame.bigEndian(at: counterOffset))
        let header = copyOfHeader(frame)
        var text = frame.slice(headerByteCount..<end)
        return cipher.open(inPlace: &text, nonce: nonce, additionalData: header.span)
    }

    @inlinable @inline(__always)
    static func copyOfHeader(_ frame: borrowing MutableSpan<UInt8>) -> [16 of UInt8] {
        var header = [16 of UInt8](repeating: 0)
        for i in 0..<headerByteCount { header[i] = frame[i] }
        return header
    }
}
