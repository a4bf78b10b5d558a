// SPDX-License-Identifier: Apache-2.0

/// The text of `--help`.
package enum HelpText {
    /// How settings found in several places are settled.
    package static let precedence =
        "A flag goes before its environment variable, that before the configuration file, "
        + "and that before the default. A list given at one level replaces the whole list "
        + "of the levels below."

    /// - Parameters:
    ///   - path: Names of the commands after the program's; unknown ones are passed over.
    ///   - root: The program.
    /// - Returns: Lines of at most 80 columns, ending in a line feed.
    package static func render(path: [String], root: Command) -> String {
        var command = root
        var names = [root.name]
        for name in path {
            guard let next = command.subcommands.first(where: { $0.name == name }) else { continue }
            command = next
            names.append(name)
        }
        var sections = [[command.summary + "."]]
        sections.append(["Usage: " + synopsis(of: command, names: names)])
        sections += command.discussion.map { TextLayout.wrap($0) }
        sections.append(arguments(of: command))
        sections.append(subcommands(of: command))
        sections.append(options(of: command, isRoot: path.isEmpty))
        if command.options.contains(where: { $0.configurationKey != nil }) {
            sections.append(TextLayout.wrap("Precedence: " + precedence))
        }
        sections.append(examples(of: command))
        sections.append(exitCodes(of: command))
        return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }
            .joined(separator: "\n\n") + "\n"
    }

    /// The line that shows how a command is written.
    static func synopsis(of command: Command, names: [String]) -> String {
        var words = names
        if !command.subcommands.isEmpty { words.append("COMMAND") }
        words.append("[OPTIONS]")
        words += command.arguments.map(\.spelling)
        return words.joined(separator: " ")
    }

    private static func arguments(of command: Command) -> [String] {
        guard !command.arguments.isEmpty else { return [] }
        let rows = command.arguments.map { (term: $0.name, text: explanation(of: $0)) }
        return ["Arguments:"] + TextLayout.definitions(rows, column: 16)
    }

    private static func explanation(of argument: Argument) -> String {
        guard case .choice(let choices) = argument.completion else { return argument.summary }
        return argument.summary + ": " + choices.joined(separator: ", ")
    }

    private static func subcommands(of command: Command) -> [String] {
        guard !command.visibleSubcommands.isEmpty else { return [] }
        let rows = command.visibleSubcommands.map { (term: $0.name, text: $0.summary) }
        return ["Commands:"] + TextLayout.definitions(rows, column: 16)
    }

    private static func options(of command: Command, isRoot: Bool) -> [String] {
        let options = command.options + (isRoot ? [.version] : []) + [.help]
        let rows = options.map { option in
            (
                term: (option.letter.map { "-\($0), " } ?? "    ") + option.spelling,
                text: option.summary + origins(of: option)
            )
        }
        return ["Options:"] + TextLayout.definitions(rows, column: 33)
    }

    private static func origins(of option: Option) -> String {
        let parts = [
            option.environment.map { "env \($0)" },
            option.configurationKey.map { "key \($0)" },
            option.defaultText.map { "default: \($0)" },
        ]
        let text = parts.compactMap { $0 }.joined(separator: "; ")
        return text.isEmpty ? "" : " [\(text)]"
    }

    private static func examples(of command: Command) -> [String] {
        guard !command.examples.isEmpty else { return [] }
        return ["Examples:"]
            + command.examples.flatMap { ["  " + $0.text] + TextLayout.wrap($0.summary, indent: 6) }
    }

    private static func exitCodes(of command: Command) -> [String] {
        guard command.subcommands.isEmpty else { return [] }
        return ["Exit status:"]
            + command.exitCodes.map { "  \($0.rawValue)  \($0.summary)" }
    }
}
