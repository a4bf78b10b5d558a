// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
package import HyphaControl

/// Reads the configuration file and settles the settings with it.
package enum ConfigurationFile {
    /// Reads and parses a file of at most ``HyphaBase/Limits/configurationFileBytesMax`` bytes.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - source: Who named it; stands before problems that have no place in the file.
    /// - Returns: Its keys; `nil` when it does not exist.
    /// - Throws: The one problem that keeps it from being read.
    package static func read(
        _ path: String,
        namedBy source: SettingSource
    ) throws(ConfigurationProblems) -> ConfigurationFileContent? {
        let bytes: [UInt8]
        do throws(BoundedFile.Failure) {
            bytes = try BoundedFile.read(path, ceiling: Limits.configurationFileBytesMax)
        } catch {
            switch error {
            case .system(errno: ENOENT): return nil
            case .system(let errno):
                throw ConfigurationProblems(
                    source: source,
                    kind: .unreadable(path: path, errno: errno)
                )
            case .tooLarge:
                throw ConfigurationProblems(
                    source: .file(path: path, line: 0, column: 0),
                    kind: .tooLarge(ceiling: Limits.configurationFileBytesMax)
                )
            }
        }
        return ConfigurationFileContent(path: path, entries: try entries(bytes, path: path))
    }

    /// Parses the content of a configuration file.
    ///
    /// - Parameters:
    ///   - bytes: The content.
    ///   - path: As problems name it.
    /// - Returns: Its keys.
    /// - Throws: The first thing that is no TOML.
    package static func entries(
        _ bytes: [UInt8],
        path: String
    ) throws(ConfigurationProblems) -> [ConfigEntry] {
        do throws(TOMLDocument.Failure) {
            return try TOMLDocument.parse(bytes)
        } catch {
            switch error {
            case .syntax(let reason, let line, let column):
                throw ConfigurationProblems(
                    source: .file(path: path, line: line, column: column),
                    kind: .syntax(reason)
                )
            case .tooMany:
                throw ConfigurationProblems(
                    source: .file(path: path, line: 0, column: 0),
                    kind: .tooManyKeys(ceiling: Limits.configurationEntriesMax)
                )
            }
        }
    }

    /// Finds and reads the file that the inputs lead to, and settles every setting.
    ///
    /// Also what a reload does, with ``HyphaControl/NodeSettings/inputs`` of the settings in use.
    ///
    /// - Parameter inputs: Flags, environment and user.
    /// - Returns: The settings.
    /// - Throws: Everything that is wrong; a file that was named and does not exist is wrong.
    package static func settings(
        _ inputs: ConfigurationInputs
    ) throws(ConfigurationProblems) -> NodeSettings {
        let location = inputs.configFile
        var content: ConfigurationFileContent?
        if let path = location.path {
            content = try read(path, namedBy: location.source)
            if content == nil, location.isRequired {
                throw ConfigurationProblems(source: location.source, kind: .missing(path: path))
            }
        }
        return try NodeSettings.resolve(inputs, file: content)
    }
}
