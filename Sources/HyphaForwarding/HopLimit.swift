// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// The hop limit step of forwarding (base protocol section 4.4, steps 1 and 2).
package enum HopLimit {
    /// One hop.
    ///
    /// The step comes before the test for local delivery: a packet that reaches its destination
    /// with 1 or 0 is discarded there.
    ///
    /// - Parameter value: The hop limit with which the packet arrived, 0...255.
    /// - Returns: The hop limit with which it goes on, or `nil` when it ends here.
    @inlinable
    package static func step(_ value: UInt8) -> UInt8? {
        value < Limits.hopLimitMin ? nil : value &- 1
    }
}
