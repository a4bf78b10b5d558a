// SPDX-License-Identifier: Apache-2.0

extension CompletionScript {
    static func zsh(places: [Place]) -> String {
        guard let root = places.first else { return "" }
        let name = root.command.name
        return """
            #compdef \(name)
            # Completion of \(name) for zsh; made by `\(name) generate completions zsh`.
            \(places.map(zshFunction).joined(separator: "\n"))
            if [ "$funcstack[1]" = "_\(name)" ]; then
                _\(name) "$@"
            else
                compdef _\(name) \(name)
            fi

            """
    }

    private static func zshFunction(_ place: Place) -> String {
        let function = "_" + place.names.joined(separator: "_")
        let specifications = place.options.flatMap(zshOption)
        let subcommands = place.command.visibleSubcommands
        guard !subcommands.isEmpty else {
            let arguments = place.command.arguments.enumerated().map(zshArgument)
            let all = (specifications + arguments).map { "        " + $0 }
            return """
                \(function)() {
                    _arguments -s \\
                \(all.joined(separator: " \\\n"))
                }
                """
        }
        let commands = subcommands.map {
            "                \(zshQuote("\($0.name):\($0.summary)"))"
        }
        let calls = subcommands.map { "                \($0.name)) \(function)_\($0.name) ;;" }
        let all = (specifications + ["'1:command:->command'", "'*::argument:->rest'"])
            .map { "        " + $0 }
        return """
            \(function)() {
                local context state state_descr line
                typeset -A opt_args
                _arguments -C \\
            \(all.joined(separator: " \\\n")) && return
                case $state in
                    command)
                        local -a commands=(
            \(commands.joined(separator: "\n"))
                        )
                        _describe -t commands command commands ;;
                    rest)
                        case $line[1] in
            \(calls.joined(separator: "\n"))
                        esac ;;
                esac
            }
            """
    }

    private static func zshOption(_ option: Option) -> [String] {
        let isFinal = option == .help || option == .version
        let summary = "[" + zshEscape(option.summary) + "]"
        guard let value = option.valueName else {
            let exclusion = isFinal ? "(- *)" : ""
            let spelled = ["--" + option.name] + (option.letter.map { ["-\($0)"] } ?? [])
            return spelled.map { zshQuote(exclusion + $0 + summary) }
        }
        let star = option.isRepeatable ? "*" : ""
        let action = ":\(value):" + zshAction(option.completion)
        let long = zshQuote("\(star)--\(option.name)=\(summary)\(action)")
        guard let letter = option.letter else { return [long] }
        return [long, zshQuote("\(star)-\(letter)+\(summary)\(action)")]
    }

    private static func zshArgument(_ index: Int, _ argument: Argument) -> String {
        let colons = argument.isOptional ? "::" : ":"
        return zshQuote(
            "\(index + 1)\(colons)\(argument.name):" + zshAction(argument.completion)
        )
    }

    private static func zshAction(_ completion: Option.Completion) -> String {
        switch completion {
        case .nothing: " "
        case .file: "_files"
        case .folder: "_files -/"
        case .networkInterface: "_net_interfaces"
        case .choice(let choices): "(" + choices.joined(separator: " ") + ")"
        }
    }

    private static func zshEscape(_ text: String) -> String {
        text.replacing("[", with: "\\[").replacing("]", with: "\\]").replacing(":", with: "\\:")
    }

    private static func zshQuote(_ text: String) -> String {
        "'" + text.replacing("'", with: "'\\''") + "'"
    }
}
