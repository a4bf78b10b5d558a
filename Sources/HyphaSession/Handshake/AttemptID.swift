// SPDX-License-Identifier: Apache-2.0

/// Names one attempt to reach a node; the driver counts it up and never uses it again.
package struct AttemptID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Counts up from 1.
    package let value: UInt64

    package init(_ value: UInt64) { self.value = value }

    package static func < (left: AttemptID, right: AttemptID) -> Bool { left.value < right.value }

    package var description: String { "attempt\(value)" }
}
