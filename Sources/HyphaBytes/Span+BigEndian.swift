// SPDX-License-Identifier: Apache-2.0

extension Span where Element == UInt8 {
    /// The big-endian integer at byte `offset`; traps when it does not fit.
    @inlinable @inline(always)
    package func bigEndian<T>(at offset: Int, as type: T.Type = T.self) -> T
    where T: FixedWidthInteger & BitwiseCopyable {
        // Safe: the load is bounds-checked and every bit pattern is a valid integer.
        unsafe T(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
    }

    /// The integer at byte `offset` in the machine's byte order; traps when it does not fit.
    @inlinable @inline(always)
    package func native<T>(at offset: Int, as type: T.Type = T.self) -> T
    where T: FixedWidthInteger & BitwiseCopyable {
        // Safe: the load is bounds-checked and every bit pattern is a valid integer.
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: T.self)
    }

    /// The 32 bytes at byte `offset` as words in the machine's byte order; traps when they do not
    /// fit.
    @inlinable @inline(always)
    package func native32Bytes(at offset: Int) -> SIMD4<UInt64> {
        // Safe: the load is bounds-checked and every bit pattern is valid for integer lanes.
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: SIMD4<UInt64>.self)
    }
}

extension MutableSpan where Element == UInt8 {
    /// The big-endian integer at byte `offset`; traps when it does not fit.
    @inlinable @inline(always)
    package func bigEndian<T>(at offset: Int, as type: T.Type = T.self) -> T
    where T: FixedWidthInteger & BitwiseCopyable {
        // Safe: the load is bounds-checked and every bit pattern is a valid integer.
        unsafe T(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
    }

    /// Stores a big-endian integer at byte `offset`; traps when it does not fit.
    @inlinable @inline(always)
    package mutating func storeBigEndian<T>(_ value: T, at offset: Int)
    where T: FixedWidthInteger & BitwiseCopyable {
        // Safe: the store is bounds-checked and any bytes may be stored over bytes.
        var raw = unsafe mutableBytes
        raw.storeBytes(of: value.bigEndian, toByteOffset: offset, as: T.self)
    }

    /// Copies `source` to byte `offset`; traps when it does not fit.
    @inlinable @inline(always)
    package mutating func copy(_ source: Span<UInt8>, at offset: Int) {
        precondition(offset >= 0 && offset <= count && source.count <= count - offset)
        guard !source.isEmpty else { return }
        // Safe: both ranges were checked above.
        unsafe withUnsafeMutableBufferPointer { to in
            unsafe source.withUnsafeBufferPointer { from in
                guard let to = to.baseAddress, let from = from.baseAddress else { return }
                unsafe UnsafeMutableRawPointer(to + offset)
                    .copyMemory(from: from, byteCount: source.count)
            }
        }
    }

    /// The bytes in `range` as a span of their own; traps when out of bounds.
    @inlinable @inline(always)
    @_lifetime(&self)
    package mutating func slice(_ range: Range<Int>) -> MutableSpan<UInt8> {
        _mutatingExtracting(range)
    }
}
