// SPDX-License-Identifier: Apache-2.0

/// Names one link, which is one Babel neighbour, for the life of the process; never used again.
@usableFromInline
package struct LinkID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Counts up from 1.
    @usableFromInline package let value: UInt32

    @inlinable
    package init(_ value: UInt32) { self.value = value }

    @inlinable
    package static func < (left: LinkID, right: LinkID) -> Bool { left.value < right.value }

    @usableFromInline package var description: String { "link\(value)" }
}
