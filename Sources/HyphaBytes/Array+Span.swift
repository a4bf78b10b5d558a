// SPDX-License-Identifier: Apache-2.0

extension Array where Element == UInt8 {
    /// Appends all bytes of `span`.
    @inlinable
    package mutating func append(contentsOf span: Span<UInt8>) {
        reserveCapacity(count + span.count)
        for i in span.indices { append(span[i]) }
    }

    /// A copy of the bytes of `span`.
    @inlinable
    package init(copying span: Span<UInt8>) {
        self = []
        append(contentsOf: span)
    }

    /// Appends an integer in big-endian order.
    @inlinable
    package mutating func appendBigEndian<T: FixedWidthInteger>(_ value: T) {
        for shift in stride(from: T.bitWidth - 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: value >> T(shift)))
        }
    }
}
