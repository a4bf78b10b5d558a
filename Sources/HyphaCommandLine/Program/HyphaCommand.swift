// SPDX-License-Identifier: Apache-2.0

/// The commands of the program `hypha`.
package enum HyphaCommand {
    /// Names of commands, as ``Invocation/path`` has them.
    package enum Path: String, CaseIterable, Sendable {
        case run
        case inspect
        case keyGenerate = "key generate"
        case status
        case peersList = "peers list"
        case peersAdd = "peers add"
        case peersRemove = "peers remove"
        case peersForget = "peers forget"
        case routes
        case sessions
        case whois
        case configCheck = "config check"
        case configShow = "config show"
        case generateMan = "generate man"
        case generateCompletions = "generate completions"
        case generateConfig = "generate config"

        /// - Parameter path: ``Invocation/path``.
        package init?(_ path: [String]) { self.init(rawValue: path.joined(separator: " ")) }
    }

    /// The whole program.
    package static let root = Command(
        "hypha",
        "Join hosts into an encrypted mesh",
        discussion: [
            "Every host that runs a node has an IPv6 address that is the hash of its key. Nodes "
                + "find each other on local networks and dial the peers they are given; all "
                + "programs of all hosts then reach each other, by the shortest way, encrypted "
                + "from end to end."
        ],
        subcommands: [run, status, peers, routes, sessions, whois, inspect, key, config, generate],
        examples: [
            Command.Example("hypha run", "Run a node that finds others on the local networks"),
            Command.Example("hypha status", "Show what the node does and what it dropped"),
        ]
    )

    static let json = Option("json", summary: "Print JSON for programs")

    static let control = Option(
        "control",
        value: "PATH",
        summary: "Unix socket of the node",
        environment: "HYPHA_CONTROL",
        defaultText: "$XDG_RUNTIME_DIR/hypha/control.sock, then /run/hypha/control.sock",
        completion: .file
    )

    /// Of a command that asks the daemon.
    static let clientExitCodes: [ExitCode] = [.done, .failed, .wrongUsage, .noDaemon]
}
