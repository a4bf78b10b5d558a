// SPDX-License-Identifier: Apache-2.0

/// What comments must not say, and what must have one.
package enum Comments {
    /// Phrases that describe a change or a plan, where a comment describes the code.
    private static let changeWords = [
        "we now", "now uses", "now calls", "now returns", "now does", "this change", "this commit",
        "was changed", "has been changed", "has been moved", "refactored",
        "used to be", "previously this", "for now", "temporary hack",
    ]
    private static let marks = ["FIXME", "XXX", "HACK"]

    /// Lint words, and a to-do mark that `roadmap` does not name by its file.
    package static func checkWords(_ source: SourceText, roadmap: String) -> [Violation] {
        var found: [Violation] = []
        for (index, line) in source.lines.enumerated() where !line.comment.isBlank {
            let comment = line.comment
            let lower = CodeText(comment.text.lowercased())
            for phrase in changeWords where !lower.offsets(ofWord: phrase).isEmpty {
                found.append(
                    Violation(
                        source.path,
                        line: index + 1,
                        rule: "comment-word",
                        "\"\(phrase)\": a comment describes the code, not its change"
                    )
                )
            }
            for mark in marks where comment.contains(word: mark) {
                found.append(
                    Violation(source.path, line: index + 1, rule: "comment-word", "\(mark): fix it")
                )
            }
            if comment.contains(word: "TODO"), !roadmap.contains(source.path) {
                found.append(
                    Violation(
                        source.path,
                        line: index + 1,
                        rule: "todo",
                        "a TODO needs a line in Docs/roadmap.md that names this file"
                    )
                )
            }
        }
        return found
    }

    /// `package` types and functions without a doc comment.
    ///
    /// Initialisers, subscripts and stored properties may leave it to their name, their type and the comment of
    /// what they belong to.
    package static func checkDocumented(_ source: SourceText) -> [Violation] {
        guard source.path.hasPrefix("Sources/"), source.path.hasSuffix(".swift") else { return [] }
        return source.lines.indices.compactMap { index in
            guard declaresPackageAPI(source.lines[index].code), !isDocumented(source, index) else {
                return nil
            }
            return Violation(
                source.path,
                line: index + 1,
                rule: "undocumented",
                "a package declaration says what it is for, its units and its errors"
            )
        }
    }

    private static func declaresPackageAPI(_ code: CodeText) -> Bool {
        guard let offset = code.offsets(ofWord: "package").first else { return false }
        let rest = CodeText(Array(code.bytes[(offset + 7)...])).trimmed
        let text = code.trimmed
        // Only attributes and modifiers may stand before the word.
        guard text.hasPrefix("package") || text.hasPrefix("@") || isModified(text) else {
            return false
        }
        let exempt = [
            "import", "extension", "init", "func encode(to", "func hash(into", "subscript",
        ]
        let operators = ["static func ==", "static func <", "static func +", "static func -"]
        return !(exempt + operators).contains { rest.hasPrefix($0) } && !rest.hasPrefix("(set)")
            && !rest.hasPrefix(":") && !rest.isEmpty && !isStored(rest)
            && !rest.hasPrefix("var description")
    }

    private static func isStored(_ declaration: String) -> Bool {
        let isProperty = ["let ", "var ", "static let ", "private(set) var "].contains {
            declaration.hasPrefix($0)
        }
        return isProperty && !declaration.hasSuffix("{")
    }

    private static func isModified(_ text: String) -> Bool {
        ["static ", "final ", "indirect ", "nonisolated ", "borrowing ", "consuming "].contains {
            text.hasPrefix($0)
        }
    }

    private static func isDocumented(_ source: SourceText, _ index: Int) -> Bool {
        var line = index - 1
        while line >= 0 {
            if source.lines[line].comment.contains("///") { return true }
            let code = source.lines[line].code.trimmed
            // Attributes, plain comments and the one-line declarations that share a comment may
            // stand between.
            let isRun = declaresPackageAPI(source.lines[line].code) && !code.hasSuffix("{")
            guard
                isRun || code.hasPrefix("@")
                    || (code.isEmpty && !source.lines[line].comment.isBlank)
            else {
                return false
            }
            line -= 1
        }
        return false
    }
}
