// SPDX-License-Identifier: Apache-2.0

/// Why bytes from outside are not what they claim to be; the sender's fault in every case.
///
/// On a stream each of them ends the link, since nothing after it can be trusted to be framed.
@usableFromInline
package enum WireError: Error, Hashable, Sendable {
    /// The bytes end inside a field: `needed` bytes from the start, `available` there.
    case truncated(needed: Int, available: Int)
    /// Bytes are left after the last field of something that has a fixed end.
    case surplus(expected: Int, found: Int)
    /// Byte 0 of a packet is not 1 (base protocol section 3).
    case packetVersion(expected: UInt8, found: UInt8)
    /// Byte 1 of a packet is none of 0, 1 (base protocol section 3) and 2 (`Docs/protocol/hypha.md`
    /// section 3.2).
    case packetType(maximum: UInt8, found: UInt8)
    /// A control packet does not begin with 42 (base protocol section 5.1).
    case controlMagic(expected: UInt8, found: UInt8)
    /// A control packet is not of version 3 (base protocol section 5.1).
    case controlVersion(expected: UInt8, found: UInt8)
    /// A prefix length that its address encoding does not have: wildcard 0, IPv4 to 32, IPv6 to
    /// 128, link-local 64 (base protocol section 5.1).
    case prefixLength(encoding: UInt8, found: UInt8)
    /// Byte 0 of a decrypted body is not 1 (base protocol section 4.2).
    case userHeaderVersion(expected: UInt8, found: UInt8)
    /// The first four bits of an IP packet are not 6.
    case ipVersion(expected: UInt8, found: UInt8)
    /// An IPv6 header inside a report is followed by something else than ICMPv6.
    case nextHeader(expected: UInt8, found: UInt8)
    /// A report outside 64...1296 bytes, or quoting a body that cannot be one (section 4.6).
    case reportByteCount(maximum: Int, found: Int)
    /// A discovery datagram that does not begin with `mycelium` (base protocol section 2.9).
    case beaconMagic(expected: UInt64, found: UInt64)
    /// Message flags that name no packet (base protocol section 6.1).
    case messageFlags(found: UInt16)
    /// Byte 0 of a frame is no type, or not one that is expected here (`Docs/protocol/hypha.md`
    /// section 3, as all below).
    case frameType(found: UInt8)
    /// Byte 1 of a handshake frame is not 1.
    case frameVersion(expected: UInt8, found: UInt8)
    /// The numbers of a part that cannot be.
    case frameParts(part: UInt8, parts: UInt8)
    /// Byte 1 of a transport frame is no kind.
    case transportKind(maximum: UInt8, found: UInt8)
    /// A reserved byte is not zero.
    case reservedByte(offset: Int, found: UInt8)
    /// Byte 0 of a liveness content or of a session control is no type.
    case livenessType(found: UInt8)
}
