// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Plays the service manager: a datagram socket that a daemon reports to.
package final class ServiceManagerStub {
    private let listener: ChildProcess
    private let folder: TemporaryFolder

    /// Opens the socket in a space.
    ///
    /// Its path is what `NOTIFY_SOCKET` must hold.
    package init(in space: Space) throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        listener = try space.start(
            ["nc", "-l", "-U", "-u", "-k", folder.path("notify")],
            log: folder.path("received")
        )
        let path = folder.path("notify")
        _ = try wait(for: "nc opens \(path)", seconds: 5) {
            FileManager.default.fileExists(atPath: path) ? true : nil
        }
    }

    /// Path of the socket.
    package var path: String { folder.path("notify") }

    /// Everything received so far; the datagrams follow each other without a mark.
    package var received: String { folder.text("received") }

    /// How often a word was received.
    package func count(of word: String) -> Int {
        received.components(separatedBy: word).count - 1
    }

    /// Waits until a word came.
    ///
    /// - Throws: ``LabError/timedOut(what:seconds:detail:)``.
    package func waitFor(_ word: String, seconds: Double) throws {
        _ = try wait(for: "the daemon reports \(word)", seconds: seconds, detail: { self.received })
        {
            count(of: word) > 0 ? true : nil
        }
    }
}
