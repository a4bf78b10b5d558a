// SPDX-License-Identifier: Apache-2.0

/// Links of the documents.
package enum Markdown {
    /// A link in a document.
    package struct Link: Hashable, Sendable {
        /// Line, from 1.
        package let line: Int
        /// What it points to, as written.
        package let target: String
    }

    /// Inline links and images, outside code.
    package static func links(in text: String) -> [Link] {
        var found: [Link] = []
        var isCodeBlock = false
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            if line.drop(while: { $0 == " " }).hasPrefix("```") { isCodeBlock.toggle() }
            guard !isCodeBlock else { continue }
            // Every second piece lies between backquotes.
            let prose = line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .map { $0.offset.isMultiple(of: 2) ? String($0.element) : "" }.joined(
                    separator: "`"
                )
            var rest = prose[...]
            while let open = rest.firstRange(of: "](") {
                rest = rest[open.upperBound...]
                guard let close = rest.firstIndex(of: ")") else { break }
                let target = rest[..<close].prefix { $0 != " " }
                found.append(Link(line: index + 1, target: String(target)))
                rest = rest[close...]
            }
        }
        return found
    }

    /// Anchors that the headings of a document make, as the usual hosts spell them.
    package static func anchors(in text: String) -> Set<String> {
        var anchors: Set<String> = []
        var isCodeBlock = false
        for line in text.split(separator: "\n") {
            if line.hasPrefix("```") { isCodeBlock.toggle() }
            guard !isCodeBlock, line.hasPrefix("#") else { continue }
            let title = line.drop { $0 == "#" }.drop { $0 == " " }
            let kept = title.lowercased().filter {
                $0.isLetter || $0.isNumber || " -_".contains($0)
            }
            anchors.insert(String(kept.map { $0 == " " ? "-" : $0 }))
        }
        return anchors
    }

    /// Relative links of `document` (path, text) that lead nowhere.
    ///
    /// - Parameters:
    ///   - path: Path of the document from the top of the repository.
    ///   - text: Its content.
    ///   - exists: Whether a file or folder is there.
    ///   - contents: Text of another document.
    /// - Returns: One violation a broken link.
    package static func check(
        path: String,
        text: String,
        exists: (String) -> Bool,
        contents: (String) -> String?
    ) -> [Violation] {
        links(in: text).compactMap { link in
            guard !link.target.contains("://"), !link.target.hasPrefix("mailto:") else {
                return nil
            }
            let parts = link.target.split(
                separator: "#",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            let file = parts[0].isEmpty ? path : resolve(String(parts[0]), from: path)
            let reason: String
            if !exists(file) {
                reason = "\(file) does not exist"
            } else if parts.count == 2, let other = file == path ? text : contents(file),
                !anchors(in: other).contains(String(parts[1]))
            {
                reason = "\(file) has no heading #\(parts[1])"
            } else {
                return nil
            }
            return Violation(path, line: link.line, rule: "link", reason)
        }
    }

    /// The path that a link in `document` means, from the top of the repository.
    package static func resolve(_ link: String, from document: String) -> String {
        var parts = document.split(separator: "/").dropLast().map(String.init)
        for part in link.split(separator: "/") {
            switch part {
            case ".": break
            case "..": if !parts.isEmpty { parts.removeLast() }
            default: parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }
}
