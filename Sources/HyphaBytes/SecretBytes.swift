// SPDX-License-Identifier: Apache-2.0

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
        let memory = unsafe UnsafeMutableBufferPointer(start: base, count: byteCount)
        var span = unsafe memory.mutableSpan
        Self.wipe(&span)
        unsafe base.deallocate()
    }

    /// Lends the bytes.
    package func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // Safe: the memory lives as long as `self`, which is borrowed; the span cannot escape.
        let memory = unsafe UnsafeBufferPointer(start: base, count: byteCount)
        return try body(unsafe memory.span)
    }

    /// Whether the bytes are the same; the time taken tells nothing about them.
    package func isEqual(to other: borrowing SecretBytes) -> Bool {
        other.withBytes { theirs in withBytes { Self.isEqual($0, theirs) } }
    }

    /// Overwrites `bytes` with zeros, also where nobody reads them any more.
    ///
    /// The memory of a secret is freed next, so an optimiser would drop the stores as dead. It may
    /// neither change this function nor see through the call.
    @inline(never) @_optimize(none)
    package static func wipe(_ bytes: inout MutableSpan<UInt8>) {
        var i = 0
        while i < bytes.count {
            bytes[i] = 0
            i += 1
        }
    }

    /// Whether the bytes are the same; the time taken tells only the sizes.
    ///
    /// Not optimised, because an optimiser may leave the loop at the first difference.
    @inline(never) @_optimize(none)
    package static func isEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        var i = 0
        while i < left.count {
            difference |= left[i] ^ right[i]
            i += 1
        }
        return difference == 0
    }
}
