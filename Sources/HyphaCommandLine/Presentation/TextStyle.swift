// SPDX-License-Identifier: Apache-2.0

/// Marks for a terminal, or none.
package struct TextStyle: Hashable, Sendable {
    /// Whether escape sequences may be written.
    package let isColoured: Bool

    /// - Parameter isColoured: Whether escape sequences may be written.
    package init(isColoured: Bool) { self.isColoured = isColoured }

    /// Without any escape sequence.
    package static let plain = TextStyle(isColoured: false)

    /// What a stream gets: colours on a terminal only, and none where `NO_COLOR` is set
    /// (no-color.org) or the terminal is `dumb`.
    ///
    /// - Parameters:
    ///   - isTerminal: Whether the stream is a terminal.
    ///   - environment: The value of a variable.
    package init(isTerminal: Bool, environment: (String) -> String?) {
        let isRefused = environment("NO_COLOR").map { !$0.isEmpty } ?? false
        isColoured = isTerminal && !isRefused && environment("TERM") != "dumb"
    }

    func bold(_ text: String) -> String { mark(text, "1") }
    func dim(_ text: String) -> String { mark(text, "2") }
    func red(_ text: String) -> String { mark(text, "31") }
    func green(_ text: String) -> String { mark(text, "32") }
    func yellow(_ text: String) -> String { mark(text, "33") }

    private func mark(_ text: String, _ code: String) -> String {
        isColoured && !text.isEmpty ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}
