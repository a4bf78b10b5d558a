// SPDX-License-Identifier: Apache-2.0

extension CompletionScript {
    static func fish(root: Command, places: [Place]) -> String {
        let name = root.name
        let known = places.dropFirst().map {
            fishQuote($0.names.dropFirst().joined(separator: " "))
        }
        let lines = places.flatMap { fishLines($0, program: name) }
        return """
            # Completion of \(name) for fish; made by `\(name) generate completions fish`.
            function __\(name)_at --description 'Whether the commands typed so far are these'
                set -l known \(known.joined(separator: " "))
                set -l path ''
                set -l words (commandline -opc)
                for word in $words[2..-1]
                    set -l next (string trim -- "$path $word")
                    if contains -- $next $known
                        set path $next
                    end
                end
                test "$path" = "$argv"
            end
            complete -c \(name) -f
            \(lines.joined(separator: "\n"))

            """
    }

    private static func fishLines(_ place: Place, program: String) -> [String] {
        let path = place.names.dropFirst().joined(separator: " ")
        let head = "complete -c \(program) -n " + fishQuote("__\(program)_at \(path)")
        let commands = place.command.visibleSubcommands.map {
            "\(head) -a \($0.name) -d \(fishQuote($0.summary))"
        }
        let arguments = place.command.arguments.compactMap { argument in
            fishAction(argument.completion, isArgument: true).map { "\(head) \($0)" }
        }
        let options = place.options.map { option in
            var line = "\(head) -l \(option.name)"
            if let letter = option.letter { line += " -s \(letter)" }
            if option.valueName != nil {
                line += " " + (fishAction(option.completion, isArgument: false) ?? "-x")
            }
            return line + " -d \(fishQuote(option.summary))"
        }
        return commands + arguments + options
    }

    private static func fishAction(_ completion: Option.Completion, isArgument: Bool) -> String? {
        let only = isArgument ? "" : "-x "
        return switch completion {
        case .nothing: nil
        case .file: isArgument ? "-F" : "-r -F"
        case .folder: only + "-a '(__fish_complete_directories)'"
        case .networkInterface: only + "-a '(command ls /sys/class/net)'"
        case .choice(let choices): only + "-a " + fishQuote(choices.joined(separator: " "))
        }
    }

    private static func fishQuote(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}
