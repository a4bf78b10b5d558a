// SPDX-License-Identifier: Apache-2.0
package import HyphaControl

extension HyphaCommand {
    static let run = Command(
        "run",
        "Run a node",
        discussion: [
            "Runs in the foreground until SIGINT or SIGTERM; SIGHUP reads the configuration "
                + "again. The key is created at the first start.",
            "A TUN device needs the capability CAP_NET_ADMIN; with --no-tun no privilege is "
                + "needed at all.",
        ],
        options: settings,
        examples: [
            Command.Example("sudo hypha run", "Find other nodes on the local networks"),
            Command.Example(
                "sudo hypha run --peer tcp://host.example:9651",
                "Stay connected to a node elsewhere"
            ),
            Command.Example(
                "hypha run --no-tun --state-dir /tmp/relay",
                "Route for others, without privileges"
            ),
        ],
        exitCodes: [.done, .failed, .wrongUsage],
        files: [
            Command.DocumentedFile("/etc/hypha/hypha.toml", "Configuration, see hypha.toml(5)"),
            Command.DocumentedFile("/var/lib/hypha/key", "The node's secret key"),
            Command.DocumentedFile("/run/hypha/control.sock", "Control socket"),
        ]
    )

    /// `--config` and every declared setting.
    static let settings: [Option] =
        [
            Option(
                String(ConfigurationSchema.fileFlag.dropFirst(2)),
                value: "FILE",
                summary: "Configuration file",
                environment: ConfigurationSchema.fileEnvironment,
                defaultText: "/etc/hypha/hypha.toml; for a user in $XDG_CONFIG_HOME/hypha",
                details: "A file named here must exist; the default may be absent.",
                completion: .file
            )
        ] + ConfigurationSchema.all.map(option)

    /// Values of flags by setting, for ``HyphaControl/ConfigurationInputs``.
    package static func flags(of invocation: Invocation) -> [ConfigurationKey: [String]] {
        var flags: [ConfigurationKey: [String]] = [:]
        for declared in ConfigurationSchema.all {
            flags[declared.key] = invocation.values[name(of: declared)]
        }
        return flags
    }

    private static func name(of declared: ConfigurationDeclaration) -> String {
        String(declared.flag.dropFirst(2))
    }

    private static func option(_ declared: ConfigurationDeclaration) -> Option {
        Option(
            name(of: declared),
            value: declared.type.isSwitch ? nil : declared.valueName,
            isRepeatable: declared.type == .list,
            summary: declared.summary,
            environment: declared.environment,
            configurationKey: declared.key.rawValue,
            defaultText: declared.defaultText,
            details: declared.details,
            completion: completion(declared)
        )
    }

    private static func completion(_ declared: ConfigurationDeclaration) -> Option.Completion {
        switch declared.type {
        case .choice(let choices): .choice(choices)
        case .path: declared.key == .stateDirectory ? .folder : .file
        case .list: declared.key == .discoveryInterfaces ? .networkInterface : .nothing
        case .text, .number, .enabled, .disabled: .nothing
        }
    }
}
