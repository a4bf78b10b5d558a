// SPDX-License-Identifier: Apache-2.0

/// What a configuration is made from besides the file: kept so that a reload can repeat it.
package struct ConfigurationInputs: Hashable, Sendable {
    /// Values of flags by setting; a switch has an empty list.
    package var flags: [ConfigurationKey: [String]]
    /// `--config`, if given.
    package var configFlag: String?
    /// The whole environment; an empty variable counts as absent.
    package var environment: [String: String]
    /// Whether the effective user is root.
    package var isRoot: Bool

    /// - Parameters:
    ///   - flags: Values of flags by setting; a switch has an empty list.
    ///   - configFlag: `--config`, if given.
    ///   - environment: The whole environment.
    ///   - isRoot: Whether the effective user is root.
    package init(
        flags: [ConfigurationKey: [String]] = [:],
        configFlag: String? = nil,
        environment: [String: String] = [:],
        isRoot: Bool
    ) {
        self.flags = flags
        self.configFlag = configFlag
        self.environment = environment
        self.isRoot = isRoot
    }

    /// A variable that is set and not empty.
    package func variable(_ name: String) -> String? {
        guard let value = environment[name], !value.isEmpty else { return nil }
        return value
    }

    /// Where the configuration file is.
    package var configFile: ConfigurationFileLocation {
        if let configFlag {
            return ConfigurationFileLocation(
                path: configFlag,
                source: .flag(ConfigurationSchema.fileFlag)
            )
        }
        if let path = variable(ConfigurationSchema.fileEnvironment) {
            return ConfigurationFileLocation(
                path: path,
                source: .environment(ConfigurationSchema.fileEnvironment)
            )
        }
        let folders = DefaultFolders(self)
        return ConfigurationFileLocation(path: folders.configFile, source: .defaultValue)
    }
}

/// Where the configuration file is, and who said so.
package struct ConfigurationFileLocation: Hashable, Sendable {
    /// `nil` where a user has no home folder.
    package let path: String?
    package let source: SettingSource

    /// Whether its absence is an error: someone named it.
    package var isRequired: Bool { source != .defaultValue }
}
