// SPDX-License-Identifier: Apache-2.0
import CHyphaCrypto

/// Secret bytes on the heap, overwritten when their owner is done with them.
///
/// There is one owner and no copy: handing the value over moves a pointer.
@safe
package struct SecretBytes: ~Copyable, @unchecked Sendable {
    // Unchecked: the memory is written before `init` returns and only read afterwards.
    private let base: UnsafeMutablePointer<UInt8>
    /// Size in bytes.
    package let byteCount: Int

    /// Memory of zeros, filled by `fill` and constant from then on.
    ///
    /// - Parameters:
    ///   - byteCount: Size in bytes, at least 1.
    ///   - fill: Writes the secret.
    package init(byteCount: Int, filledBy fill: (inout MutableSpan<UInt8>) -> Void) {
        precondition(byteCount > 0)
        self.byteCount = byteCount
        // Safe: `deinit` wipes and frees what is allocated here; the span cannot escape.
        unsafe base = .allocate(capacity: byteCount)
        unsafe base.initialize(repeating: 0, count: byteCount)
        let memory = unsafe UnsafeMutableBufferPointer(start: base, count: byteCount)
        var span = unsafe memory.mutableSpan
        fill(&span)
    }

    /// A copy of `bytes`, which is the caller's to wipe.
    package init(copying bytes: Span<UInt8>) {
        self.init(byteCount: bytes.count) { memory in
            for i in bytes.indices { memory[i] = bytes[i] }
        }
    }

    deinit {
        // Safe: allocated in `init` with this size; nobody else has the pointer.
        unsafe hypha_wipe(base, byteCount)
        unsafe base.deallocate()
    }

    /// Fresh random bytes.
    ///
    /// - Parameter byteCount: Size in bytes, at least 1.
    /// - Returns: The bytes.
    package static func random(byteCount: Int) -> SecretBytes {
        SecretBytes(byteCount: byteCount) { Entropy.fill(&$0) }
    }

    /// Lends the bytes.
    package func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // Safe: the memory lives as long as `self`, which is borrowed; the span cannot escape.
        let memory = unsafe UnsafeBufferPointer(start: base, count: byteCount)
        return try body(unsafe memory.span)
    }

    /// Whether the bytes are the same; the time taken tells nothing about them.
    package func isEqual(to other: borrowing SecretBytes) -> Bool {
        guard byteCount == other.byteCount else { return false }
        // Safe: both have `byteCount` bytes.
        return unsafe hypha_is_equal(base, other.base, byteCount) == 1
    }
}
