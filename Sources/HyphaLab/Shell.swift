// SPDX-License-Identifier: Apache-2.0

package import Foundation
import Dispatch

/// What a command that has ended said.
package struct ShellResult: Sendable {
    /// Exit status; 128 and the signal's number when a signal ended it.
    package let status: Int32
    /// Standard output.
    package let output: String
    /// Standard error.
    package let errors: String

    /// Whether the status is 0.
    package var isSuccess: Bool { status == 0 }
}

/// Commands that are waited for.
package enum Shell {
    /// Runs a program found on the path and returns what it said, whatever its status.
    ///
    /// - Parameters:
    ///   - words: Program and arguments.
    ///   - environment: Variables to add to this process's own.
    ///   - seconds: After this time the program is killed; `nil` waits for ever.
    /// - Returns: Status, output and errors.
    /// - Throws: Foundation's error when `/usr/bin/env` cannot be started.
    package static func run(
        _ words: [String],
        environment: [String: String] = [:],
        within seconds: Double? = 60
    ) throws -> ShellResult {
        let folder = try TemporaryFolder()
        let child = try ChildProcess(
            words,
            environment: environment,
            output: folder.path("output"),
            errors: folder.path("errors")
        )
        if let seconds, !child.waits(seconds: seconds) { child.kill() }
        child.wait()
        return ShellResult(
            status: child.status,
            output: folder.text("output"),
            errors: folder.text("errors")
        )
    }

    /// Runs a program that must succeed; returns its output.
    ///
    /// - Throws: ``LabError/commandFailed(words:status:output:)`` for a status other than 0.
    @discardableResult
    package static func must(_ words: String...) throws -> String {
        try must(words)
    }

    /// Runs a program that must succeed; returns its output.
    ///
    /// - Throws: ``LabError/commandFailed(words:status:output:)`` for a status other than 0.
    @discardableResult
    package static func must(_ words: [String]) throws -> String {
        let result = try run(words)
        guard result.isSuccess else {
            throw LabError.commandFailed(
                words: words,
                status: result.status,
                output: result.errors + result.output
            )
        }
        return result.output
    }
}

/// A folder that is removed with its owner.
package final class TemporaryFolder {
    /// Where it is.
    ///
    /// On a tmpfs when the sandbox gave us one, so that nothing outlives the sandbox.
    package let url: URL

    /// Makes a folder with a name of its own.
    package init() throws {
        let given = ProcessInfo.processInfo.environment["HYPHA_LAB_FOLDER"]
        let parent = given ?? NSTemporaryDirectory()
        url = URL(fileURLWithPath: parent).appendingPathComponent("hypha-lab-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Path of something in the folder.
    package func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    /// Text of a file in the folder; empty when it cannot be read.
    package func text(_ name: String) -> String { fileText(path(name)) }
}

/// Text of a file; empty when it cannot be read.
package func fileText(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
}

/// Asks again and again until there is an answer.
///
/// - Parameters:
///   - what: What is waited for, for the error.
///   - seconds: How long at most.
///   - interval: Seconds between two questions.
///   - detail: Told with the error, for example the end of a log.
///   - answer: The question; `nil` means not yet.
/// - Returns: The first answer that is not `nil`.
/// - Throws: ``LabError/timedOut(what:seconds:detail:)``.
package func wait<Answer>(
    for what: String,
    seconds: Double,
    every interval: Double = 0.05,
    detail: () -> String = { "" },
    _ answer: () throws -> Answer?
) throws -> Answer {
    let end = monotonicSeconds() + seconds
    while true {
        if let found = try answer() { return found }
        guard monotonicSeconds() < end else {
            throw LabError.timedOut(what: what, seconds: seconds, detail: detail())
        }
        Thread.sleep(forTimeInterval: interval)
    }
}

/// Seconds of a clock that never jumps.
package func monotonicSeconds() -> Double {
    Double(DispatchTime.now().uptimeNanoseconds) / 1e9
}
