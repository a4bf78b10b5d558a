// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A network namespace with loopback up, removed with its owner.
package final class Space {
    /// Short name within the lab.
    package let name: String
    /// Name as `ip netns` knows it.
    package let systemName: String
    private let folder: TemporaryFolder
    private var helperCount = 0

    /// Makes the namespace.
    init(_ name: String, tag: String, folder: TemporaryFolder) throws {
        self.name = name
        self.folder = folder
        systemName = tag + name
        try Shell.must("ip", "netns", "add", systemName)
        try ip("link", "set", "dev", "lo", "up")
        let settings = [
            // No second of duplicate address detection, and addresses outlive a link going down.
            "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0",
            "net.ipv6.conf.all.keep_addr_on_down=1", "net.ipv6.conf.default.keep_addr_on_down=1",
        ]
        try Shell.must(prefix + ["sysctl", "-qw"] + settings)
    }

    deinit { remove() }

    /// Deletes the namespace with its interfaces; what still runs in it keeps its sockets.
    package func remove() {
        _ = try? Shell.run(["ip", "netns", "del", systemName])
    }

    private var prefix: [String] { ["ip", "netns", "exec", systemName] }

    /// Configures interfaces, addresses and routes here.
    @discardableResult
    package func ip(_ words: String...) throws -> String {
        try Shell.must(["ip", "-n", systemName] + words)
    }

    /// Runs a program here and waits for it.
    @discardableResult
    package func run(
        _ words: [String],
        environment: [String: String] = [:],
        within seconds: Double? = 60
    ) throws -> ShellResult {
        try Shell.run(prefix + words, environment: environment, within: seconds)
    }

    /// Starts a program here; its output goes to `log`, or to a file of its own.
    package func start(
        _ words: [String],
        environment: [String: String] = [:],
        log: String? = nil
    ) throws -> ChildProcess {
        helperCount += 1
        return try ChildProcess(
            prefix + words,
            environment: environment,
            output: log ?? folder.path("\(name)-\(helperCount).log")
        )
    }

    /// Whether one echo request is answered within a second.
    package func reaches(_ address: String) throws -> Bool {
        try run(["ping", "-6", "-n", "-c1", "-W1", "-q", address]).isSuccess
    }

    /// Seconds until an address answers.
    ///
    /// - Throws: ``LabError/timedOut(what:seconds:detail:)``.
    @discardableResult
    package func waitToReach(_ address: String, seconds: Double) throws -> Double {
        let start = monotonicSeconds()
        _ = try wait(for: "\(name) reaches \(address)", seconds: seconds) {
            try reaches(address) ? true : nil
        }
        return monotonicSeconds() - start
    }

    /// Bytes that an interface has sent.
    package func bytesSent(on interface: String) throws -> Int {
        let file = "/sys/class/net/\(interface)/statistics/tx_bytes"
        let text = try run(["cat", file]).output
        return Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }

    /// Names of the interfaces here.
    package func interfaces() throws -> [String] {
        try ip("-br", "link").split(separator: "\n").compactMap { line in
            line.split(separator: " ").first.map { String($0.prefix { $0 != "@" }) }
        }
    }
}
