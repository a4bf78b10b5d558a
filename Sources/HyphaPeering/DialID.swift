// SPDX-License-Identifier: Apache-2.0

/// Names one attempt to connect; never used again.
package struct DialID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Counts up from 1.
    package let value: UInt64

    package init(_ value: UInt64) { self.value = value }

    package static func < (left: DialID, right: DialID) -> Bool { left.value < right.value }

    package var description: String { "dial\(value)" }
}
