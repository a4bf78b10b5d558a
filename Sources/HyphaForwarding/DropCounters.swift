// SPDX-License-Identifier: Apache-2.0

/// One count for each ``DropReason``; a plain value, so a copy is a snapshot.
package struct DropCounters: Sendable {
    /// Room for more reasons than there are; a test keeps the relation.
    @usableFromInline static let capacity = 32

    @usableFromInline var counts = [32 of UInt64](repeating: 0)

    /// All zero.
    package init() {}

    /// Packets dropped for `reason`.
    @inlinable
    package subscript(reason: DropReason) -> UInt64 { counts[Int(reason.rawValue)] }

    /// Counts dropped packets.
    ///
    /// - Parameters:
    ///   - reason: Why they were dropped.
    ///   - packets: How many.
    @inlinable
    package mutating func count(_ reason: DropReason, packets: Int = 1) {
        counts[Int(reason.rawValue)] &+= UInt64(truncatingIfNeeded: packets)
    }

    /// Packets dropped for any reason.
    package var total: UInt64 {
        var sum: UInt64 = 0
        for i in counts.indices { sum &+= counts[i] }
        return sum
    }

    /// Adds the counts of another worker.
    package mutating func add(_ other: DropCounters) {
        for i in counts.indices { counts[i] &+= other.counts[i] }
    }
}
