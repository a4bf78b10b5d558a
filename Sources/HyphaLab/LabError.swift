// SPDX-License-Identifier: Apache-2.0

/// What went wrong while a lab was built or used.
package enum LabError: Error, CustomStringConvertible {
    /// A command ended with another status than 0; the machine or the lab is to blame.
    case commandFailed(words: [String], status: Int32, output: String)
    /// Something that was waited for did not come.
    case timedOut(what: String, seconds: Double, detail: String)
    /// An environment variable that names a program is not set.
    case noProgram(variable: String)

    /// One line for people.
    package var description: String {
        switch self {
        case .commandFailed(let words, let status, let output):
            "`\(words.joined(separator: " "))` ended with \(status): \(output)"
        case .timedOut(let what, let seconds, let detail):
            "\(what): not within \(seconds) s. \(detail)"
        case .noProgram(let variable):
            "\(variable) must hold the path of the program"
        }
    }
}
