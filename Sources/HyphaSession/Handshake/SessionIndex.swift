// SPDX-License-Identifier: Apache-2.0

/// Names one session at one of its ends; random, unique over all sessions of a node.
@usableFromInline
package struct SessionIndex: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// As it stands in frames.
    @usableFromInline package let value: UInt32

    @inlinable
    package init(_ value: UInt32) { self.value = value }

    @inlinable
    package static func < (left: SessionIndex, right: SessionIndex) -> Bool {
        left.value < right.value
    }

    @usableFromInline package var description: String { "session\(value)" }
}
