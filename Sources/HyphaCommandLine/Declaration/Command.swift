// SPDX-License-Identifier: Apache-2.0

/// One command as declared: parsing, help, manual and completions all come from here.
package struct Command: Sendable {
    /// One word, such as `run`; the program's own name at the root.
    package let name: String
    /// One line, without a full stop.
    package let summary: String
    /// Paragraphs for help and manual.
    package let discussion: [String]
    package let arguments: [Argument]
    package let options: [Option]
    package let subcommands: [Command]
    package let examples: [Example]
    package let exitCodes: [ExitCode]
    /// Files a manual page names.
    package let files: [DocumentedFile]
    /// Left out of help, manual and completions; for building packages.
    package let isHidden: Bool

    /// A command line worth showing.
    package struct Example: Hashable, Sendable {
        package let text: String
        package let summary: String

        /// - Parameters:
        ///   - text: The line as typed.
        ///   - summary: What it does.
        package init(_ text: String, _ summary: String) {
            self.text = text
            self.summary = summary
        }
    }

    /// A file that a command uses.
    package struct DocumentedFile: Hashable, Sendable {
        package let path: String
        package let summary: String

        /// - Parameters:
        ///   - path: Where it is.
        ///   - summary: What it is.
        package init(_ path: String, _ summary: String) {
            self.path = path
            self.summary = summary
        }
    }

    /// - Parameters:
    ///   - name: One word.
    ///   - summary: One line, without a full stop.
    ///   - discussion: Paragraphs for help and manual.
    ///   - arguments: Words after the options, in order.
    ///   - options: Besides `--help`, which every command has.
    ///   - subcommands: When there are any, one must be named.
    ///   - examples: Command lines worth showing.
    ///   - exitCodes: Those it can end with.
    ///   - files: Files a manual page names.
    ///   - isHidden: Left out of help, manual and completions.
    package init(
        _ name: String,
        _ summary: String,
        discussion: [String] = [],
        arguments: [Argument] = [],
        options: [Option] = [],
        subcommands: [Command] = [],
        examples: [Example] = [],
        exitCodes: [ExitCode] = [.done, .failed, .wrongUsage],
        files: [DocumentedFile] = [],
        isHidden: Bool = false
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.arguments = arguments
        self.options = options
        self.subcommands = subcommands
        self.examples = examples
        self.exitCodes = exitCodes
        self.files = files
        self.isHidden = isHidden
    }

    /// Subcommands that help, manual and completions show.
    package var visibleSubcommands: [Command] { subcommands.filter { !$0.isHidden } }

    /// The declared options and the one that every command has.
    package var allOptions: [Option] { options + [.help] }
}

/// What a program of ours ends with.
package enum ExitCode: Int32, CaseIterable, Sendable {
    case done = 0
    case failed = 1
    case wrongUsage = 2
    case noDaemon = 3

    /// What it says.
    package var summary: String {
        switch self {
        case .done: "done"
        case .failed: "failed; standard error says why and what to do"
        case .wrongUsage: "wrong usage"
        case .noDaemon: "no running node was found"
        }
    }
}
