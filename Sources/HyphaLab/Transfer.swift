// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Bytes sent over one TCP connection, compared at the other end.
package struct Transfer: Sendable {
    /// Size of what was sent.
    package let byteCount: Int
    /// Time from the connection to the last byte.
    package let seconds: Double
    /// SHA-256 of what was sent and of what arrived.
    package let digests: [String]

    /// Whether what arrived is what was sent.
    package var isIntact: Bool { digests.count == 2 && digests[0] == digests[1] }

    /// Sends random bytes from one space to an address in another with `nc`.
    ///
    /// - Parameters:
    ///   - byteCount: How many.
    ///   - sender: Where the connection begins.
    ///   - receiver: Where it ends.
    ///   - address: Address of the receiver.
    ///   - port: TCP port of the receiver.
    ///   - limit: Seconds after which the sender is stopped.
    ///   - meanwhile: What happens while bytes are on their way.
    /// - Returns: What was seen; an arrived digest is missing after `limit` seconds.
    /// - Throws: ``LabError`` when nothing listens, or a program is missing.
    package static func run(
        byteCount: Int,
        from sender: Space,
        to receiver: Space,
        address: String,
        port: Int = 5999,
        within limit: Double = 120,
        meanwhile: () throws -> Void = {}
    ) throws -> Transfer {
        let folder = try TemporaryFolder()
        let file = folder.path("content")
        try Shell.must("sh", "-c", "head -c \(byteCount) /dev/urandom >\(file)")
        let listener = try receiver.start(
            ["sh", "-c", "nc -6 -d -l \(address) \(port) | sha256sum"],
            log: folder.path("arrived")
        )
        let opened = ["sh", "-c", "ss -6tlnH 'sport = :\(port)' | grep -q ."]
        _ = try wait(for: "nc listens", seconds: 5) {
            try receiver.run(opened).isSuccess ? true : nil
        }
        let start = monotonicSeconds()
        let client = try sender.start(["sh", "-c", "nc -6 -N \(address) \(port) <\(file)"])
        try meanwhile()
        if !client.waits(seconds: limit) { client.kill() }
        _ = listener.waits(seconds: 10)
        let seconds = monotonicSeconds() - start
        let sent = try Shell.must("sha256sum", file)
        let digests = [sent, folder.text("arrived")].compactMap {
            $0.split(separator: " ").first.map(String.init)
        }
        return Transfer(byteCount: byteCount, seconds: seconds, digests: digests)
    }
}
