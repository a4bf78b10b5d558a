// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes

/// A cursor over borrowed bytes that reads one field after the other and refuses to run past the
/// end.
struct FieldReader: ~Escapable {
    private let bytes: Span<UInt8>
    private var offset = 0

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    /// What has not been read yet.
    var rest: Span<UInt8> {
        @_lifetime(copy self)
        get { bytes.extracting(offset...) }
    }

    /// The next big-endian integer.
    mutating func integer<T>(_ type: T.Type = T.self) throws(WireError) -> T
    where T: FixedWidthInteger & BitwiseCopyable {
        let start = try advance(by: MemoryLayout<T>.size)
        return bytes.bigEndian(at: start)
    }

    /// The next `count` bytes.
    @_lifetime(copy self)
    mutating func take(_ count: Int) throws(WireError) -> Span<UInt8> {
        let start = try advance(by: count)
        return bytes.extracting(start..<start + count)
    }

    mutating func skip(_ count: Int) throws(WireError) { _ = try advance(by: count) }

    /// A copy of the next `count` bytes.
    mutating func bytes(_ count: Int) throws(WireError) -> [UInt8] {
        [UInt8](copying: try take(count))
    }

    /// Moves past `count` reserved bytes, which must be zero.
    mutating func zeroes(_ count: Int) throws(WireError) {
        let start = offset
        let reserved = try take(count)
        for i in reserved.indices where reserved[i] != 0 {
            throw .reservedByte(offset: start + i, found: reserved[i])
        }
    }

    /// Checks that nothing is left.
    func finish() throws(WireError) {
        guard offset == bytes.count else { throw .surplus(expected: offset, found: bytes.count) }
    }

    mutating func publicKey() throws(WireError) -> PublicKey {
        PublicKey(words: (try integer(), try integer(), try integer(), try integer()))
    }

    mutating func ipv6Address() throws(WireError) -> IPv6Address {
        IPv6Address(high: try integer(), low: try integer())
    }

    /// The 40 bytes of a router id (base protocol section 5.3).
    mutating func routerID() throws(WireError) -> RouterID {
        let key = try publicKey()
        let zone: UInt16 = try integer()
        let high: UInt16 = try integer()
        let low: UInt32 = try integer()
        return RouterID(publicKey: key, zone: zone, tail: UInt64(high) << 32 | UInt64(low))
    }

    /// Moves past `count` bytes and returns where they begin.
    private mutating func advance(by count: Int) throws(WireError) -> Int {
        guard count <= bytes.count - offset else {
            throw .truncated(needed: offset + count, available: bytes.count)
        }
        defer { offset += count }
        return offset
    }
}

extension Array where Element == UInt8 {
    mutating func append(_ address: IPv6Address) {
        appendBigEndian(address.high)
        appendBigEndian(address.low)
    }

    mutating func appendZeroes(_ count: Int) {
        append(contentsOf: repeatElement(0, count: count))
    }

    /// Appends the 40 bytes of a router id (base protocol section 5.3).
    mutating func append(_ id: RouterID) {
        id.publicKey.appendBytes(to: &self)
        appendBigEndian(id.zone)
        appendBigEndian(UInt16(truncatingIfNeeded: id.tail >> 32))
        appendBigEndian(UInt32(truncatingIfNeeded: id.tail))
    }
}
