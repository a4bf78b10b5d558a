// SPDX-License-Identifier: Apache-2.0

/// A source file cut into code and comments, so that rules about one never see the other.
package struct SourceText: Sendable {
    /// Path from the top of the repository.
    package let path: String
    /// The lines of the file, in order.
    package let lines: [SourceLine]

    /// Cuts `content` up; `path` decides by its ending whether it is Swift or C.
    package init(path: String, content: String) {
        self.path = path
        var lexer = Lexer(bytes: Array(content.utf8), isSwift: path.hasSuffix(".swift"))
        lines = lexer.lines()
    }
}

/// One line of a source file.
package struct SourceLine: Sendable {
    /// The line with the insides of strings and all comments replaced by spaces.
    package let code: CodeText
    /// The text of the comments on the line, with their marks.
    package let comment: CodeText
}

/// What a byte of source belongs to.
enum SourceKind {
    case code
    case comment
    case string
}

/// Marks each byte of a Swift or C file as code, comment or inside of a string.
struct Lexer {
    private enum Frame {
        /// Code; in an interpolation `parentheses` counts the open ones, 0 at top level.
        case code(parentheses: Int)
        case lineComment
        case blockComment(depth: Int)
        /// `quote` ends it; `hashes` of a raw string, `isMultiline` for three quotes.
        case string(quote: UInt8, hashes: Int, isMultiline: Bool)
    }

    private let bytes: [UInt8]
    private let isSwift: Bool
    private var offset = 0
    private var frames: [Frame] = [.code(parentheses: 0)]
    private var kinds: [SourceKind] = []

    init(bytes: [UInt8], isSwift: Bool) {
        self.bytes = bytes
        self.isSwift = isSwift
        kinds.reserveCapacity(bytes.count)
    }

    mutating func lines() -> [SourceLine] {
        while offset < bytes.count { step() }
        var result: [SourceLine] = []
        var code: [UInt8] = []
        var comment: [UInt8] = []
        for (byte, kind) in zip(bytes, kinds) {
            if byte == UInt8(ascii: "\n") {
                result.append(SourceLine(code: CodeText(code), comment: CodeText(comment)))
                code.removeAll(keepingCapacity: true)
                comment.removeAll(keepingCapacity: true)
                continue
            }
            code.append(kind == .code ? byte : UInt8(ascii: " "))
            if kind == .comment { comment.append(byte) }
        }
        if !code.isEmpty {
            result.append(SourceLine(code: CodeText(code), comment: CodeText(comment)))
        }
        return result
    }

    // MARK: - One token

    private mutating func step() {
        switch frames[frames.count - 1] {
        case .code(let parentheses): stepCode(parentheses)
        case .lineComment:
            if bytes[offset] == UInt8(ascii: "\n") { frames.removeLast() }
            take(1, .comment)
        case .blockComment(let depth): stepBlockComment(depth)
        case .string(let quote, let hashes, let isMultiline):
            stepString(quote: quote, hashes: hashes, isMultiline: isMultiline)
        }
    }

    private mutating func stepCode(_ parentheses: Int) {
        if starts("//") {
            frames.append(.lineComment)
            return take(2, .comment)
        }
        if starts("/*") {
            frames.append(.blockComment(depth: 1))
            return take(2, .comment)
        }
        if isSwift, starts("#") || starts("\"") {
            return stepPossibleString()
        }
        if !isSwift, starts("\"") || starts("'") {
            frames.append(.string(quote: bytes[offset], hashes: 0, isMultiline: false))
            return take(1, .code)
        }
        if frames.count > 1 {
            if starts("(") { frames[frames.count - 1] = .code(parentheses: parentheses + 1) }
            if starts(")") {
                if parentheses == 1 {
                    frames.removeLast()
                } else {
                    frames[frames.count - 1] = .code(parentheses: parentheses - 1)
                }
            }
        }
        take(1, .code)
    }

    /// At `#` or `"` of Swift: a string when only hashes stand before the quote.
    private mutating func stepPossibleString() {
        var hashes = 0
        while offset + hashes < bytes.count, bytes[offset + hashes] == UInt8(ascii: "#") {
            hashes += 1
        }
        let quoteOffset = offset + hashes
        guard quoteOffset < bytes.count, bytes[quoteOffset] == UInt8(ascii: "\"") else {
            return take(max(hashes, 1), .code)
        }
        let isMultiline =
            quoteOffset + 2 < bytes.count
            && bytes[quoteOffset...(quoteOffset + 2)].allSatisfy { $0 == UInt8(ascii: "\"") }
        frames.append(
            .string(quote: UInt8(ascii: "\""), hashes: hashes, isMultiline: isMultiline)
        )
        take(hashes + (isMultiline ? 3 : 1), .code)
    }

    private mutating func stepBlockComment(_ depth: Int) {
        if starts("/*"), isSwift {
            frames[frames.count - 1] = .blockComment(depth: depth + 1)
            return take(2, .comment)
        }
        if starts("*/") {
            if depth == 1 {
                frames.removeLast()
            } else {
                frames[frames.count - 1] = .blockComment(depth: depth - 1)
            }
            return take(2, .comment)
        }
        take(1, .comment)
    }

    private mutating func stepString(quote: UInt8, hashes: Int, isMultiline: Bool) {
        if bytes[offset] == UInt8(ascii: "\n"), !isMultiline {
            frames.removeLast()
            return take(1, .code)
        }
        if bytes[offset] == UInt8(ascii: "\\"), follow(hashes, after: offset + 1) {
            let next = offset + 1 + hashes
            if isSwift, next < bytes.count, bytes[next] == UInt8(ascii: "(") {
                frames.append(.code(parentheses: 1))
                return take(2 + hashes, .string)
            }
            return take(2 + hashes, .string)
        }
        let quoteCount = isMultiline ? 3 : 1
        let isEnd =
            offset + quoteCount <= bytes.count
            && bytes[offset..<(offset + quoteCount)].allSatisfy { $0 == quote }
            && follow(hashes, after: offset + quoteCount)
        if isEnd {
            frames.removeLast()
            return take(quoteCount + hashes, .code)
        }
        take(1, .string)
    }

    // MARK: - Bytes

    private func follow(_ hashes: Int, after start: Int) -> Bool {
        start + hashes <= bytes.count
            && bytes[start..<(start + hashes)].allSatisfy { $0 == UInt8(ascii: "#") }
    }

    private func starts(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard offset + count <= bytes.count else { return false }
        return "\(text)".utf8.elementsEqual(bytes[offset..<(offset + count)])
    }

    private mutating func take(_ count: Int, _ kind: SourceKind) {
        let end = min(offset + count, bytes.count)
        // A line break keeps its own place whatever it stands in.
        while offset < end {
            kinds.append(kind)
            offset += 1
        }
    }
}
