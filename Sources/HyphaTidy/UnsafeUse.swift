// SPDX-License-Identifier: Apache-2.0

/// Where the word `unsafe` may stand, and the counts that may only go down.
package struct UnsafeUse {
    /// Files that may contain the word.
    package let allowlist: Set<String>
    /// How many lines may lie between an unsafe expression and the comment that argues for it.
    package static let argumentDistanceMax = 24

    /// Checks against this list of paths.
    package init(allowlist: Set<String>) { self.allowlist = allowlist }

    /// Paths of an allowlist file: one a line, `#` begins a comment.
    package static func paths(in text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            let path = CodeText(String(line.prefix { $0 != "#" })).trimmed
            return path.isEmpty ? nil : path
        }
    }

    /// Unsafe code outside the list, and unsafe code without an argument.
    package func check(_ source: SourceText) -> [Violation] {
        let lines = Self.unsafeLines(source)
        guard let first = lines.first else { return [] }
        guard allowlist.contains(source.path) else {
            return [
                Violation(
                    source.path,
                    line: first + 1,
                    rule: "unsafe-file",
                    "not in Tools/Tidy/unsafe-allowlist.txt: unsafe code lives in few small files"
                )
            ]
        }
        let arguments = source.lines.indices.filter { source.lines[$0].comment.contains("Safe:") }
        return lines.compactMap { index in
            let isArgued = arguments.contains { argument in
                argument <= index + 1 && index - argument <= Self.argumentDistanceMax
            }
            return isArgued
                ? nil
                : Violation(
                    source.path,
                    line: index + 1,
                    rule: "unsafe-argument",
                    "no `// Safe:` comment in the \(Self.argumentDistanceMax) lines above says why this holds"
                )
        }
    }

    /// Allowlist entries that contain no unsafe code; the list must stay true.
    package func checkUnused(_ sources: [SourceText]) -> [Violation] {
        let used = Set(sources.filter { !Self.unsafeLines($0).isEmpty }.map(\.path))
        return allowlist.subtracting(used).sorted().map {
            Violation(
                "Tools/Tidy/unsafe-allowlist.txt",
                rule: "unsafe-unused",
                "\($0) has no unsafe code; take it off the list"
            )
        }
    }

    /// Indices of the lines with an unsafe expression or a type marked unsafe.
    package static func unsafeLines(_ source: SourceText) -> [Int] {
        source.lines.indices.filter { index in
            let code = source.lines[index].code
            return code.offsets(ofWord: "unsafe").contains { offset in
                // `nonisolated(unsafe)` is counted by the ratchet; `@unsafe` asks the callers to argue.
                let before = offset > 0 ? code.bytes[offset - 1] : UInt8(ascii: " ")
                return before != UInt8(ascii: "(") && before != UInt8(ascii: "@")
            }
        }
    }
}

/// Counts of things that the project wants fewer of; the limits are in `Tools/Tidy/ratchets.txt`.
package struct Ratchets {
    /// Greatest count of each thing.
    package let limits: [String: Int]

    /// Reads `name count` lines; `#` begins a comment.
    package init(text: String) {
        var limits: [String: Int] = [:]
        for line in UnsafeUse.paths(in: text) {
            let words = line.split(separator: " ")
            if words.count == 2, let count = Int(words[1]) { limits[String(words[0])] = count }
        }
        self.limits = limits
    }

    /// What is there, by name.
    package static func counts(_ sources: [SourceText]) -> [String: Int] {
        var counts = ["unchecked-sendable": 0, "nonisolated-unsafe": 0, "unsafe-lines": 0]
        for source in sources where source.path.hasPrefix("Sources/") {
            counts["unsafe-lines", default: 0] += UnsafeUse.unsafeLines(source).count
            for line in source.lines {
                let code = line.code
                if code.contains("@unchecked Sendable") {
                    counts["unchecked-sendable", default: 0] += 1
                }
                if code.contains("nonisolated(unsafe)") {
                    counts["nonisolated-unsafe", default: 0] += 1
                }
            }
        }
        return counts
    }

    /// Counts above or below their limit: below, the limit has to follow.
    package func check(_ sources: [SourceText]) -> [Violation] {
        Self.counts(sources).sorted { $0.key < $1.key }.compactMap { name, count in
            let limit = limits[name] ?? 0
            guard count > limit else { return nil }
            return Violation(
                "Tools/Tidy/ratchets.txt",
                rule: name,
                "\(count), at most \(limit): this number may only go down"
            )
        }
    }
}
