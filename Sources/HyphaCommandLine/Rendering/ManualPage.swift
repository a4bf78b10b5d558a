// SPDX-License-Identifier: Apache-2.0

/// Manual pages in the man(7) macros.
package enum ManualPage {
    /// One page.
    package struct Page: Hashable, Sendable {
        /// Such as `hypha-run.1`.
        package let fileName: String
        package let text: String

        /// Section of the manual, such as `1`: the folder's name after `man`.
        package var section: String { fileName.split(separator: ".").last.map(String.init) ?? "" }

        /// - Parameters:
        ///   - fileName: Such as `hypha-run.1`.
        ///   - text: In the man(7) macros.
        package init(fileName: String, text: String) {
            self.fileName = fileName
            self.text = text
        }
    }

    /// A page for the program and for every command that is not hidden.
    ///
    /// - Parameters:
    ///   - root: The program.
    ///   - version: Shown in the foot of each page.
    /// - Returns: The pages, the program's first.
    package static func pages(of root: Command, version: String) -> [Page] {
        pages(of: root, names: [root.name], root: root, version: version)
    }

    private static func pages(
        of command: Command,
        names: [String],
        root: Command,
        version: String
    ) -> [Page] {
        let title = names.joined(separator: "-")
        let own = Page(
            fileName: title + ".1",
            text: render(command, names: names, root: root, version: version)
        )
        return [own]
            + command.visibleSubcommands.flatMap {
                pages(of: $0, names: names + [$0.name], root: root, version: version)
            }
    }

    /// The head of a page; no date, so that a build gives the same bytes every time.
    static func head(title: String, section: Int, version: String) -> String {
        ".TH \(title.uppercased()) \(section) \"\" \"Hypha \(version)\" \"Hypha Manual\"\n"
    }

    /// `text` so that no macro or escape is found in it.
    static func escape(_ text: String) -> String {
        var out = ""
        for character in text {
            switch character {
            case "\\": out += "\\e"
            case "-": out += "\\-"
            case "`": out += "\\(ga"
            case "'" where out.isEmpty: out += "\\(aq"
            case "." where out.isEmpty: out += "\\&."
            default: out.append(character)
            }
        }
        return out
    }

    private static func render(
        _ command: Command,
        names: [String],
        root: Command,
        version: String
    ) -> String {
        let title = names.joined(separator: "-")
        var out = head(title: title, section: 1, version: version)
        out += ".SH NAME\n\(escape(title)) \\- \(escape(command.summary))\n"
        out += ".SH SYNOPSIS\n" + synopsis(of: command, names: names)
        out += ".SH DESCRIPTION\n"
        let paragraphs = command.discussion.isEmpty ? [command.summary + "."] : command.discussion
        out += paragraphs.map { escape($0) + "\n" }.joined(separator: ".PP\n")
        out += arguments(of: command) + subcommands(of: command, title: title)
        out += options(of: command, isRoot: names.count == 1)
        if command.options.contains(where: { $0.configurationKey != nil }) {
            out += ".SH PRECEDENCE\n" + escape(HelpText.precedence) + "\n"
        }
        out += environment(of: command) + files(of: command)
        if command.subcommands.isEmpty {
            out += ".SH EXIT STATUS\n"
            out += command.exitCodes.map { term("\($0.rawValue)", $0.summary + ".") }.joined()
        }
        if !command.examples.isEmpty {
            out += ".SH EXAMPLES\n"
            out += command.examples.map { term(bold($0.text), $0.summary + ".") }.joined()
        }
        return out + seeAlso(command, names: names, root: root)
    }

    static func term(_ formatted: String, _ text: String) -> String {
        ".TP\n\(formatted)\n\(escape(text))\n"
    }

    static func bold(_ text: String) -> String { "\\fB\(escape(text))\\fR" }

    static func italic(_ text: String) -> String { "\\fI\(escape(text))\\fR" }

    private static func synopsis(of command: Command, names: [String]) -> String {
        var words = [bold(names.joined(separator: " "))]
        if !command.subcommands.isEmpty { words.append(italic("COMMAND")) }
        words.append("[" + italic("OPTIONS") + "]")
        words += command.arguments.map {
            $0.isOptional ? "[" + italic($0.name) + "]" : italic($0.name)
        }
        return words.joined(separator: " ") + "\n"
    }

    private static func arguments(of command: Command) -> String {
        guard !command.arguments.isEmpty else { return "" }
        return ".SH ARGUMENTS\n"
            + command.arguments.map { argument in
                var text = argument.summary
                if case .choice(let choices) = argument.completion {
                    text += ": " + choices.joined(separator: ", ")
                }
                return term(italic(argument.name), text + ".")
            }.joined()
    }

    private static func subcommands(of command: Command, title: String) -> String {
        guard !command.visibleSubcommands.isEmpty else { return "" }
        return ".SH COMMANDS\n"
            + command.visibleSubcommands.map {
                term(bold("\(title)-\($0.name)") + "(1)", $0.summary + ".")
            }.joined()
    }

    private static func options(of command: Command, isRoot: Bool) -> String {
        let options = command.options + (isRoot ? [.version] : []) + [.help]
        return ".SH OPTIONS\n"
            + options.map { option in
                var head = option.letter.map { bold("-\($0)") + ", " } ?? ""
                head += bold("--" + option.name)
                if let value = option.valueName { head += " " + italic(value) }
                var text = option.summary + "."
                if let details = option.details { text += " " + details }
                if let fallback = option.defaultText { text += " Default: \(fallback)." }
                if let variable = option.environment { text += " Variable: \(variable)." }
                if let key = option.configurationKey { text += " Key: \(key)." }
                return term(head, text)
            }.joined()
    }

    private static func environment(of command: Command) -> String {
        let rows = command.options.compactMap { option in
            option.environment.map { term(bold($0), "Like --\(option.name).") }
        }
        return rows.isEmpty ? "" : ".SH ENVIRONMENT\n" + rows.joined()
    }

    private static func files(of command: Command) -> String {
        guard !command.files.isEmpty else { return "" }
        return ".SH FILES\n"
            + command.files.map { term(italic($0.path), $0.summary + ".") }.joined()
    }

    private static func seeAlso(_ command: Command, names: [String], root: Command) -> String {
        var pages: [String] = []
        if names.count > 1 { pages.append(names.dropLast().joined(separator: "-") + "(1)") }
        let siblings = names.count == 2 ? root.visibleSubcommands : []
        pages += siblings.filter { $0.name != command.name }.map { "\(root.name)-\($0.name)(1)" }
        if command.options.contains(where: { $0.configurationKey != nil }) || names.count == 1 {
            pages.append("\(root.name).toml(5)")
        }
        guard !pages.isEmpty else { return "" }
        let text = pages.map { page in
            let parts = page.split(separator: "(")
            return bold(String(parts[0])) + "(" + parts[1]
        }
        return ".SH SEE ALSO\n" + text.joined(separator: ",\n") + "\n"
    }
}
