// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// When a session was used last, as the packet path has published it; `nil` = never.
///
/// Given every two seconds or so, for every session that was used since the last time. Keep-alives are session control (type 0x12) without content.
package struct SessionActivity: Hashable, Sendable {
    /// The session's index at this node.
    package var session: SessionIndex
    /// Anything sealed.
    package var sentAt: Instant?
    /// Anything sealed but keep-alives.
    package var sentDataAt: Instant?
    /// Anything opened.
    package var heardAt: Instant?
    /// Anything opened but keep-alives.
    package var heardDataAt: Instant?

    package init(
        session: SessionIndex,
        sentAt: Instant? = nil,
        sentDataAt: Instant? = nil,
        heardAt: Instant? = nil,
        heardDataAt: Instant? = nil
    ) {
        self.session = session
        self.sentAt = sentAt
        self.sentDataAt = sentDataAt
        self.heardAt = heardAt
        self.heardDataAt = heardDataAt
    }
}
