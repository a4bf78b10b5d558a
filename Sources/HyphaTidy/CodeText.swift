// SPDX-License-Identifier: Apache-2.0

/// Bytes of one line, with the searches that the rules need.
package struct CodeText: Sendable {
    /// The bytes, without the line break.
    package let bytes: [UInt8]

    /// A line of these bytes.
    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// A line with this text.
    package init(_ text: String) { bytes = Array(text.utf8) }

    /// The line as text.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The line as text without spaces at its ends.
    package var trimmed: String {
        let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let rest = bytes.drop(while: isSpace)
        let end = rest.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? rest.startIndex
        return String(decoding: rest[rest.startIndex..<end], as: UTF8.self)
    }

    /// Whether there is anything but spaces.
    package var isBlank: Bool { !bytes.contains { $0 > UInt8(ascii: " ") } }

    /// Offset of `text` at or after `start`, or `nil`.
    package func offset(of text: String, from start: Int = 0) -> Int? {
        let wanted = Array(text.utf8)
        guard let first = wanted.first, bytes.count >= wanted.count else { return nil }
        var offset = start
        while offset + wanted.count <= bytes.count {
            if bytes[offset] == first,
                bytes[offset..<(offset + wanted.count)].elementsEqual(wanted)
            {
                return offset
            }
            offset += 1
        }
        return nil
    }

    /// Whether `text` stands in the line.
    package func contains(_ text: String) -> Bool { offset(of: text) != nil }

    /// Offsets where `word` stands by itself: it does not go on on either side.
    package func offsets(ofWord word: String) -> [Int] {
        var found: [Int] = []
        var start = 0
        while let offset = offset(of: word, from: start) {
            let end = offset + word.utf8.count
            let isBefore =
                offset > 0 && Self.isWordByte(bytes[offset - 1]) && Self.isWordByte(bytes[offset])
            let isAfter = end < bytes.count && Self.isWordByte(bytes[end])
            if !isBefore, !isAfter { found.append(offset) }
            start = end
        }
        return found
    }

    /// Whether `word` stands in the line by itself.
    package func contains(word: String) -> Bool { !offsets(ofWord: word).isEmpty }

    /// Whether a byte can be part of an identifier.
    package static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: byte >= 0x80
        }
    }
}
