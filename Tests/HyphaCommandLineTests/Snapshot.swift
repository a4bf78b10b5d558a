// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Compares text with a file of `Tests/Snapshots/CommandLine`; `HYPHA_UPDATE_SNAPSHOTS=1` writes the file instead.
func expectSnapshot(
    _ text: String,
    _ name: String,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Snapshots/CommandLine/\(name)")
    if ProcessInfo.processInfo.environment["HYPHA_UPDATE_SNAPSHOTS"] == "1" {
        try Data(text.utf8).write(to: file)
        return
    }
    let expected = try String(decoding: Data(contentsOf: file), as: UTF8.self)
    #expect(text == expected, "\(name) differs", sourceLocation: sourceLocation)
}
