// SPDX-License-Identifier: Apache-2.0

extension CompletionScript {
    static func bash(root: Command, places: [Place]) -> String {
        let name = root.name
        let steps = places.dropFirst().map { place in
            let path = place.names.joined(separator: " ")
            return "            \"\(path)\") path=\"\(path)\" ;;"
        }
        let values = places.flatMap { place in
            place.options.compactMap { bashValue($0, path: place.names.joined(separator: " ")) }
        }
        let words = places.map { place in
            let words =
                place.command.visibleSubcommands.map(\.name)
                + place.command.arguments.flatMap(choices)
                + place.options.map { "--" + $0.name }
            let path = place.names.joined(separator: " ")
            return "        \"\(path)\") words=\"\(words.joined(separator: " "))\" ;;"
        }
        return """
            # Completion of \(name) for bash; made by `\(name) generate completions bash`.
            _\(name)() {
                local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
                local path=\(name) words= i
                COMPREPLY=()
                for ((i = 1; i < COMP_CWORD; i++)); do
                    case "$path ${COMP_WORDS[i]}" in
            \(steps.joined(separator: "\n"))
                    esac
                done
                # `--option=value` arrives as three words.
                if [[ $current == "=" ]]; then
                    current=
                elif [[ $previous == "=" && COMP_CWORD -ge 2 ]]; then
                    previous=${COMP_WORDS[COMP_CWORD-2]}
                fi
                case "$path:$previous" in
            \(values.joined(separator: "\n"))
                esac
                case "$path" in
            \(words.joined(separator: "\n"))
                esac
                if [[ $current != -* ]] && _\(name)_takes_file "$path"; then
                    compopt -o filenames
                    COMPREPLY=($(compgen -f -- "$current"))
                fi
                COMPREPLY+=($(compgen -W "$words" -- "$current"))
            }
            _\(name)_takes_file() {
                case "$1" in
            \(bashFiles(places).joined(separator: "\n"))
                    *) return 1 ;;
                esac
            }
            complete -F _\(name) \(name)

            """
    }

    private static func bashFiles(_ places: [Place]) -> [String] {
        places.filter { $0.command.arguments.contains { $0.completion == .file } }
            .map { "        \"\($0.names.joined(separator: " "))\") return 0 ;;" }
    }

    private static func choices(_ argument: Argument) -> [String] {
        if case .choice(let choices) = argument.completion { choices } else { [] }
    }

    private static func bashValue(_ option: Option, path: String) -> String? {
        guard option.valueName != nil else { return nil }
        let letter = option.letter.map { "|\"\(path):-\($0)\"" } ?? ""
        let action =
            switch option.completion {
            case .nothing: ""
            case .file: "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$current\")); "
            case .folder: "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$current\")); "
            case .networkInterface:
                "COMPREPLY=($(compgen -W \"$(command ls /sys/class/net)\" -- \"$current\")); "
            case .choice(let choices):
                "COMPREPLY=($(compgen -W \"\(choices.joined(separator: " "))\" -- \"$current\")); "
            }
        return "        \"\(path):--\(option.name)\"\(letter)) \(action)return ;;"
    }
}
