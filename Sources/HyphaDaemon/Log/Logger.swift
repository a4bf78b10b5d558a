// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
package import HyphaBase
package import HyphaControl
import Synchronization

/// Writes log lines; one for the whole process, usable from every thread.
///
/// A class because its limits are shared by all who log.
package final class Logger: Sendable {
    private let line: LogLine
    private let surroundings: Surroundings
    private let state: Mutex<State>

    /// What a logger needs of the machine.
    package struct Surroundings: Sendable {
        /// Monotonic time.
        let now: @Sendable () -> Instant
        /// Seconds since 1970.
        let wallClock: @Sendable () -> Double
        /// Takes one whole line.
        let write: @Sendable ([UInt8]) -> Void
        /// Whether the lines go to the journal.
        let isJournal: Bool

        /// - Parameters:
        ///   - now: Monotonic time.
        ///   - wallClock: Seconds since 1970.
        ///   - isJournal: Whether the lines go to the journal.
        ///   - write: Takes one whole line.
        package init(
            now: @escaping @Sendable () -> Instant,
            wallClock: @escaping @Sendable () -> Double,
            isJournal: Bool,
            write: @escaping @Sendable ([UInt8]) -> Void
        ) {
            self.now = now
            self.wallClock = wallClock
            self.isJournal = isJournal
            self.write = write
        }

        /// Standard error of this process.
        ///
        /// - Parameter journalStream: The variable `JOURNAL_STREAM`.
        /// - Returns: The surroundings.
        package static func standardError(journalStream: String?) -> Surroundings {
            let start = ContinuousClock.now
            return Surroundings(
                now: { Instant.zero + (ContinuousClock.now - start) },
                wallClock: { Date().timeIntervalSince1970 },
                isJournal: StandardError.isJournal(journalStream),
                write: StandardError.write
            )
        }
    }

    private struct State {
        var level: LogLevel
        var limiter: LogLimiter
    }

    /// - Parameters:
    ///   - level: The least important level that is written.
    ///   - format: How lines look.
    ///   - surroundings: Clocks and where lines go.
    package init(level: LogLevel, format: LogFormat, surroundings: Surroundings) {
        line = LogLine(format: format, isForJournal: surroundings.isJournal)
        self.surroundings = surroundings
        let limiter = LogLimiter(eventCount: LogEvent.allCases.count)
        state = Mutex(State(level: level, limiter: limiter))
    }

    /// Whether lines of a level are written: to spare the work of gathering what they tell.
    package func isWriting(_ level: LogLevel) -> Bool { state.withLock { level <= $0.level } }

    /// Changes how much is written.
    package func setLevel(_ level: LogLevel) { state.withLock { $0.level = level } }

    /// Writes a line unless its level is not asked for or the event was written less than a second
    /// ago; a later line then tells how many were left out.
    ///
    /// - Parameters:
    ///   - event: What happened.
    ///   - fields: With whom and what; built only when the line is written.
    package func log(
        _ event: LogEvent,
        _ fields: @autoclosure () -> KeyValuePairs<LogKey, String> = [:]
    ) {
        let admitted = state.withLock { state -> (level: LogLevel, suppressed: UInt64)? in
            guard event.level <= state.level else { return nil }
            guard !event.isOperatorsOwn else { return (state.level, 0) }
            guard let suppressed = state.limiter.admit(event.index, now: surroundings.now()) else {
                return nil
            }
            return (state.level, suppressed)
        }
        guard let admitted else { return }
        var kept = fields().filter { admitted.level >= .debug || !$0.key.isPrivate }
            .map { ($0.key, $0.value) }
        if admitted.suppressed > 0 { kept.append((.suppressedCount, "\(admitted.suppressed)")) }
        surroundings.write(line.render(event, kept, time: surroundings.wallClock()))
    }
}

extension LogEvent {
    /// Its place in the table.
    fileprivate var index: Int { Self.indexes[self] ?? 0 }

    private static let indexes = Dictionary(
        uniqueKeysWithValues: zip(allCases, allCases.indices)
    )
}
