// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// Which part of the sessions is asked for.
package struct SessionPage: Hashable, Sendable {
    /// Only addresses behind this one; `nil` from the start.
    package let after: IPv6Address?
    /// Sessions at most, 1...``HyphaBase/Limits/sessionsPerAnswerMax``.
    package let limit: Int

    /// - Parameters:
    ///   - after: Only addresses behind this one.
    ///   - limit: Clamped to 1...``HyphaBase/Limits/sessionsPerAnswerMax``.
    package init(after: IPv6Address? = nil, limit: Int = Limits.sessionsPerAnswerMax) {
        self.after = after
        self.limit = max(1, min(limit, Limits.sessionsPerAnswerMax))
    }

    /// The part of `sorted` that was asked for.
    ///
    /// - Parameters:
    ///   - sorted: All entries by ascending address, one an address.
    ///   - address: An entry's address.
    /// - Returns: The part, and the address to go on after, or `nil` at the end.
    package func part<Entry>(
        of sorted: [Entry],
        address: (Entry) -> IPv6Address
    ) -> (entries: [Entry], next: IPv6Address?) {
        let rest = sorted.drop { entry in after.map { address(entry) <= $0 } ?? false }
        let entries = Array(rest.prefix(limit))
        return (entries, entries.count < rest.count ? entries.last.map(address) : nil)
    }
}
