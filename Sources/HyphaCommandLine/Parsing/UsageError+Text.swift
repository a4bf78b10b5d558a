// SPDX-License-Identifier: Apache-2.0

extension UsageError {
    /// What is wrong, in one line.
    package var message: String {
        switch kind {
        case .missingCommand: "a command is missing"
        case .unknownCommand(let word, _): "there is no command `\(word)`"
        case .unknownOption(let word, _): "there is no option `\(word)` here"
        case .missingValue(let option, let valueName): "`\(option)` needs \(valueName) after it"
        case .unexpectedValue(let option): "`\(option)` takes no value"
        case .repeatedOption(let option): "`\(option)` is given twice"
        case .missingArgument(let name): "\(name) is missing"
        case .unexpectedArgument(let word): "`\(word)` is one word too many"
        case .badChoice(let word, let argument, _): "`\(word)` is no \(argument)"
        }
    }

    /// What to do about it, in one line.
    ///
    /// - Parameter program: The program's name.
    /// - Returns: A sentence without full stop.
    package func remedy(program: String) -> String {
        let name = ([program] + path).joined(separator: " ")
        switch kind {
        case .unknownCommand(_, let nearest?): return "did you mean `\(name) \(nearest)`?"
        case .unknownOption(_, let nearest?): return "did you mean `\(nearest)`?"
        case .badChoice(_, _, let choices):
            return "choose one of " + choices.joined(separator: ", ")
        case .repeatedOption: return "give it once"
        case .unexpectedValue(let option): return "write `\(option)` alone"
        case .missingCommand, .unknownCommand, .unknownOption, .missingValue, .missingArgument,
            .unexpectedArgument:
            return "`\(name) --help` shows how it is used"
        }
    }
}
