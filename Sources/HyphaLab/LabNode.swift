// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// How a node is started.
package struct NodeOptions: Sendable {
    /// Peers that it dials, as URLs.
    package var peers: [String]
    /// Whether it is told to listen on TCP port 9651, and there alone.
    ///
    /// If not, configuration or arguments say where, or the program's own default holds.
    package var listens: Bool
    /// Whether it has a TUN device.
    package var hasTUN: Bool
    /// Whether it looks for neighbours on its links.
    package var discovers: Bool
    /// Further words of the command line.
    package var arguments: [String]
    /// Text of a configuration file; `nil` for none.
    package var configuration: String?
    /// Environment variables of the node alone.
    package var environment: [String: String]
    /// Words before `hypha`, such as `prlimit --nofile=64`.
    package var wrapper: [String]

    /// Options; unless given otherwise a node that listens, has a device and dials nobody.
    package init(
        peers: [String] = [],
        listens: Bool = true,
        hasTUN: Bool = true,
        discovers: Bool = false,
        arguments: [String] = [],
        configuration: String? = nil,
        environment: [String: String] = [:],
        wrapper: [String] = []
    ) {
        self.peers = peers
        self.listens = listens
        self.hasTUN = hasTUN
        self.discovers = discovers
        self.arguments = arguments
        self.configuration = configuration
        self.environment = environment
        self.wrapper = wrapper
    }
}

/// One `hypha run` in a namespace, with a folder of its own for key, state, configuration and log.
package final class LabNode {
    /// Name of its TUN device.
    package static let device = "hypha0"

    /// Where it runs.
    package let space: Space
    /// Folder of its key, state and control socket.
    package let folder: String
    /// How it is started the next time.
    package var options: NodeOptions
    let program: String
    /// The process, once started.
    package private(set) var process: ChildProcess?
    /// The device of the process before, as `ip` shows it: it may outlive that by a little.
    private var formerDevice: Substring?

    init(space: Space, program: String, folder: String, options: NodeOptions) throws {
        self.space = space
        self.program = program
        self.folder = folder
        self.options = options
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    /// Path of the configuration file, when ``NodeOptions/configuration`` is given.
    package var configurationPath: String { folder + "/hypha.toml" }
    /// Path of the control socket.
    package var controlPath: String { folder + "/control.sock" }
    /// What the node logged so far.
    package var log: String { fileText(logPath) }
    private var logPath: String { folder + "/log" }

    /// The whole command line.
    package var words: [String] {
        var words = options.wrapper + [program, "run", "--state-dir", folder]
        words += ["--config", options.configuration == nil ? "/dev/null" : configurationPath]
        words += options.hasTUN ? ["--tun-name", Self.device] : ["--no-tun"]
        if options.listens { words += ["--listen", "tcp://[::]:9651"] }
        for peer in options.peers { words += ["--peer", peer] }
        if !options.discovers { words.append("--no-discovery") }
        return words + options.arguments
    }

    /// Starts the program; does not wait for anything.
    package func start() throws {
        try writeConfiguration()
        if process != nil, options.hasTUN {
            formerDevice = try deviceLine().split(separator: ":").first
        }
        process = try space.start(words, environment: options.environment, log: logPath)
    }

    /// Writes ``NodeOptions/configuration`` to its file.
    package func writeConfiguration() throws {
        guard let text = options.configuration else { return }
        try text.write(toFile: configurationPath, atomically: true, encoding: .utf8)
    }

    /// Starts the program and waits until it has an overlay address.
    ///
    /// - Returns: The address.
    @discardableResult
    package func startAndWait() throws -> String {
        try start()
        return try address()
    }

    /// The overlay address of the device, as soon as it has one.
    ///
    /// - Throws: ``LabError/timedOut(what:seconds:detail:)`` with the end of the log.
    package func address(within seconds: Double = 10) throws -> String {
        try wait(
            for: "\(space.name) has an overlay address",
            seconds: seconds,
            every: 0.01,
            detail: { self.logTail }
        ) {
            let line = try deviceLine()
            guard line.split(separator: ":").first != formerDevice,
                let field = line.split(separator: " ").drop(while: { $0 != "inet6" })
                    .dropFirst().first
            else { return nil }
            return String(field.prefix { $0 != "/" })
        }
    }

    /// Number, name and global address of the device, on one line; empty without one.
    private func deviceLine() throws -> String {
        try Shell.run([
            "ip", "-n", space.systemName, "-6", "-o", "addr", "show", "dev", Self.device, "scope",
            "global",
        ]).output
    }

    /// Runs another command of the program against this node.
    package func command(_ words: String...) throws -> ShellResult {
        try space.run([program] + words, environment: ["HYPHA_CONTROL": controlPath])
    }

    /// Ends the program by SIGTERM.
    ///
    /// - Returns: Whether it ended within five seconds.
    @discardableResult
    package func stop() -> Bool {
        process?.terminate() ?? true
    }

    /// Ends the program by SIGKILL.
    package func kill() {
        process?.kill()
        process?.wait()
    }

    /// Resident memory in KiB, from `/proc`.
    package var residentKiB: Int {
        guard let id = process?.id else { return 0 }
        let line = fileText("/proc/\(id)/status").split(separator: "\n").first {
            $0.hasPrefix("VmRSS:")
        }
        return line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
            .flatMap { Int($0) } ?? 0
    }

    /// Processor time that the process has used, seconds, from `/proc`.
    package var processorSeconds: Double {
        guard let id = process?.id else { return 0 }
        // Behind the name in parentheses: field 14 and 15 are user and system time in ticks.
        let fields = fileText("/proc/\(id)/stat").split(separator: ")").last?
            .split(separator: " ")
        guard let fields, fields.count > 12, let user = Double(fields[11]),
            let system = Double(fields[12])
        else { return 0 }
        return (user + system) / 100
    }

    /// The last lines of the log, for error messages.
    package var logTail: String {
        log.split(separator: "\n").suffix(12).joined(separator: "\n")
    }
}
