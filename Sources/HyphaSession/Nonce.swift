// SPDX-License-Identifier: Apache-2.0
// Public, not package: only then may the inlinable functions below use it.
public import HyphaBytes

/// The 12-byte nonce of AES-256-GCM; never used twice with one key.
@usableFromInline
package struct Nonce: Hashable, Sendable {
    /// The first 8 bytes, big-endian.
    @usableFromInline package let high: UInt64
    /// The last 4 bytes, big-endian.
    @usableFromInline package let low: UInt32

    /// Size in bytes.
    @inlinable package static var byteCount: Int { 12 }

    /// - Parameters:
    ///   - high: The first 8 bytes, big-endian.
    ///   - low: The last 4 bytes, big-endian.
    @inlinable
    package init(high: UInt64, low: UInt32) {
        self.high = high
        self.low = low
    }

    /// The nonce of a link or session (`Docs/protocol/hypha.md` section 3.3): 4 zero bytes, then
    /// the counter.
    ///
    /// - Parameter counter: Never used twice with one key.
    @inlinable
    package init(counter: UInt64) {
        self.init(high: counter >> 32, low: UInt32(truncatingIfNeeded: counter))
    }
}

extension Nonce {
    /// The 12 bytes at `offset`; traps when they are not all there.
    @inlinable
    package init(readFrom bytes: Span<UInt8>, at offset: Int) {
        self.init(high: bytes.bigEndian(at: offset), low: bytes.bigEndian(at: offset + 8))
    }

    /// The 12 bytes at `offset`; traps when they are not all there.
    @inlinable
    package init(readFrom bytes: borrowing MutableSpan<UInt8>, at offset: Int) {
        self.init(high: bytes.bigEndian(at: offset), low: bytes.bigEndian(at: offset + 8))
    }

    /// Writes the 12 bytes at `offset`; traps when they do not fit.
    @inlinable
    package func write(to bytes: inout MutableSpan<UInt8>, at offset: Int) {
        bytes.storeBigEndian(high, at: offset)
        bytes.storeBigEndian(low, at: offset + 8)
    }
}
