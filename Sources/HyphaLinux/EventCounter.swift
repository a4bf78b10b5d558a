// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux

/// Wakes a thread that waits in a ``Poller`` (`eventfd(2)`).
///
/// A class because several threads hold it: any of them signals, one drains.
package final class EventCounter: Sendable {
    /// For ``Poller/add(_:token:interest:trigger:)``.
    package let descriptor: Descriptor

    /// How ``drain()`` behaves when nothing was signalled.
    package enum Mode: Sendable {
        /// It returns 0.
        case nonBlocking
        /// It waits for a signal.
        case blocking
    }

    /// - Throws: ``SystemError`` of `eventfd(2)`.
    package init(_ mode: Mode = .nonBlocking) throws(SystemError) {
        let result = hypha_counter_open(mode == .nonBlocking ? 1 : 0)
        descriptor = Descriptor(adopting: try check(result, .openEventCounter))
    }

    /// Makes the descriptor readable; from any thread, without allocation.
    package func signal() {
        refuseOwnMistake(-hypha_counter_add(descriptor.rawValue))
    }

    /// Makes the descriptor unreadable again.
    ///
    /// - Returns: Signals since the last call.
    @discardableResult
    package func drain() -> UInt64 {
        UInt64(max(0, hypha_counter_take(descriptor.rawValue)))
    }
}
