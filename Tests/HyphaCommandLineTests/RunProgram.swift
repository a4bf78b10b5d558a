// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Runs a program with `input` and gives its exit status and all it printed.
func run(
    _ path: String,
    _ arguments: [String],
    _ input: String
) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    let file = FileManager.default.temporaryDirectory
        .appendingPathComponent("hypha-test-\(UUID().uuidString)")
    try Data(input.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    process.standardInput = try FileHandle(forReadingFrom: file)
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
}
