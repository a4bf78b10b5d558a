// SPDX-License-Identifier: Apache-2.0

/// Length of files and functions: 500 and 70 lines.
package enum Lengths {
    /// Greatest number of lines of a file.
    package static let fileLinesMax = 500
    /// Greatest number of lines of a function, from its declaration to its closing brace.
    package static let functionLinesMax = 70

    /// Files and functions that are too long.
    package static func check(_ source: SourceText) -> [Violation] {
        var found: [Violation] = []
        if source.lines.count > fileLinesMax {
            found.append(
                Violation(
                    source.path,
                    rule: "file-length",
                    "\(source.lines.count) lines, at most \(fileLinesMax): one concept a file"
                )
            )
        }
        let functions =
            source.path.hasSuffix(".swift") ? swiftFunctions(source) : cFunctions(source)
        for function in functions where function.lineCount > functionLinesMax {
            found.append(
                Violation(
                    source.path,
                    line: function.firstLine,
                    rule: "function-length",
                    "\(function.lineCount) lines, at most \(functionLinesMax): let the parent decide and the leaves compute"
                )
            )
        }
        return found
    }

    /// Where a function stands; lines count from 1.
    package struct Function: Hashable, Sendable {
        /// Line of the declaration.
        package let firstLine: Int
        /// Lines from the declaration to the closing brace.
        package let lineCount: Int

        /// Makes a place.
        package init(firstLine: Int, lineCount: Int) {
            self.firstLine = firstLine
            self.lineCount = lineCount
        }
    }

    /// The Swift functions, initialisers, deinitialisers and subscripts that have a body.
    package static func swiftFunctions(_ source: SourceText) -> [Function] {
        let cursor = BraceCursor(source)
        return source.lines.indices.compactMap { index in
            guard let start = declarationOffset(source.lines[index].code) else { return nil }
            return cursor.function(line: index, offset: start)
        }
    }

    /// The C functions: a brace at depth 0 after a closing parenthesis.
    package static func cFunctions(_ source: SourceText) -> [Function] {
        var found: [Function] = []
        var depth = 0
        var start: Int?
        for (index, line) in source.lines.enumerated() {
            let isExternC = line.code.contains("extern ") && line.code.contains("{")
            let isNamespace = line.code.contains(word: "namespace")
            if isExternC || isNamespace { continue }
            for byte in line.code.bytes {
                if byte == UInt8(ascii: "{") {
                    if depth == 0 { start = isCFunction(source, at: index) ? index : nil }
                    depth += 1
                } else if byte == UInt8(ascii: "}"), depth > 0 {
                    depth -= 1
                    if depth == 0, let first = start {
                        found.append(Function(firstLine: first + 1, lineCount: index - first + 1))
                        start = nil
                    }
                }
            }
        }
        return found
    }

    /// Whether the brace on a line opens a function: parameters before it, and no initialiser.
    private static func isCFunction(_ source: SourceText, at index: Int) -> Bool {
        let before = source.lines[max(0, index - 1)...index].map(\.code)
        return before.contains { $0.contains(")") } && !source.lines[index].code.contains("=")
    }

    private static func declarationOffset(_ code: CodeText) -> Int? {
        for word in ["func", "deinit", "subscript", "init"] {
            for offset in code.offsets(ofWord: word) {
                let isMember = offset > 0 && code.bytes[offset - 1] == UInt8(ascii: ".")
                if !isMember { return offset + word.utf8.count }
            }
        }
        return nil
    }
}

/// Walks code from a declaration to the end of its body.
private struct BraceCursor {
    private let lines: [CodeText]

    init(_ source: SourceText) { lines = source.lines.map(\.code) }

    /// The function declared at this place, or `nil` when it has no body (a requirement, a call).
    func function(line first: Int, offset: Int) -> Lengths.Function? {
        var parentheses = 0
        var braces = 0
        var index = first
        var start = offset
        while index < lines.count {
            for byte in lines[index].bytes[start...] {
                switch byte {
                case UInt8(ascii: "("), UInt8(ascii: "["): parentheses += 1
                case UInt8(ascii: ")"), UInt8(ascii: "]"): parentheses -= 1
                case UInt8(ascii: "{") where parentheses == 0 || braces > 0: braces += 1
                case UInt8(ascii: "}") where parentheses == 0 || braces > 0:
                    braces -= 1
                    if braces < 0 { return nil }
                    if braces == 0 {
                        return Lengths.Function(firstLine: first + 1, lineCount: index - first + 1)
                    }
                default: break
                }
            }
            index += 1
            start = 0
            if braces == 0, parentheses == 0, index < lines.count, !continues(lines[index]) {
                return nil
            }
        }
        return nil
    }

    /// Whether a line can go on with a signature whose parentheses are closed.
    private func continues(_ line: CodeText) -> Bool {
        let text = line.trimmed
        return text.isEmpty || text.hasPrefix("{") || text.hasPrefix("->")
            || text.hasPrefix("where")
            || text.hasPrefix("throws") || text.hasPrefix("async") || text.hasPrefix(")")
    }
}
