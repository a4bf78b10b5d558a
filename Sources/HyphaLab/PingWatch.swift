// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// A `ping` that runs in the background, and what its answers say about the path.
package final class PingWatch {
    /// One answer.
    package struct Answer: Hashable, Sendable {
        /// When it came, in seconds since 1970.
        package let time: Double
        /// Its sequence number.
        package let sequence: Int
    }

    private let process: ChildProcess
    /// When it was started, in seconds since 1970.
    package let startTime: Double = Date().timeIntervalSince1970

    /// Starts to ping `address` every `interval` seconds.
    package init(from space: Space, to address: String, interval: Double = 0.02) throws {
        process = try space.start([
            "ping", "-6", "-n", "-D", "-i", "\(interval)", "-s", "56", address,
        ])
    }

    /// The answers so far, in the order they came.
    package var answers: [Answer] {
        process.output.split(separator: "\n").compactMap { line in
            guard line.hasPrefix("["), line.contains("bytes from"),
                let close = line.firstIndex(of: "]"),
                let time = Double(line[line.index(after: line.startIndex)..<close]),
                let mark = line.firstRange(of: "icmp_seq="),
                let sequence = Int(line[mark.upperBound...].prefix { $0.isNumber })
            else { return nil }
            return Answer(time: time, sequence: sequence)
        }
    }

    /// Waits until answers come again after `instant` and then go on for `steady` seconds without a
    /// longer pause than that.
    ///
    /// - Returns: The longest pause between two answers since shortly before `instant`, in seconds.
    /// - Throws: ``LabError/timedOut(what:seconds:detail:)``.
    package func longestPause(
        since instant: Double,
        within seconds: Double,
        steady: Double = 2
    )
        throws -> Double
    {
        try wait(for: "answers to a ping come again", seconds: seconds, every: 0.2) {
            let all = answers
            let before = all.last { $0.time <= instant }?.time ?? instant
            let after = all.filter { $0.time > instant }.map(\.time)
            guard let last = after.last else { return nil }
            let pauses = zip([before] + after, after).map { ($1 - $0, $1) }
            guard let longest = pauses.max(by: { $0.0 < $1.0 }), last - longest.1 >= steady,
                last - instant >= steady
            else { return nil }
            return longest.0
        }
    }

    /// Seconds from `instant` to the first answer after it.
    package func firstAnswer(after instant: Double, within seconds: Double) throws -> Double {
        try wait(for: "an answer to a ping", seconds: seconds, every: 0.01) {
            answers.first { $0.time > instant }.map { $0.time - instant }
        }
    }

    /// Ends it.
    ///
    /// - Returns: Share of requests without an answer, 0 to 1; the last second is left out.
    @discardableResult
    package func stop() -> Double {
        process.send(SIGINT)
        if !process.waits(seconds: 2) { process.kill() }
        let all = Set(answers.map(\.sequence))
        guard let last = all.max() else { return 1 }
        return 1 - Double(all.count) / Double(last)
    }
}
