// SPDX-License-Identifier: Apache-2.0
import Foundation
import HyphaBase
import HyphaDaemon
import HyphaNode
import Testing

/// Timestamps of handshakes over restarts.
@Suite struct ClockFileTests {
    private let folder: String

    init() throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("hypha-clock-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        folder = url.path
    }

    private func withFile(_ body: (ClockFile, URL) throws -> Void) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let url = URL(fileURLWithPath: folder).appendingPathComponent("handshake-clock")
        try body(ClockFile(stateDirectory: folder), url)
    }

    @Test func withoutAFileTheWallClockIsAllThereIs() throws {
        try withFile { file, _ in
            let clock = file.read()
            #expect(clock.persisted == nil)
            let now = UInt64(Date().timeIntervalSince1970)
            let read = clock.wallClock.seconds - TAI64N.unixEpochSeconds
            #expect(read >= now - 60)
            #expect(read <= now + 60)
        }
    }

    @Test func whatWasWrittenIsReadAgain() throws {
        try withFile { file, url in
            for seconds in [5 as UInt64, 1_900_000_000] {
                let timestamp = TAI64N(unixSeconds: seconds, nanoseconds: 123_456_789)
                #expect(file.write(timestamp) == nil)
                #expect(file.read().persisted == timestamp)
            }
            #expect(try Data(contentsOf: url).count == TAI64N.byteCount)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(names == ["handshake-clock"], "nothing else is left behind")
        }
    }

    @Test(arguments: [0, 11, 13, 4096])
    func aFileThatIsNotWholeCountsAsNone(byteCount: Int) throws {
        try withFile { file, url in
            try Data(repeating: 7, count: byteCount).write(to: url)
            #expect(file.read().persisted == nil)
        }
    }

    @Test func whatCannotBeWrittenIsSaid() {
        let file = ClockFile(stateDirectory: folder + "/missing")
        let problem = file.write(TAI64N(unixSeconds: 5, nanoseconds: 0))
        #expect(problem?.contains(folder + "/missing/handshake-clock") == true)
        try? FileManager.default.removeItem(atPath: folder)
    }
}
