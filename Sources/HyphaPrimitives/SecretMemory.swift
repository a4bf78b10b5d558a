// SPDX-License-Identifier: Apache-2.0

/// Heap memory for secrets and what is computed from them, overwritten when its owner is done.
///
/// There is one owner and no copy: handing the value over moves a pointer. The memory has no type,
/// because the end of a generic type is not specialised and looks for metadata at each call.
@safe
struct SecretMemory: ~Copyable {
    private let base: UnsafeMutableRawPointer
    private let byteCount: Int

    /// Zeros.
    ///
    /// - Parameter byteCount: How many, at least 1.
    init(byteCount: Int) {
        precondition(byteCount > 0)
        self.byteCount = byteCount
        unsafe base = .allocate(byteCount: byteCount, alignment: 16)
        // Safe: these are the bytes allocated above.
        unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    }

    deinit {
        // Safe: allocated in `init` with this size; nobody else has the pointer.
        let memory = unsafe UnsafeMutableRawBufferPointer(start: base, count: byteCount)
        unsafe Wiping.wipe(memory)
        unsafe base.deallocate()
    }

    /// The byte at index `i`; traps when there is none.
    subscript(i: Int) -> UInt8 {
        @inline(__always) get { load(i) }
        @inline(__always) set { store(newValue, i) }
    }

    /// The lane at index `i`, in the machine's byte order; traps when there is none.
    subscript(lane i: Int) -> UInt64 {
        @inline(__always) get { load(i) }
        @inline(__always) set { store(newValue, i) }
    }

    /// The coefficient at index `i`, in the machine's byte order; traps when there is none.
    subscript(coefficient i: Int) -> Int16 {
        @inline(__always) get { load(i) }
        @inline(__always) set { store(newValue, i) }
    }

    /// Coefficients `16 * i` to `16 * i + 15`; traps when they do not exist.
    subscript(row i: Int) -> SIMD16<Int16> {
        @inline(__always) get { load(i) }
        @inline(__always) set { store(newValue, i) }
    }

    /// Lends the bytes.
    @inline(__always)
    func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        // Safe: the memory lives as long as `self`, which is borrowed; the span cannot escape.
        let memory = unsafe UnsafeBufferPointer(
            start: base.assumingMemoryBound(to: UInt8.self),
            count: byteCount
        )
        return body(unsafe memory.span)
    }

    /// Lends the bytes to change them.
    @inline(__always)
    mutating func withMutableBytes<Result>(_ body: (inout MutableSpan<UInt8>) -> Result) -> Result {
        // Safe: the memory lives as long as `self`, which nobody else uses meanwhile; the span
        // cannot escape.
        let memory = unsafe UnsafeMutableBufferPointer(
            start: base.assumingMemoryBound(to: UInt8.self),
            count: byteCount
        )
        var bytes = unsafe memory.mutableSpan
        return body(&bytes)
    }

    @inline(__always)
    private func load<Value: BitwiseCopyable>(_ i: Int) -> Value {
        let size = MemoryLayout<Value>.size
        precondition(UInt(bitPattern: i) < UInt(bitPattern: byteCount) / UInt(bitPattern: size))
        // Safe: in bounds by the check above, and every bit pattern is an integer or a vector.
        return unsafe base.loadUnaligned(fromByteOffset: i &* size, as: Value.self)
    }

    @inline(__always)
    private mutating func store<Value: BitwiseCopyable>(_ value: Value, _ i: Int) {
        let size = MemoryLayout<Value>.size
        precondition(UInt(bitPattern: i) < UInt(bitPattern: byteCount) / UInt(bitPattern: size))
        // Safe: in bounds by the check above, and any bytes may be stored over bytes.
        unsafe base.storeBytes(of: value, toByteOffset: i &* size, as: Value.self)
    }
}
