// SPDX-License-Identifier: Apache-2.0

/// One option of a command.
package struct Option: Hashable, Sendable {
    /// Without its dashes.
    package let name: String
    /// One letter, if it has a short form.
    package let letter: Character?
    /// What follows, in upper case; `nil` for a switch.
    package let valueName: String?
    package let isRepeatable: Bool
    /// One line, without a full stop.
    package let summary: String
    /// The variable that sets it too.
    package let environment: String?
    /// The key of the configuration file that sets it too.
    package let configurationKey: String?
    /// The default as help names it.
    package let defaultText: String?
    /// More for the manual.
    package let details: String?
    /// What a shell offers for its value.
    package let completion: Completion

    /// What a shell offers for a value.
    package enum Completion: Hashable, Sendable {
        case nothing
        case file
        case folder
        case networkInterface
        case choice([String])
    }

    /// - Parameters:
    ///   - name: Without its dashes.
    ///   - letter: One letter, if it has a short form.
    ///   - valueName: What follows; `nil` for a switch.
    ///   - isRepeatable: Whether it may stand there several times.
    ///   - summary: One line, without a full stop.
    ///   - environment: The variable that sets it too.
    ///   - configurationKey: The key of the configuration file that sets it too.
    ///   - defaultText: The default as help names it.
    ///   - details: More for the manual.
    ///   - completion: What a shell offers for its value.
    package init(
        _ name: String,
        letter: Character? = nil,
        value valueName: String? = nil,
        isRepeatable: Bool = false,
        summary: String,
        environment: String? = nil,
        configurationKey: String? = nil,
        defaultText: String? = nil,
        details: String? = nil,
        completion: Completion = .nothing
    ) {
        self.name = name
        self.letter = letter
        self.valueName = valueName
        self.isRepeatable = isRepeatable
        self.summary = summary
        self.environment = environment
        self.configurationKey = configurationKey
        self.defaultText = defaultText
        self.details = details
        self.completion = completion
    }

    /// `--name` with its value, as help shows it.
    package var spelling: String { "--" + name + (valueName.map { " " + $0 } ?? "") }

    /// Every command's own.
    package static let help = Option("help", letter: "h", summary: "Show this help and end")
    /// The program's own.
    package static let version = Option("version", summary: "Show the version and end")
}

/// A word after the options.
package struct Argument: Hashable, Sendable {
    /// In upper case.
    package let name: String
    /// One line, without a full stop.
    package let summary: String
    package let isOptional: Bool
    /// What a shell offers for it; a choice is checked when parsing.
    package let completion: Option.Completion

    /// - Parameters:
    ///   - name: In upper case.
    ///   - summary: One line, without a full stop.
    ///   - isOptional: Whether it may be left out.
    ///   - completion: What a shell offers for it.
    package init(
        _ name: String,
        _ summary: String,
        isOptional: Bool = false,
        completion: Option.Completion = .nothing
    ) {
        self.name = name
        self.summary = summary
        self.isOptional = isOptional
        self.completion = completion
    }

    /// The name, in brackets when it may be left out.
    package var spelling: String { isOptional ? "[\(name)]" : name }
}
