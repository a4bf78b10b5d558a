// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// How large the tables of a ``HandshakeEngine`` may grow; set once.
package struct HandshakeCapacity: Hashable, Sendable {
    /// ``Limits/sessionsMax``, at least 8.
    package let sessions: Int
    /// ``Limits/attemptsMax``, at least 8.
    package let attempts: Int
    /// ``Limits/unconfirmedMax``, at least 8.
    package let unconfirmed: Int
    /// ``Limits/timestampsMax``, at least 8.
    package let timestamps: Int

    package init(
        sessions: Int = Limits.sessionsMax,
        attempts: Int = Limits.attemptsMax,
        unconfirmed: Int = Limits.unconfirmedMax,
        timestamps: Int = Limits.timestampsMax
    ) {
        self.sessions = max(8, sessions)
        self.attempts = max(8, attempts)
        self.unconfirmed = max(8, unconfirmed)
        self.timestamps = max(8, timestamps)
    }

    /// What is left for strangers of a table, when a quarter of it is kept for configured peers and
    /// for what this node itself initiates.
    package static func forStrangers(of whole: Int) -> Int { whole - whole / 4 }
}
