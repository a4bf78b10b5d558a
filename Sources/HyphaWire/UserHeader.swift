// SPDX-License-Identifier: Apache-2.0
public import HyphaBytes

/// The first four bytes of a decrypted body: what its content is (base protocol section 4.2).
///
///     | version 1 | type 1 | reserved 2 |
@usableFromInline
package struct UserHeader: Hashable, Sendable {
    @usableFromInline package var kind: Kind

    /// What the content of a body is.
    @usableFromInline
    package enum Kind: Hashable, Sendable {
        /// An IPv6 packet (type 0).
        case ip
        /// A ``MessagePacket`` (type 1).
        case message
        /// An ``OutOfBandReport`` (type 2).
        case icmp
        /// Noise message 1 of an end-to-end session (type 0x10; `Docs/protocol/hypha.md` section 4,
        /// as the next three).
        case sessionInitiation
        /// Noise message 2 of an end-to-end session (type 0x11).
        case sessionResponse
        /// Liveness, path reports and endpoint candidates of a session (type 0x12).
        case sessionControl
        /// An IPv6 packet still unsegmented (type 0x13).
        case superPacket
        /// A type that this version does not know; dropped and counted.
        case other(UInt8)
    }

    /// Size of the header in bytes.
    @inlinable package static var byteCount: Int { 4 }
    /// The version of every body.
    @inlinable package static var version: UInt8 { 1 }

    /// - Parameter kind: What the content is.
    @inlinable
    package init(_ kind: Kind) { self.kind = kind }

    /// Reads the header of a decrypted body; the reserved bytes are not looked at, since the base
    /// fills them with what it last had there.
    ///
    /// - Parameter plaintext: The whole decrypted body.
    /// - Throws: ``WireError`` below 4 bytes or for another version; the packet is dropped.
    @inlinable
    package init(_ plaintext: Span<UInt8>) throws(WireError) {
        guard plaintext.count >= Self.byteCount else {
            throw .truncated(needed: Self.byteCount, available: plaintext.count)
        }
        guard plaintext[0] == Self.version else {
            throw .userHeaderVersion(expected: Self.version, found: plaintext[0])
        }
        self.init(Kind(type: plaintext[1]))
    }

    /// Writes the 4 bytes to the start of `plaintext`; traps when there are fewer.
    @inlinable
    package func write(to plaintext: inout MutableSpan<UInt8>) {
        plaintext.storeBigEndian(UInt32(0x0100_0000) | UInt32(kind.type) << 16, at: 0)
    }
}

extension UserHeader.Kind {
    /// - Parameter type: Byte 1 of the header.
    @inlinable
    package init(type: UInt8) {
        switch type {
        case 0: self = .ip
        case 1: self = .message
        case 2: self = .icmp
        case 0x10: self = .sessionInitiation
        case 0x11: self = .sessionResponse
        case 0x12: self = .sessionControl
        case 0x13: self = .superPacket
        default: self = .other(type)
        }
    }

    /// Byte 1 of the header.
    @inlinable
    package var type: UInt8 {
        switch self {
        case .ip: 0
        case .message: 1
        case .icmp: 2
        case .sessionInitiation: 0x10
        case .sessionResponse: 0x11
        case .sessionControl: 0x12
        case .superPacket: 0x13
        case .other(let type): type
        }
    }
}
