// SPDX-License-Identifier: Apache-2.0

/// Where a value came from, in order of precedence.
package enum SettingSource: Hashable, Sendable {
    /// A flag of the command line, with its dashes.
    case flag(String)
    /// An environment variable.
    case environment(String)
    /// A configuration file; line and column from 1, 0 for the file as a whole.
    case file(path: String, line: Int, column: Int)
    case defaultValue

    /// Whether it is a configuration file, where values have types.
    var isFile: Bool {
        if case .file = self { true } else { false }
    }

    /// The place as a message begins: `hypha.toml:4:1`, `--listen`, `HYPHA_LISTEN`, `default`.
    package var text: String {
        switch self {
        case .flag(let flag): flag
        case .environment(let name): name
        case .file(let path, 0, _): path
        case .file(let path, let line, let column): "\(path):\(line):\(column)"
        case .defaultValue: "default"
        }
    }
}

/// A value in effect and where it came from, for `hypha config show`.
package struct EffectiveSetting: Codable, Hashable, Sendable {
    /// Dotted key.
    package let key: String
    package let value: SettingValue
    /// The place, as ``SettingSource/text`` gives it.
    package let source: String

    /// - Parameters:
    ///   - key: Which setting.
    ///   - value: Its value.
    ///   - source: Where it came from.
    package init(key: ConfigurationKey, value: SettingValue, source: SettingSource) {
        self.key = key.rawValue
        self.value = value
        self.source = source.text
    }
}

/// A value in effect; plain JSON on the wire.
package enum SettingValue: Codable, Hashable, Sendable {
    case text(String)
    case boolean(Bool)
    case list([String])

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
            self = .boolean(flag)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else {
            self = .list(try container.decode([String].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .boolean(let flag): try container.encode(flag)
        case .list(let items): try container.encode(items)
        }
    }
}
