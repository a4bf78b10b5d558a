// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// A program that runs beside us, ended with its owner.
package final class ChildProcess {
    private let process = Process()
    private let outputPath: String

    /// Starts a program found on the path.
    ///
    /// - Parameters:
    ///   - words: Program and arguments.
    ///   - environment: Variables to add to this process's own.
    ///   - output: File that standard output is added to.
    ///   - errors: File that standard error is added to; the same file unless given.
    /// - Throws: Foundation's error when the files or `/usr/bin/env` cannot be opened.
    package init(
        _ words: [String],
        environment: [String: String] = [:],
        output: String,
        errors: String? = nil
    ) throws {
        outputPath = output
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let out = try Self.appending(output)
        process.standardOutput = out
        process.standardError = try errors.map(Self.appending) ?? out
        try process.run()
    }

    deinit {
        if process.isRunning {
            kill()
            process.waitUntilExit()
        }
    }

    /// Process number; `env` and `ip netns exec` replace themselves, so it is the program's own.
    package var id: Int32 { process.processIdentifier }

    /// Whether it has not ended.
    package var isRunning: Bool { process.isRunning }

    /// Exit status; 128 and the signal's number when a signal ended it.
    ///
    /// Only after the end.
    package var status: Int32 {
        let number = process.terminationStatus
        return process.terminationReason == .uncaughtSignal ? 128 + number : number
    }

    /// What it wrote so far.
    package var output: String { fileText(outputPath) }

    /// Sends a signal.
    package func send(_ signal: Int32) {
        guard process.isRunning else { return }
        _ = Glibc.kill(id, signal)
    }

    /// SIGKILL, to what it started too: Foundation sees its end only when all of them have ended.
    package func kill() {
        guard process.isRunning else { return }
        // Foundation gives each child a process group of its own.
        _ = Glibc.kill(-id, SIGKILL)
    }

    /// SIGTERM, then waits; kills it when it does not end in time.
    ///
    /// - Returns: Whether it ended by itself.
    @discardableResult
    package func terminate(within seconds: Double = 5) -> Bool {
        send(SIGTERM)
        let isOver = waits(seconds: seconds)
        if !isOver { kill() }
        wait()
        return isOver
    }

    /// Waits for the end.
    package func wait() { process.waitUntilExit() }

    /// Waits for the end at most so long; whether it came.
    package func waits(seconds: Double) -> Bool {
        let end = monotonicSeconds() + seconds
        while process.isRunning {
            guard monotonicSeconds() < end else { return false }
            Thread.sleep(forTimeInterval: 0.002)
        }
        return true
    }

    private static func appending(_ path: String) throws -> FileHandle {
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seekToEnd()
        return file
    }
}
