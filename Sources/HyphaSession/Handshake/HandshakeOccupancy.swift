// SPDX-License-Identifier: Apache-2.0

/// How full the tables of a ``HandshakeEngine`` are.
package struct HandshakeOccupancy: Hashable, Sendable {
    package let attempts: Int
    package let halfInitiations: Int
    package let sessions: Int
    package let strangerSessions: Int
    package let unconfirmed: Int
    package let timestamps: Int
    package let sources: Int
    package let timers: Int
}
