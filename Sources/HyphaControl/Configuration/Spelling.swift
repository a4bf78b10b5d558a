// SPDX-License-Identifier: Apache-2.0

/// Finds what was probably meant.
package enum Spelling {
    /// The candidate nearest to `text`, if one is near enough to be a slip of the finger.
    ///
    /// - Parameters:
    ///   - text: What was written.
    ///   - candidates: What could have been meant; the first of equally near ones wins.
    /// - Returns: A candidate at most a third of its letters (and at least two) away, or one that
    ///   `text` begins; otherwise `nil`.
    package static func nearest(to text: String, among candidates: [String]) -> String? {
        // Long texts are no slips, and the table below grows with the square of the length.
        guard text.utf8.count <= 64 else { return nil }
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let distance = distance(Array(text.utf8), Array(candidate.utf8))
            let allowed = max(2, candidate.utf8.count / 3)
            guard distance <= allowed, distance < candidate.utf8.count else { continue }
            if best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
        }
        return best?.candidate ?? candidates.first { text.count >= 3 && $0.hasPrefix(text) }
    }

    /// Insertions, deletions, changes and swaps of neighbours that turn `left` into `right`
    /// (optimal string alignment).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for i in left.indices {
            var row = [i + 1]
            for j in right.indices {
                let change = left[i] == right[j] ? 0 : 1
                var value = min(last[j] + change, last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    value = min(value, beforeLast[j - 1] + 1)
                }
                row.append(value)
            }
            beforeLast = last
            last = row
        }
        return last[right.count]
    }
}
