// SPDX-License-Identifier: Apache-2.0
import HyphaCommandLine
import HyphaControl

/// What ends a command early.
enum ProgramFailure: Error {
    case text(FailureText, ExitCode)
    case configuration(ConfigurationProblems)

    /// What the program ends with.
    var code: ExitCode {
        switch self {
        case .text(_, let code): code
        case .configuration(let problems):
            problems.problems.contains(where: Self.isUsage) ? .wrongUsage : .failed
        }
    }

    func render(style: TextStyle) -> String {
        switch self {
        case .text(let text, _): text.render(style: style)
        case .configuration(let problems): SettingsText.render(problems, style: style)
        }
    }

    /// A flag with a bad value is wrong usage; a bad file is a failure.
    private static func isUsage(_ problem: ConfigurationProblem) -> Bool {
        guard case .flag = problem.source else { return false }
        switch problem.kind {
        case .missing, .unreadable: return false
        case .unknownKey, .wrongType, .badURL, .listenNeedsAddress, .listenPinsKey, .notInBase,
            .contradicts, .needsAlso, .networkNameTooLong, .peerNeedsPort, .peerNeedsAddress,
            .duplicate, .notAChoice, .notABoolean, .notInRange, .badInterfaceName, .empty,
            .badPath, .socketPathTooLong, .tooMany, .noHomeFolder, .syntax, .tooLarge,
            .tooManyKeys:
            return true
        }
    }
}
