// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Where a worker shows its counters once a turn.
package final class CounterBoard: Sendable {
    private let shown = Mutex(DataPlaneCounters())

    package init() {}

    /// Replaces what is shown.
    func show(_ counters: DataPlaneCounters) { shown.withLock { $0 = counters } }

    /// What was shown last.
    package var current: DataPlaneCounters { shown.withLock { $0 } }
}
