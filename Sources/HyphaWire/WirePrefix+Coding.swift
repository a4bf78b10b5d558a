// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes

/// How an address is spelled in a TLV (base protocol section 5.1).
enum AddressEncoding: UInt8 {
    case wildcard = 0
    case ipv4 = 1
    case ipv6 = 2
    /// Eight bytes after fe80::/64; only ever received.
    case linkLocal = 3

    /// The upper half of every address of ``linkLocal``.
    static let linkLocalHigh: UInt64 = 0xfe80_0000_0000_0000

    /// Whether a prefix of this encoding may be `length` bits long.
    func allows(length: UInt8) -> Bool {
        switch self {
        case .wildcard: length == 0
        case .ipv4: length <= 32
        case .ipv6: length <= 128
        case .linkLocal: length == 64
        }
    }
}

extension FieldReader {
    /// A prefix of ceil(length / 8) bytes, or `nil` for an unknown encoding; bits beyond the
    /// length are cleared.
    mutating func prefix(encoding: UInt8, length: UInt8) throws(WireError) -> WirePrefix? {
        guard let kind = AddressEncoding(rawValue: encoding) else { return nil }
        guard kind.allows(length: length) else {
            throw .prefixLength(encoding: encoding, found: length)
        }
        switch kind {
        case .wildcard:
            return .wildcard
        case .ipv4:
            let bits = UInt32(truncatingIfNeeded: try leadingBytes(length) >> 96)
            let mask = length == 0 ? 0 : ~UInt32(0) << UInt32(32 - length)
            return .ipv4(IPv4Address(bits: bits & mask), length: length)
        case .ipv6:
            let bits = try leadingBytes(length)
            let address = IPv6Address(
                high: UInt64(truncatingIfNeeded: bits >> 64),
                low: UInt64(truncatingIfNeeded: bits)
            )
            return .ipv6(Prefix(address, length: length))
        case .linkLocal:
            let address = IPv6Address(high: AddressEncoding.linkLocalHigh, low: try integer())
            return .ipv6(Prefix(address, length: length))
        }
    }

    /// A whole address, or `nil` for an unknown encoding.
    mutating func address(encoding: UInt8) throws(WireError) -> WirePrefix? {
        switch AddressEncoding(rawValue: encoding) {
        case nil:
            return nil
        case .wildcard:
            return .wildcard
        case .ipv4:
            return .ipv4(IPv4Address(bits: try integer()), length: 32)
        case .ipv6:
            return .ipv6(Prefix(try ipv6Address(), length: 128))
        case .linkLocal:
            let address = IPv6Address(high: AddressEncoding.linkLocalHigh, low: try integer())
            return .ipv6(Prefix(address, length: 128))
        }
    }

    /// The next ceil(length / 8) bytes as the leading ones of 16, the rest zero.
    private mutating func leadingBytes(_ length: UInt8) throws(WireError) -> UInt128 {
        let bytes = try take((Int(length) + 7) / 8)
        var bits: UInt128 = 0
        for i in bytes.indices { bits |= UInt128(bytes[i]) << UInt128(120 - 8 * i) }
        return bits
    }
}

extension WirePrefix {
    var encoding: AddressEncoding {
        switch self {
        case .wildcard: .wildcard
        case .ipv4: .ipv4
        case .ipv6: .ipv6
        }
    }

    /// Prefix length in bits.
    var length: UInt8 {
        switch self {
        case .wildcard: 0
        case .ipv4(_, let length): length
        case .ipv6(let prefix): prefix.length
        }
    }

    /// Appends the leading bytes that the length needs.
    func appendPrefix(to buffer: inout [UInt8]) {
        let start = buffer.count
        appendAddress(to: &buffer)
        let byteCount = (Int(length) + 7) / 8
        buffer.removeLast(max(0, buffer.count - start - byteCount))
    }

    /// Appends the whole address: 0, 4 or 16 bytes.
    func appendAddress(to buffer: inout [UInt8]) {
        switch self {
        case .wildcard: break
        case .ipv4(let address, _): buffer.appendBigEndian(address.bits)
        case .ipv6(let prefix): buffer.append(prefix.address)
        }
    }
}
