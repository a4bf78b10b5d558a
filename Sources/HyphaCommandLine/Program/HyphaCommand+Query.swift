// SPDX-License-Identifier: Apache-2.0

extension HyphaCommand {
    static let status = Command(
        "status",
        "Show what the node is, holds and dropped",
        discussion: [
            "Key and address, listeners, sizes of tables, traffic, and every dropped packet by "
                + "reason: the place to look when something is slow or lost."
        ],
        options: [control, json],
        exitCodes: clientExitCodes
    )

    static let peers = Command(
        "peers",
        "List, add, remove and forget peers",
        subcommands: [
            Command(
                "list",
                "List peers with their state, cost and traffic",
                options: [control, json],
                exitCodes: clientExitCodes
            ),
            Command(
                "add",
                "Stay connected to one more peer until the node stops",
                discussion: ["To keep it for good, write it into the configuration file as well."],
                arguments: [peerURL],
                options: [control, json],
                examples: [
                    Command.Example("hypha peers add tcp://host.example:9651", "Dial a peer")
                ],
                exitCodes: clientExitCodes
            ),
            Command(
                "remove",
                "Part from a static peer until the node stops",
                discussion: ["A peer of the configuration file is back after the next start."],
                arguments: [peerURL],
                options: [control, json],
                exitCodes: clientExitCodes
            ),
            Command(
                "forget",
                "Forget that a node ever had a session with this one",
                discussion: [
                    "A node that a session was once confirmed with is never spoken to without one, "
                        + "for whoever stands in between could otherwise take the protection away. "
                        + "Forget it when it really has no sessions any more, such as after a "
                        + "change of its program."
                ],
                arguments: [Argument("ADDRESS", "The node's overlay address")],
                options: [control, json],
                exitCodes: clientExitCodes
            ),
        ],
        exitCodes: clientExitCodes
    )

    static let sessions = Command(
        "sessions",
        "List how packets to other nodes are protected",
        discussion: [
            "session: sealed by keys of that session alone. direct: sealed by the link to the node "
                + "itself. base: sealed as the base protocol "
                + "does, for the other node knows no better. holding: packets wait for a session. "
                + "unprotected: the other node offers sessions, no handshake came through, and "
                + "base encryption is used."
        ],
        options: [control, json],
        exitCodes: clientExitCodes
    )

    static let whois = Command(
        "whois",
        "Show whose address it is, and how surely",
        discussion: [
            "proven: only the holder of the key can have sent the packets. exact: the address is "
                + "the one derived from the key, not just one in its subnet. A service may take "
                + "an address for a key when both hold."
        ],
        arguments: [
            Argument("ADDRESS", "An overlay address"),
            Argument("PORT", "The other side's port of a connection", isOptional: true),
        ],
        options: [control, json],
        examples: [Command.Example("hypha whois 400::1", "Ask whose address it is")],
        exitCodes: clientExitCodes
    )

    static let routes = Command(
        "routes",
        "List routes",
        discussion: [
            "selected are the routes that packets take, fallback those kept in case one of them "
                + "dies, queried the subnets that are asked for and not found so far. Without a "
                + "word, all three are listed."
        ],
        arguments: [
            Argument(
                "KIND",
                "Which routes",
                isOptional: true,
                completion: .choice(["selected", "fallback", "queried"])
            )
        ],
        options: [control, json],
        exitCodes: clientExitCodes
    )

    static let inspect = Command(
        "inspect",
        "Show the address and subnet of a key",
        discussion: [
            "With a public key (64 hexadecimal digits), those of that key; with --key-file, those "
                + "of a secret key in a file; with neither, those of the running node."
        ],
        arguments: [Argument("KEY", "A public key, 64 hexadecimal digits", isOptional: true)],
        options: [
            Option("key-file", value: "FILE", summary: "A secret key's file", completion: .file),
            control, json,
        ],
        exitCodes: clientExitCodes
    )

    static let key = Command(
        "key",
        "Make the node's key",
        subcommands: [
            Command(
                "generate",
                "Make a new secret key",
                discussion: [
                    "The file is readable by its owner only. A key that exists is left alone "
                        + "unless --force is given: without it the node's address is lost for good."
                ],
                options: settings.filter { ["config", "state-dir", "key-file"].contains($0.name) }
                    + [Option("force", summary: "Replace a key that exists"), json]
            )
        ]
    )

    static let config = Command(
        "config",
        "Check and show the configuration",
        subcommands: [
            Command(
                "check",
                "Check a configuration file",
                discussion: [
                    "Every problem is named with file, line, key and remedy. Flags and "
                        + "environment variables are not looked at."
                ],
                arguments: [
                    Argument(
                        "FILE",
                        "The file; without it the one that `hypha run` would read",
                        isOptional: true,
                        completion: .file
                    )
                ],
                options: [json]
            ),
            Command(
                "show",
                "Show every setting with its value and where it came from",
                discussion: [
                    "Takes the options of hypha run and shows what a node would be started with."
                ],
                options: settings + [
                    Option("running", summary: "Ask the running node instead"), json,
                ],
                exitCodes: clientExitCodes
            ),
        ]
    )

    static let generate = Command(
        "generate",
        "Write manual pages, completions and an example configuration",
        subcommands: [
            Command(
                "man",
                "Write the manual pages",
                options: [
                    Option(
                        "output",
                        value: "DIR",
                        summary: "Folder for man1 and man5",
                        completion: .folder
                    )
                ]
            ),
            Command(
                "completions",
                "Print a completion script",
                arguments: [
                    Argument(
                        "SHELL",
                        "Which shell",
                        completion: .choice(CompletionScript.Shell.allCases.map(\.rawValue))
                    )
                ]
            ),
            Command("config", "Print an example configuration"),
        ],
        isHidden: true
    )

    private static let peerURL = Argument(
        "URL",
        "tcp://HOST:PORT or udp://HOST:PORT, ?key=HEX if wanted"
    )
}
