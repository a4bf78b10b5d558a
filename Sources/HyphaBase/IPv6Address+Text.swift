// SPDX-License-Identifier: Apache-2.0

extension IPv6Address: CustomStringConvertible {
    private var groups: [UInt16] {
        (0..<8).map { i in
            let word = i < 4 ? high : low
            return UInt16(truncatingIfNeeded: word >> UInt64(48 - 16 * (i % 4)))
        }
    }

    /// Canonical text: lower case, the first longest run of two or more zero groups as `::`
    /// (RFC 5952 section 4).
    @usableFromInline package var description: String {
        let groups = groups
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > best.count, end - start >= 2 { best = start..<end }
            start = max(end, start) + 1
        }
        func text(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard !best.isEmpty else { return text(groups[...]) }
        return text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
    }

    /// - Parameter text: An address as of RFC 4291 section 2.2, without zone; otherwise `nil`.
    package init?(_ text: some StringProtocol) {
        let halves = Self.split(String(text))
        guard let halves, halves.count <= 2 else { return nil }
        var parsed: [[UInt16]] = []
        for (index, half) in halves.enumerated() {
            guard let groups = Self.groups(half, isLast: index == halves.count - 1) else {
                return nil
            }
            parsed.append(groups)
        }
        let count = parsed.reduce(0) { $0 + $1.count }
        var all = parsed[0]
        if parsed.count == 2 {
            guard count < 8 else { return nil }
            all += [UInt16](repeating: 0, count: 8 - count) + parsed[1]
        }
        guard all.count == 8 else { return nil }
        self.init(
            high: all[..<4].reduce(0) { $0 << 16 | UInt64($1) },
            low: all[4...].reduce(0) { $0 << 16 | UInt64($1) }
        )
    }

    /// The parts before and after `::`, or the whole text when there is none.
    private static func split(_ text: String) -> [String]? {
        let bytes = Array(text.utf8)
        let colon = UInt8(ascii: ":")
        var at: Int?
        var i = 0
        while i + 1 < bytes.count {
            if bytes[i] == colon, bytes[i + 1] == colon {
                guard at == nil else { return nil }
                at = i
                i += 1
            }
            i += 1
        }
        guard let at else { return bytes.isEmpty ? nil : [text] }
        return [
            String(decoding: bytes[..<at], as: UTF8.self),
            String(decoding: bytes[(at + 2)...], as: UTF8.self),
        ]
    }

    private static func groups(_ text: String, isLast: Bool) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        var result: [UInt16] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if isLast, index == parts.count - 1, part.contains(".") {
                guard let bits = IPv4Address(part)?.bits else { return nil }
                result.append(UInt16(truncatingIfNeeded: bits >> 16))
                result.append(UInt16(truncatingIfNeeded: bits))
            } else {
                // The conversion alone would take a sign: "+1", "-0".
                guard (1...4).contains(part.utf8.count), part.allSatisfy(\.isHexDigit),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                result.append(group)
            }
        }
        return result
    }
}
