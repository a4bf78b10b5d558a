// SPDX-License-Identifier: Apache-2.0

/// Completion scripts for the common shells.
package enum CompletionScript {
    /// A shell that a script is made for.
    package enum Shell: String, CaseIterable, Sendable {
        case bash, zsh, fish
    }

    /// - Parameters:
    ///   - shell: Which shell.
    ///   - root: The program.
    /// - Returns: The script.
    package static func render(for shell: Shell, root: Command) -> String {
        let places = places(of: root, path: [])
        return switch shell {
        case .bash: bash(root: root, places: places)
        case .zsh: zsh(places: places)
        case .fish: fish(root: root, places: places)
        }
    }

    /// A command and how it is reached.
    struct Place {
        /// Names from the program on.
        let names: [String]
        let command: Command

        /// The command's own options and those of every command.
        var options: [Option] {
            command.options + (names.count == 1 ? [.version] : []) + [.help]
        }
    }

    private static func places(of command: Command, path: [String]) -> [Place] {
        let names = path + [command.name]
        return [Place(names: names, command: command)]
            + command.visibleSubcommands.flatMap { places(of: $0, path: names) }
    }
}
