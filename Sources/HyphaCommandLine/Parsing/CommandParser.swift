// SPDX-License-Identifier: Apache-2.0
import HyphaControl

/// Parses a command line by its declaration.
///
/// `--option value`, `--option=value`, `-o value`; options and words in any order; `--` ends the
/// options. Options must be written in full.
package struct CommandParser {
    private let root: Command
    private var command: Command
    private var path: [String] = []
    private var values: [String: [String]] = [:]
    private var words: [String] = []

    /// - Parameters:
    ///   - words: The command line without the program's name.
    ///   - root: The program.
    /// - Returns: What is asked for.
    /// - Throws: ``UsageError`` with the part that is wrong.
    package static func parse(
        _ words: [String],
        root: Command
    ) throws(UsageError) -> ParsedCommandLine {
        var parser = CommandParser(root: root)
        return try parser.parse(words)
    }

    private init(root: Command) {
        self.root = root
        command = root
    }

    private mutating func parse(_ line: [String]) throws(UsageError) -> ParsedCommandLine {
        var rest = line[...]
        while let word = rest.popFirst() {
            if word == "--" {
                for word in rest { try take(word) }
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                try take(word)
                continue
            }
            if word == "--help" || word == "-h" { return .help(path: path) }
            if word == "--version", path.isEmpty { return .version }
            try take(option: word, &rest)
        }
        guard command.subcommands.isEmpty else { throw fail(.missingCommand) }
        if words.count < command.arguments.count, !command.arguments[words.count].isOptional {
            throw fail(.missingArgument(command.arguments[words.count].name))
        }
        return .invocation(Invocation(path: path, values: values, arguments: words))
    }

    private mutating func take(_ word: String) throws(UsageError) {
        if !command.subcommands.isEmpty {
            guard let next = command.subcommands.first(where: { $0.name == word }) else {
                let names = command.visibleSubcommands.map(\.name)
                let nearest = Spelling.nearest(to: word, among: names)
                throw fail(.unknownCommand(word, nearest: nearest))
            }
            command = next
            path.append(next.name)
            return
        }
        guard words.count < command.arguments.count else { throw fail(.unexpectedArgument(word)) }
        let argument = command.arguments[words.count]
        if case .choice(let choices) = argument.completion, !choices.contains(word) {
            throw fail(.badChoice(word, argument: argument.name, choices: choices))
        }
        words.append(word)
    }

    private mutating func take(
        option word: String,
        _ rest: inout ArraySlice<String>
    ) throws(UsageError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let spelled = String(parts[0])
        let attached = parts.count == 2 ? String(parts[1]) : nil
        guard
            let option = command.options.first(where: {
                spelled == "--" + $0.name || $0.letter.map { "-\($0)" } == spelled
            })
        else {
            let names = command.allOptions.map { "--" + $0.name }
            throw fail(
                .unknownOption(spelled, nearest: Spelling.nearest(to: spelled, among: names))
            )
        }
        if values[option.name] != nil, !option.isRepeatable {
            throw fail(.repeatedOption("--" + option.name))
        }
        guard let valueName = option.valueName else {
            guard attached == nil else { throw fail(.unexpectedValue(option: spelled)) }
            values[option.name] = []
            return
        }
        guard let value = attached ?? rest.popFirst() else {
            throw fail(.missingValue(option: spelled, valueName: valueName))
        }
        values[option.name, default: []].append(value)
    }

    private func fail(_ kind: UsageError.Kind) -> UsageError { UsageError(path: path, kind: kind) }
}
