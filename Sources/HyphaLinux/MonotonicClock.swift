// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
package import HyphaBase

/// The clock that every input of the engines is stamped with.
///
/// `CLOCK_BOOTTIME`, which also counts while the machine sleeps: after a suspend the neighbours have
/// long given us up and our routes are as old as the world says, so links and routes must expire at
/// once, not after the rest of their time. It costs the same as `CLOCK_MONOTONIC` (vDSO, no system
/// call).
package enum MonotonicClock {
    /// The current instant; about 30 ns, no allocation, to be read once a batch.
    package static func now() -> Instant { Instant(nanoseconds: hypha_clock_boot()) }

    /// Microseconds of `CLOCK_MONOTONIC`, as the service manager counts.
    static func serviceManagerMicroseconds() -> Int64 { hypha_clock_monotonic() / 1_000 }

    /// Nanoseconds since 1970, for logs; it jumps when the clock is set.
    package static func wallClockNanoseconds() -> Int64 { hypha_clock_real() }
}
