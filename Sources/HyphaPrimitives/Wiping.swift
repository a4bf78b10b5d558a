// SPDX-License-Identifier: Apache-2.0

/// What the optimiser must not touch.
///
/// A store to memory that is never read again may be left out, and a mask may be turned into the
/// branch that it avoids. A function that is not optimised stands in the way of both: the compiler
/// has to assume that it reads the memory, or returns any value.
package enum Wiping {
    /// Overwrites `bytes` with zeros, even when nobody reads them afterwards.
    package static func wipe(_ bytes: inout MutableSpan<UInt8>) {
        // Safe: the memory belongs to the span.
        unsafe bytes.withUnsafeMutableBytes { unsafe wipe($0) }
    }

    /// Overwrites `bytes` with zeros; other copies of the array keep theirs.
    package static func wipe(_ bytes: inout [UInt8]) {
        // Safe: the memory belongs to the array.
        unsafe bytes.withUnsafeMutableBytes { unsafe wipe($0) }
    }

    /// Overwrites `memory`, which must be valid, with zeros.
    static func wipe(_ memory: UnsafeMutableRawBufferPointer) {
        // Safe: the caller says that the memory is valid. That its address leaves this function
        // keeps the stores.
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
        unsafe observe(memory.baseAddress)
    }

    /// Overwrites the part of the stack that calls made by the caller have used, up to 4096 bytes:
    /// there the compiler keeps what does not fit in registers.
    @inline(never)
    static func wipeStack() {
        var frame = [4096 of UInt8](repeating: 0)
        var span = frame.mutableSpan
        wipe(&span)
    }

    /// `value`, of which the compiler knows nothing.
    @inline(never) @_optimize(none)
    static func opaque(_ value: UInt8) -> UInt8 { value }

    /// Stands for a reader of the memory.
    @inline(never) @_optimize(none)
    private static func observe(_ memory: UnsafeMutableRawPointer?) {}
}
