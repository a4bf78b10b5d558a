// SPDX-License-Identifier: Apache-2.0

/// One broken house rule, at a place.
package struct Violation: Hashable, Sendable, CustomStringConvertible {
    /// Path from the top of the repository.
    package let file: String
    /// Line, from 1; 1 as well when the whole file is meant.
    package let line: Int
    /// Short name of the rule, such as `file-length`.
    package let rule: String
    /// What is wrong and what the rule is for.
    package let reason: String

    /// Makes a violation.
    package init(_ file: String, line: Int = 1, rule: String, _ reason: String) {
        self.file = file
        self.line = line
        self.rule = rule
        self.reason = reason
    }

    /// `file:line: rule: reason`, which editors can follow.
    package var description: String { "\(file):\(line): \(rule): \(reason)" }
}
