// SPDX-License-Identifier: Apache-2.0

/// A command line once parsed.
package struct Invocation: Hashable, Sendable {
    /// Names of the commands after the program's, such as `["peers", "add"]`.
    package let path: [String]
    /// Values by option name, in the order given; a switch that is given has an empty list.
    package let values: [String: [String]]
    /// Words after the options.
    package let arguments: [String]

    /// - Parameters:
    ///   - path: Names of the commands after the program's.
    ///   - values: Values by option name.
    ///   - arguments: Words after the options.
    package init(path: [String], values: [String: [String]], arguments: [String]) {
        self.path = path
        self.values = values
        self.arguments = arguments
    }

    /// Whether an option was given.
    package func has(_ option: String) -> Bool { values[option] != nil }

    /// The value of an option that was given.
    package func value(_ option: String) -> String? { values[option]?.last }
}

/// What a command line asks for.
package enum ParsedCommandLine: Hashable, Sendable {
    case invocation(Invocation)
    /// `--help`, of the command at this path.
    case help(path: [String])
    /// `--version`.
    case version
}

/// Why a command line is none of the program's.
package struct UsageError: Error, Hashable, Sendable {
    /// The command that was being parsed.
    package let path: [String]
    package let kind: Kind

    /// What is wrong.
    package enum Kind: Hashable, Sendable {
        /// A command with subcommands was named without one.
        case missingCommand
        /// The nearest command that exists.
        case unknownCommand(String, nearest: String?)
        /// With its dashes; the nearest option that exists.
        case unknownOption(String, nearest: String?)
        /// An option at the end that needs a value.
        case missingValue(option: String, valueName: String)
        /// `--switch=value`.
        case unexpectedValue(option: String)
        /// An option given twice that may be given once.
        case repeatedOption(String)
        /// A word too few.
        case missingArgument(String)
        /// A word too many.
        case unexpectedArgument(String)
        /// A word that is none of its choices.
        case badChoice(String, argument: String, choices: [String])
    }

    /// - Parameters:
    ///   - path: The command that was being parsed.
    ///   - kind: What is wrong.
    package init(path: [String], kind: Kind) {
        self.path = path
        self.kind = kind
    }
}
