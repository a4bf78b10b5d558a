// SPDX-License-Identifier: Apache-2.0

/// Rows in columns.
struct TextTable {
    /// How a column stands.
    enum Alignment { case left, right }

    private let header: [String]
    private let alignments: [Alignment]
    private var rows: [[String]] = []

    /// - Parameter columns: Title and alignment of each.
    init(_ columns: [(title: String, alignment: Alignment)]) {
        header = columns.map(\.title)
        alignments = columns.map(\.alignment)
    }

    /// - Parameter row: One text a column; absent ones are empty.
    mutating func add(_ row: [String]) { rows.append(row) }

    /// Lines with two blanks between columns and none at the end; no header where all titles are
    /// empty.
    func lines(style: TextStyle, indent: Int = 0) -> [String] {
        let hasHeader = header.contains { !$0.isEmpty }
        let all = (hasHeader ? [header] : []) + rows
        let widths = header.indices.map { column in
            all.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        let margin = String(repeating: " ", count: indent)
        return all.enumerated().map { index, row in
            let cells = header.indices.map { column in
                pad(column < row.count ? row[column] : "", widths[column], alignments[column])
            }
            var line = margin + cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return hasHeader && index == 0 ? style.bold(line) : line
        }
    }

    private func pad(_ text: String, _ width: Int, _ alignment: Alignment) -> String {
        let blanks = String(repeating: " ", count: max(0, width - text.count))
        return alignment == .left ? text + blanks : blanks + text
    }
}
