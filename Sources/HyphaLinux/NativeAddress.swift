// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
package import HyphaBase
import HyphaBytes

/// A socket address as the kernel has it, in four words.
///
/// One address has one form (IPv4 is IPv4-mapped, the flow label is 0), so a received address is
/// compared with a link's without being taken apart.
@usableFromInline
package struct NativeAddress: Hashable, Sendable {
    @usableFromInline let word0: UInt64
    @usableFromInline let word1: UInt64
    @usableFromInline let word2: UInt64
    @usableFromInline let word3: UInt64

    init(_ native: hypha_native_address) {
        word0 = native.word0
        word1 = native.word1
        word2 = native.word2
        word3 = native.word3
    }

    /// The kernel's form of an address.
    package init(_ address: SocketAddress) {
        var plain = address.native
        var native = hypha_native_address()
        // Safe: the shim reads one value and writes the other.
        unsafe hypha_native_encode(&plain, &native)
        self.init(native)
    }

    /// The shim's form.
    var native: hypha_native_address {
        hypha_native_address(word0: word0, word1: word1, word2: word2, word3: word3)
    }

    /// The address taken apart; IPv4 as such, the scope of a link-local address kept.
    package var socketAddress: SocketAddress {
        var native = native
        var plain = hypha_address()
        // Safe: the shim reads one value and writes the other.
        unsafe hypha_native_decode(&native, &plain)
        return SocketAddress(plain)
    }

    /// Size of the form that is written, bytes.
    package static let byteCount = 32

    /// Writes the words.
    ///
    /// - Parameters:
    ///   - bytes: Room for ``byteCount`` bytes from `offset` on; traps otherwise.
    ///   - offset: Where they begin.
    package func write(to bytes: inout MutableSpan<UInt8>, at offset: Int) {
        bytes.storeBigEndian(word0, at: offset)
        bytes.storeBigEndian(word1, at: offset + 8)
        bytes.storeBigEndian(word2, at: offset + 16)
        bytes.storeBigEndian(word3, at: offset + 24)
    }

    /// Reads what ``write(to:at:)`` wrote.
    package init(_ bytes: Span<UInt8>, at offset: Int) {
        word0 = bytes.bigEndian(at: offset)
        word1 = bytes.bigEndian(at: offset + 8)
        word2 = bytes.bigEndian(at: offset + 16)
        word3 = bytes.bigEndian(at: offset + 24)
    }

    /// Compares the words.
    @inlinable
    package static func == (first: NativeAddress, second: NativeAddress) -> Bool {
        (first.word0 ^ second.word0) | (first.word1 ^ second.word1)
            | (first.word2 ^ second.word2) | (first.word3 ^ second.word3) == 0
    }
}
