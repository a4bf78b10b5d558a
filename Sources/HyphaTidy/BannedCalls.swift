// SPDX-License-Identifier: Apache-2.0

/// Calls that a layer must not make, each with its reason.
package enum BannedCalls {
    private struct Ban {
        let text: String
        let reason: String
        var isWord = false
        /// The ban does not hold when this stands in the line too.
        var unless: String?
    }

    /// Below the I/O line: no clock, randomness, output, task or shared instance.
    private static let inPureModules: [Ban] = [
        Ban(text: "Date()", reason: "time is an argument"),
        Ban(text: "ContinuousClock", reason: "time is an argument", isWord: true),
        Ban(text: "SuspendingClock", reason: "time is an argument", isWord: true),
        Ban(text: "Clock.now", reason: "time is an argument"),
        Ban(text: "random(in:", reason: "randomness is an argument", unless: "using:"),
        Ban(text: "randomElement()", reason: "randomness is an argument"),
        Ban(text: "shuffled()", reason: "randomness is an argument"),
        Ban(text: "shuffle()", reason: "randomness is an argument"),
        Ban(
            text: "SystemRandomNumberGenerator",
            reason: "randomness is an argument",
            isWord: true
        ),
        Ban(text: "print(", reason: "engines never log; they return events", isWord: true),
        Ban(text: "Task {", reason: "engines start nothing"),
        Ban(text: "Task.detached", reason: "engines start nothing"),
        Ban(text: "AsyncStream", reason: "engines hold no streams", isWord: true),
        Ban(text: ".shared", reason: "a shared instance is a hidden argument", isWord: true),
    ]

    /// Anywhere in `Sources`.
    private static let inSources: [Ban] = [
        Ban(text: "try!", reason: "handle the error or state the invariant"),
        Ban(text: "as!", reason: "use a conditional cast", isWord: true),
        Ban(
            text: "preconditionFailure",
            reason: "prints nothing with -O; use invariant",
            isWord: true
        ),
        Ban(text: "unsafeBitCast", reason: "no argument makes it readable", isWord: true),
        Ban(
            text: "public",
            reason: "this package has no product that another imports; use package",
            isWord: true,
            // What inlinable code of a package declaration uses has to be imported so.
            unless: "public import"
        ),
        Ban(
            text: "AsyncStream<",
            reason: "an unbounded stream grows with its input; state the policy",
            unless: "bufferingPolicy"
        ),
    ]

    /// In unit tests.
    private static let inUnitTests: [Ban] = [
        Ban(text: "Task.sleep", reason: "tests run on virtual time"),
        Ban(text: "usleep(", reason: "tests run on virtual time"),
        Ban(text: "Thread.sleep", reason: "tests run on virtual time"),
        Ban(
            text: "@testable",
            reason: "tests use package API, so release tests need no special build"
        ),
    ]

    /// Calls that stand where they must not.
    package static func check(_ source: SourceText) -> [Violation] {
        var bans: [Ban] = []
        if ModuleRules.isPure(source.path) { bans += inPureModules }
        if source.path.hasPrefix("Sources/") { bans += inSources }
        if source.path.hasPrefix("Tests/"), !source.path.hasPrefix("Tests/IntegrationTests/") {
            bans += inUnitTests
        }
        guard source.path.hasSuffix(".swift"), !bans.isEmpty else { return [] }
        var found: [Violation] = []
        for (index, line) in source.lines.enumerated() where !line.code.isBlank {
            for ban in bans where applies(ban, to: line.code) {
                found.append(
                    Violation(
                        source.path,
                        line: index + 1,
                        rule: "banned",
                        "`\(ban.text)`: \(ban.reason)"
                    )
                )
            }
        }
        if ModuleRules.isPure(source.path) { found += checkHashOrder(source) }
        return found
    }

    private static func applies(_ ban: Ban, to code: CodeText) -> Bool {
        if let exception = ban.unless, code.contains(exception) { return false }
        guard ban.isWord, let last = ban.text.utf8.last else { return code.contains(ban.text) }
        let text = ban.text
        guard CodeText.isWordByte(last) else {
            // The word is all but its last byte, an opening bracket.
            return code.offsets(ofWord: String(text.dropLast())).contains {
                let next = $0 + text.utf8.count - 1
                return next < code.bytes.count && code.bytes[next] == last
            }
        }
        return code.contains(word: text)
    }

    // MARK: - Order of hashing

    /// Loops over a dictionary or set that the file declares, unless sorted or argued for by an
    /// `Order:` comment: their order differs from run to run.
    private static func checkHashOrder(_ source: SourceText) -> [Violation] {
        let names = source.lines.compactMap { hashedName($0.code) }
        guard !names.isEmpty else { return [] }
        return source.lines.indices.compactMap { index in
            let code = source.lines[index].code
            guard code.contains(word: "for"), let start = code.offset(of: " in "),
                let name = names.first(where: { loops(over: $0, in: code, from: start) })
            else { return nil }
            let nearby = source.lines[max(0, index - 3)...index]
            let isArgued = nearby.contains { $0.comment.contains("Order:") }
            guard !isArgued, !code.contains("sorted") else { return nil }
            return Violation(
                source.path,
                line: index + 1,
                rule: "hash-order",
                "loop over `\(name)`, whose order differs between two runs; sort, or say why not after `Order:`"
            )
        }
    }

    private static func loops(over name: String, in code: CodeText, from start: Int) -> Bool {
        let rest = CodeText(Array(code.bytes[(start + 4)...])).trimmed
        let expression = rest.hasPrefix("self.") ? String(rest.dropFirst(5)) : rest
        return ["", ".keys", ".values"].contains { suffix in
            expression == name + suffix || expression.hasPrefix(name + suffix + " ")
        }
    }

    /// The name that a line declares as a dictionary or set, or `nil`.
    private static func hashedName(_ code: CodeText) -> String? {
        let text = code.trimmed
        guard code.contains(word: "var") || code.contains(word: "let"),
            let colon = text.firstIndex(of: ":")
        else { return nil }
        let type = text[text.index(after: colon)...].drop { $0 == " " }
        let isDictionary = type.hasPrefix("[") && type.prefix { $0 != "]" }.contains(": ")
        guard isDictionary || type.hasPrefix("Set<") || type.hasPrefix("Dictionary<") else {
            return nil
        }
        return text[..<colon].split(separator: " ").last.map(String.init)
    }
}
