// SPDX-License-Identifier: Apache-2.0

/// Breaks text into lines for a terminal.
enum TextLayout {
    /// Columns of help texts.
    static let width = 80

    /// `text` in lines of at most `width` columns; longer words stand alone.
    static func wrap(_ text: String, width: Int = width, indent: Int = 0) -> [String] {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent + line.count + 1 + word.count > width {
                lines.append(margin + line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        if !line.isEmpty { lines.append(margin + line) }
        return lines
    }

    /// Terms with their explanations in a column of their own, which begins at column `column`;
    /// a longer term has a line to itself.
    static func definitions(_ rows: [(term: String, text: String)], column: Int) -> [String] {
        rows.flatMap { row in
            let term = "  " + row.term
            let text = wrap(row.text, indent: column)
            guard term.count + 2 <= column, let first = text.first else { return [term] + text }
            let gap = String(repeating: " ", count: column - term.count)
            return [term + gap + first.dropFirst(column)] + text.dropFirst()
        }
    }
}
