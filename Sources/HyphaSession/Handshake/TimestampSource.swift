// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaWire

/// Gives the timestamps of our own initiations; they never go back, whatever the clock does.
struct TimestampSource {
    /// The greatest one given, or found persisted.
    private var last: TAI64N
    /// What the driver was told to persist.
    private var reserved: TAI64N
    /// The wall clock at an instant.
    private var clock: TAI64N
    private var clockAt: Instant

    /// - Parameters:
    ///   - persisted: The greatest timestamp of earlier lives, if any.
    ///   - clock: The wall clock now; anything on a host without one.
    ///   - now: The present.
    init(persisted: TAI64N?, clock: TAI64N, now: Instant) {
        last = persisted ?? TAI64N(seconds: 0, nanoseconds: 0)
        reserved = last
        self.clock = clock
        clockAt = now
    }

    /// Sets the wall clock.
    mutating func set(clock: TAI64N, now: Instant) {
        self.clock = clock
        clockAt = now
    }

    /// The next timestamp, and what is to be persisted before it is sent.
    mutating func next(now: Instant) -> (timestamp: TAI64N, persist: TAI64N?) {
        let wall = clock.advanced(by: now.elapsed(since: clockAt))
        last = max(wall, last.next)
        guard last > reserved else { return (last, nil) }
        reserved = last.advanced(by: HandshakeTimes.timestampReserve)
        return (last, reserved)
    }
}

extension TAI64N {
    /// The timestamp `duration` later, which is not negative; saturates at the end of time.
    fileprivate func advanced(by duration: Duration) -> TAI64N {
        let sum = UInt64(nanoseconds) + UInt64(max(0, duration.nanoseconds))
        let (seconds, overflow) = seconds.addingReportingOverflow(sum / 1_000_000_000)
        guard !overflow else { return TAI64N(seconds: .max, nanoseconds: nanoseconds) }
        return TAI64N(seconds: seconds, nanoseconds: UInt32(sum % 1_000_000_000))
    }
}
