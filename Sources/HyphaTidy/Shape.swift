// SPDX-License-Identifier: Apache-2.0

/// Rules about files as such: names, sizes, first lines, what each target is for.
package enum Shape {
    /// Greatest size of a file, in bytes.
    package static let fileBytesMax = 256 * 1024

    /// Path and size.
    package static func check(path: String, byteCount: Int) -> [Violation] {
        var found: [Violation] = []
        if path.contains(" ") {
            found.append(
                Violation(path, rule: "path", "no spaces in paths: make and sh split there")
            )
        }
        let vague: Set<String> = ["Utilities", "Helpers", "Common", "Misc", "Utils"]
        if let part = path.split(separator: "/").first(where: { vague.contains(String($0)) }) {
            found.append(
                Violation(path, rule: "path", "`\(part)` says nothing about what is in it")
            )
        }
        let isExempt = path.hasPrefix("Tests/Vectors/") || path.contains("/Corpus/")
        if byteCount > fileBytesMax, !isExempt {
            found.append(
                Violation(
                    path,
                    rule: "file-size",
                    "\(byteCount) bytes, at most \(fileBytesMax) outside vectors and corpora"
                )
            )
        }
        return found
    }

    /// Whether a file must name its licence.
    package static func needsLicence(_ path: String) -> Bool {
        let endings = [".swift", ".c", ".h", ".cpp", ".sh", ".py"]
        return endings.contains { path.hasSuffix($0) }
    }

    /// The licence on the first line; the second where the first belongs to a tool.
    package static func checkLicence(path: String, text: String) -> [Violation] {
        guard needsLicence(path) else { return [] }
        let lines = text.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
        let first = lines.first ?? ""
        let isTaken = first.hasPrefix("#!") || first.hasPrefix("// swift-tools-version")
        let line = isTaken && lines.count > 1 ? lines[1] : first
        guard !line.hasSuffix("SPDX-License-Identifier: Apache-2.0") else { return [] }
        return [
            Violation(
                path,
                rule: "licence",
                "the first line is `SPDX-License-Identifier: Apache-2.0` in a comment"
            )
        ]
    }

    /// Targets that the table of modules in `Docs/architecture.md` does not name.
    package static func checkTargets(
        _ targets: [ManifestTarget],
        architecture: String
    )
        -> [Violation]
    {
        targets.filter { !$0.isTest && !architecture.contains("`\($0.name)`") }.map {
            Violation(
                "Docs/architecture.md",
                rule: "target-doc",
                "says nothing about target \($0.name): each has a line that says what it is for"
            )
        }
    }
}
