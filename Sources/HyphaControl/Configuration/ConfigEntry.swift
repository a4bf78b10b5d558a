// SPDX-License-Identifier: Apache-2.0

/// One key of a configuration file, flat: what the TOML reader hands to the resolver.
package struct ConfigEntry: Hashable, Sendable {
    /// Dotted path such as `tun.name`; a part that is no bare key is quoted.
    package let path: String
    package let value: ConfigValue
    /// Line of the value, from 1; 0 where there is none.
    package let line: Int
    /// Column of the value, from 1; 0 where there is none.
    package let column: Int

    /// - Parameters:
    ///   - path: Dotted path.
    ///   - value: What stands there.
    ///   - line: From 1.
    ///   - column: From 1.
    package init(path: String, value: ConfigValue, line: Int, column: Int) {
        self.path = path
        self.value = value
        self.line = line
        self.column = column
    }
}

/// A value of a configuration file with its type.
package indirect enum ConfigValue: Hashable, Sendable {
    case text(String)
    case integer(Int64)
    case real(Double)
    case boolean(Bool)
    /// A date, a time or both; no key takes one.
    case time
    case list([ConfigElement])
    /// A table header or an inline table; its keys are entries of their own.
    case table

    /// The type as a message names it.
    package var typeName: String {
        switch self {
        case .text: "a string"
        case .integer: "an integer"
        case .real: "a number with a fraction"
        case .boolean: "a boolean"
        case .time: "a date or time"
        case .list: "a list"
        case .table: "a table"
        }
    }
}

/// One element of a list with its place.
package struct ConfigElement: Hashable, Sendable {
    package let value: ConfigValue
    /// Line of the element, from 1.
    package let line: Int
    /// Column of the element, from 1.
    package let column: Int

    /// - Parameters:
    ///   - value: What stands there.
    ///   - line: From 1.
    ///   - column: From 1.
    package init(value: ConfigValue, line: Int, column: Int) {
        self.value = value
        self.line = line
        self.column = column
    }
}

/// A configuration file once read.
package struct ConfigurationFileContent: Hashable, Sendable {
    /// The path it was read from, as messages name it.
    package let path: String
    /// Its keys and tables, in the order of the file.
    package let entries: [ConfigEntry]

    /// - Parameters:
    ///   - path: The path it was read from.
    ///   - entries: Its keys and tables.
    package init(path: String, entries: [ConfigEntry]) {
        self.path = path
        self.entries = entries
    }
}
