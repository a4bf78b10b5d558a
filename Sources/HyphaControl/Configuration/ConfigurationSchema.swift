// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// One setting as declared: flag, variable, key, type, default and text come from here alone.
package struct ConfigurationDeclaration: Hashable, Sendable {
    package let key: ConfigurationKey
    /// What may stand there.
    package let type: ValueType
    /// The flag of `hypha run`, with its dashes.
    package let flag: String
    /// The environment variable.
    package let environment: String
    /// The flag's value as help names it; empty for a switch.
    package let valueName: String
    /// The default as help names it.
    package let defaultText: String
    /// One line for help.
    package let summary: String
    /// The rest, for the manual page.
    package let details: String
    /// A line of TOML that sets it.
    package let example: String

    /// The type of a setting.
    package enum ValueType: Hashable, Sendable {
        case text
        case path
        /// On unless the flag switches it off.
        case enabled
        /// Off unless the flag switches it on.
        case disabled
        case choice([String])
        /// A whole number, written as text in flags and variables.
        case number(ClosedRange<Int>)
        /// A list of strings; in a variable separated by commas or blanks.
        case list

        /// The type as a message names it.
        package var name: String {
            switch self {
            case .text, .path, .choice: "a string"
            case .enabled, .disabled: "true or false"
            case .number: "an integer"
            case .list: "a list of strings"
            }
        }

        /// Whether the flag stands alone.
        package var isSwitch: Bool { self == .enabled || self == .disabled }
    }
}

/// The declared settings, in the order help and manual list them.
package enum ConfigurationSchema {
    /// The flag, variable and default of the file itself, which is no key of a file.
    package static let fileFlag = "--config"
    /// The variable that names the configuration file.
    package static let fileEnvironment = "HYPHA_CONFIG"

    /// Every setting.
    package static let all: [ConfigurationDeclaration] =
        folders + network + devices + security + runtime

    /// - Parameter key: Which setting.
    /// - Returns: Its declaration; every key has one (checked by a test).
    package static func declaration(of key: ConfigurationKey) -> ConfigurationDeclaration? {
        all.first { $0.key == key }
    }

    private static let folders: [ConfigurationDeclaration] = [
        ConfigurationDeclaration(
            key: .stateDirectory,
            type: .path,
            flag: "--state-dir",
            environment: "HYPHA_STATE_DIR",
            valueName: "DIR",
            defaultText: "/var/lib/hypha; for a user $XDG_STATE_HOME/hypha",
            summary: "Folder of the key and other state",
            details: """
                When it is set, the control socket lives there too. The service manager's \
                STATE_DIRECTORY takes the place of the default.
                """,
            example: "state-dir = \"/var/lib/hypha\""
        ),
        ConfigurationDeclaration(
            key: .keyFile,
            type: .path,
            flag: "--key-file",
            environment: "HYPHA_KEY_FILE",
            valueName: "FILE",
            defaultText: "`key` in the state folder",
            summary: "File of the node's secret key, created when absent",
            details: """
                32 raw bytes, readable by the owner only. A key file of Mycelium is read as it \
                is: --key-file ~/.local/share/mycelium/priv_key.bin keeps its address.
                """,
            example: "key-file = \"/var/lib/hypha/key\""
        ),
        ConfigurationDeclaration(
            key: .control,
            type: .path,
            flag: "--control",
            environment: "HYPHA_CONTROL",
            valueName: "PATH",
            defaultText: "/run/hypha/control.sock; for a user in $XDG_RUNTIME_DIR/hypha",
            summary: "Unix socket by which the other commands reach the node",
            details: """
                With a state folder given, control.sock in that folder. The service manager's \
                RUNTIME_DIRECTORY takes the place of the default. Its permissions are 0660: \
                whoever may open it may change the node.
                """,
            example: "control = \"/run/hypha/control.sock\""
        ),
    ]

    private static let network: [ConfigurationDeclaration] = [
        ConfigurationDeclaration(
            key: .listen,
            type: .list,
            flag: "--listen",
            environment: "HYPHA_LISTEN",
            valueName: "URL",
            defaultText: "tcp://[::]:9651 udp://[::]:9652",
            summary: "Where to accept peers; may be repeated",
            details: """
                tcp://ADDRESS:PORT or udp://ADDRESS:PORT with an IPv4 address or an IPv6 address \
                in brackets; [::] takes both families. What is given takes the place of all \
                defaults. An empty list accepts nobody. Hypha nodes move to UDP where both listen \
                for it; other nodes need TCP.
                """,
            example: "listen = [\"tcp://[::]:9651\", \"udp://[::]:9652\"]"
        ),
        ConfigurationDeclaration(
            key: .peers,
            type: .list,
            flag: "--peer",
            environment: "HYPHA_PEERS",
            valueName: "URL",
            defaultText: "none",
            summary: "A node to stay connected to; may be repeated",
            details: """
                tcp://HOST:PORT or udp://HOST:PORT with an address or a host name, which is \
                resolved anew at every attempt. Attempts never end. With ?key=HEX, 64 hexadecimal \
                digits, only the node with that key may answer.
                """,
            example: "peers = [\"tcp://198.51.100.7:9651\", \"tcp://[2001:db8::7]:9651\"]"
        ),
        ConfigurationDeclaration(
            key: .baseProtocolOnly,
            type: .disabled,
            flag: "--base-protocol-only",
            environment: "HYPHA_BASE_PROTOCOL_ONLY",
            valueName: "",
            defaultText: "sealed links and sessions with other Hypha nodes",
            summary: "Speak the base protocol alone, with every node",
            details: "Then there is no UDP listener, no sealed link and no session.",
            example: "base-protocol-only = false"
        ),
        ConfigurationDeclaration(
            key: .networkName,
            type: .text,
            flag: "--network-name",
            environment: "HYPHA_NETWORK_NAME",
            valueName: "NAME",
            defaultText: "the public network",
            summary: "Name of the private network that the node belongs to",
            details: """
                At most 64 bytes, the same on every node of the network; network.key-file goes \
                with it. Links to nodes outside of it are not made.
                """,
            example: "network.name = \"example\""
        ),
        ConfigurationDeclaration(
            key: .networkKeyFile,
            type: .path,
            flag: "--network-key-file",
            environment: "HYPHA_NETWORK_KEY_FILE",
            valueName: "FILE",
            defaultText: "none",
            summary: "File of the private network's key",
            details: """
                32 raw bytes, readable by the owner only, the same on every node of the network; \
                network.name goes with it.
                """,
            example: "network.key-file = \"/etc/hypha/network-key\""
        ),
    ]

    private static let devices: [ConfigurationDeclaration] = [
        ConfigurationDeclaration(
            key: .tunEnabled,
            type: .enabled,
            flag: "--no-tun",
            environment: "HYPHA_TUN",
            valueName: "",
            defaultText: "a TUN device is made",
            summary: "Make no TUN device: route for others only, without privileges",
            details: "Programs on this host then cannot use the mesh.",
            example: "tun.enabled = true"
        ),
        ConfigurationDeclaration(
            key: .tunName,
            type: .text,
            flag: "--tun-name",
            environment: "HYPHA_TUN_NAME",
            valueName: "NAME",
            defaultText: "hypha0",
            summary: "Name of the TUN device",
            details: "At most 15 bytes.",
            example: "tun.name = \"hypha0\""
        ),
        ConfigurationDeclaration(
            key: .discoveryEnabled,
            type: .enabled,
            flag: "--no-discovery",
            environment: "HYPHA_DISCOVERY",
            valueName: "",
            defaultText: "nodes on the local networks are found",
            summary: "Neither look for nodes on the local networks nor be found there",
            details: "Discovery is IPv6 multicast on UDP port 9650.",
            example: "discovery.enabled = true"
        ),
        ConfigurationDeclaration(
            key: .discoveryInterfaces,
            type: .list,
            flag: "--discovery-interface",
            environment: "HYPHA_DISCOVERY_INTERFACES",
            valueName: "NAME",
            defaultText: "every multicast interface",
            summary: "Confine discovery to an interface; may be repeated",
            details: "An interface that appears later is used from then on.",
            example: "discovery.interfaces = [\"eth0\"]"
        ),
        ConfigurationDeclaration(
            key: .directLinks,
            type: .enabled,
            flag: "--no-direct-links",
            environment: "HYPHA_DIRECT_LINKS",
            valueName: "",
            defaultText: "nodes that much is exchanged with are linked to directly",
            summary: "Link to peers and neighbours on local networks only",
            details: """
                Otherwise a node and another one that it has a session with tell each other their \
                public UDP endpoints, and link to each other while traffic goes between them.
                """,
            example: "peering.direct-links = true"
        ),
    ]

    private static let security: [ConfigurationDeclaration] = [
        ConfigurationDeclaration(
            key: .requireSessions,
            type: .disabled,
            flag: "--require-sessions",
            environment: "HYPHA_REQUIRE_SESSIONS",
            valueName: "",
            defaultText: "nodes without sessions are reached with base encryption",
            summary: "Exchange packets in sessions only, never with base encryption",
            details: """
                Base encryption has neither forward secrecy nor protection from replay. With this \
                on, nodes that are no Hypha nodes cannot be reached; packets for others are still \
                passed on.
                """,
            example: "security.require-sessions = false"
        ),
        ConfigurationDeclaration(
            key: .keyRequests,
            type: .enabled,
            flag: "--no-key-requests",
            environment: "HYPHA_KEY_REQUESTS",
            valueName: "",
            defaultText: "whoever asks for the node's public key is told",
            summary: "Tell nobody the public key who does not know it already",
            details: "Peers then need ?key=HEX in the URL by which they dial this node over UDP.",
            example: "security.key-requests = true"
        ),
    ]

    private static let runtime: [ConfigurationDeclaration] = [
        ConfigurationDeclaration(
            key: .workers,
            type: .number(1...Limits.workersMax),
            flag: "--workers",
            environment: "HYPHA_WORKERS",
            valueName: "N",
            defaultText: "half of the processors, at most \(Limits.workersDefaultMax)",
            summary: "Threads that packets are spread over, 1 to \(Limits.workersMax)",
            details: """
                Each has a queue of the TUN device and a part of the links. More of them help where \
                there are many neighbours and processors; a single link is the work of one.
                """,
            example: "data-plane.workers = 2"
        ),
        ConfigurationDeclaration(
            key: .cryptoBackend,
            type: .choice(CryptoPreference.allCases.map(\.rawValue)),
            flag: "--crypto-backend",
            environment: "HYPHA_CRYPTO_BACKEND",
            valueName: "NAME",
            defaultText: "auto",
            summary: "Library that encrypts packets: auto, ipsec-mb or openssl",
            details: "auto takes the fastest one that passes its known-answer test.",
            example: "crypto.backend = \"auto\""
        ),
        ConfigurationDeclaration(
            key: .logLevel,
            type: .choice(LogLevel.allCases.map(\.rawValue)),
            flag: "--log-level",
            environment: "HYPHA_LOG_LEVEL",
            valueName: "LEVEL",
            defaultText: "info",
            summary: "How much is logged: error, warning, info, debug or trace",
            details: "Addresses and keys of others appear at debug and trace only.",
            example: "log.level = \"info\""
        ),
        ConfigurationDeclaration(
            key: .logFormat,
            type: .choice(LogFormat.allCases.map(\.rawValue)),
            flag: "--log-format",
            environment: "HYPHA_LOG_FORMAT",
            valueName: "FORMAT",
            defaultText: "kv",
            summary: "How log lines look: kv (key=value) or json",
            details: "The log goes to standard error.",
            example: "log.format = \"kv\""
        ),
    ]
}
