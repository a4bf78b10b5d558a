// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// `Tools/Frames/frames.py` in a space: frames are captured, replayed, changed and forged.
package enum FrameTool {
    private static var path: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Tools/Frames/frames.py").path
    }

    /// Something that goes on until it is stopped.
    package final class Running {
        private let process: ChildProcess

        fileprivate init(_ words: [String], in space: Space) throws {
            let process = try space.start(FrameTool.words(words))
            self.process = process
            _ = try wait(for: "frames.py is ready", seconds: 10, detail: { process.output }) {
                process.output.contains("ready") ? true : nil
            }
        }

        /// Ends it.
        ///
        /// - Returns: The numbers of its last line.
        @discardableResult
        package func stop() throws -> [String: Double] {
            process.terminate()
            return FrameTool.numbers(process.output)
        }

        /// Waits until it ends by itself.
        ///
        /// - Returns: The numbers of its last line.
        package func finish(within seconds: Double) throws -> [String: Double] {
            _ = process.waits(seconds: seconds)
            return try stop()
        }
    }

    /// Captures what passes an interface into a file, until stopped.
    package static func capture(
        _ interface: String,
        in space: Space,
        to file: String
    ) throws -> Running {
        try Running(["capture", interface, file], in: space)
    }

    /// Sends captured frames again by the interface where they were captured.
    ///
    /// - Parameters:
    ///   - file: What ``capture(_:in:to:)`` wrote.
    ///   - interface: Where they go out.
    ///   - space: Where the interface is.
    ///   - address: Only frames to this IPv6 address.
    ///   - flips: Whether one bit of each UDP payload is flipped, with a checksum that agrees.
    ///   - times: How often all of them are sent.
    /// - Returns: How many frames were sent.
    /// - Throws: ``LabError``.
    package static func replay(
        _ file: String,
        by interface: String,
        in space: Space,
        to address: String,
        flips: Bool = false,
        times: Int = 1
    ) throws -> Int {
        let options = ["--to", address, "--protocol", "udp", "--times", "\(times)"]
        let all = ["replay", interface, file] + options + (flips ? ["--flip"] : [])
        let result = try space.run(words(all))
        guard result.isSuccess else { throw failure(all, result) }
        return Int(numbers(result.output)["frames"] ?? 0)
    }

    /// Passes UDP on that the kernel drops meanwhile, with a bit flipped in a share of it.
    package static func tamper(
        _ middle: Middle,
        towards end: Int,
        share: Double
    ) throws -> Running {
        let receiver = middle.ends[end]
        let name = middle.links[end].interface(in: receiver)
        return try Running(
            [
                "tamper", middle.interface(towards: 1 - end), middle.interface(towards: end),
                try receiver.hardwareAddress(of: name), "\(share)",
            ],
            in: middle.space
        )
    }

    /// Continues a TCP connection to an address by bytes of our own.
    ///
    /// - Parameters:
    ///   - payload: The bytes.
    ///   - interface: Where the connection is heard, and where they go out.
    ///   - space: Where the interface is.
    ///   - address: IPv6 address of the receiver.
    ///   - happens: Makes the genuine sender say something, which the bytes follow.
    /// - Throws: ``LabError``.
    package static func inject(
        _ payload: [UInt8],
        by interface: String,
        in space: Space,
        to address: String,
        after happens: () throws -> Void
    ) throws {
        let hex = payload.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let injection = try Running(
            ["inject", interface, "--to", address, "--payload", hex],
            in: space
        )
        try happens()
        let sent = try injection.finish(within: 5)
        guard sent["bytes"] == Double(payload.count) else {
            throw LabError.timedOut(what: "a segment to follow", seconds: 5, detail: "\(sent)")
        }
    }

    /// Passes a stream in the base dialect on, as a node between would that is up to no good.
    ///
    /// - Parameters:
    ///   - space: Where it listens and where the stream's receiver is.
    ///   - port: TCP port of its own.
    ///   - target: TCP port of the receiver.
    ///   - key: Of the node whose marker it erases, 64 hexadecimal digits.
    ///   - mode: A file that says what it does: `marker`, `handshakes`, both or nothing; with each
    ///     change of it the stream is closed.
    /// - Returns: The node between, at work; its numbers are `erased` and `dropped`.
    /// - Throws: ``LabError``.
    package static func transit(
        in space: Space,
        port: Int,
        to target: Int,
        key: String,
        mode: String
    ) throws -> Running {
        try Running(["transit", mode, "\(port)", "\(target)", "--key", key], in: space)
    }

    /// Kinds of flood.
    package enum Flood: String, CaseIterable, Sendable {
        /// The first MAC is wrong.
        case wrongMAC = "wrong-mac"
        /// The first MAC is right, all sources lie in one /64.
        case oneNetwork = "one-net"
        /// The first MAC is right, ten thousand sources in as many networks.
        case manyNetworks = "many"
    }

    /// Sends ten thousand handshake initiations a second over a link.
    ///
    /// - Parameters:
    ///   - kind: What they look like.
    ///   - link: The link they go over.
    ///   - sender: The flooder's end of it.
    ///   - receiver: The other end.
    ///   - key: The receiver's public key, 64 hexadecimal digits.
    ///   - seconds: How long.
    /// - Returns: The flood, under way.
    /// - Throws: ``LabError``.
    package static func flood(
        _ kind: Flood,
        over link: Lab.Link,
        from sender: Space,
        to receiver: Space,
        key: String,
        seconds: Double
    ) throws -> Running {
        let mac = try receiver.hardwareAddress(of: link.interface(in: receiver))
        return try Running(
            [
                "flood", link.interface(in: sender), mac, link.address(in: receiver), "9652",
                "--key", key, "--kind", kind.rawValue, "--seconds", "\(seconds)",
            ],
            in: sender
        )
    }

    fileprivate static func words(_ words: [String]) -> [String] {
        ["python3", "-B", path] + words
    }

    fileprivate static func numbers(_ output: String) -> [String: Double] {
        guard let line = output.split(separator: "\n").last(where: { $0.hasPrefix("{") }),
            let found = try? JSONDecoder().decode([String: Double].self, from: Data(line.utf8))
        else { return [:] }
        return found
    }

    private static func failure(_ words: [String], _ result: ShellResult) -> LabError {
        .commandFailed(words: words, status: result.status, output: result.errors)
    }
}
