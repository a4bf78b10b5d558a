// SPDX-License-Identifier: Apache-2.0

/// Events since the start; every refusal is here.
package struct HandshakeCounters: Hashable, Sendable {
    // MARK: - Ours

    /// Attempts begun, message 1 sent (without repeats for a cookie), sessions brought about.
    package var attempts: UInt64 = 0
    package var initiationsSent: UInt64 = 0
    package var completed: UInt64 = 0
    /// Attempts given up or superseded.
    package var attemptsFailed: UInt64 = 0
    package var attemptsRefused: UInt64 = 0
    package var rekeys: UInt64 = 0
    /// Message 1 of an end-to-end attempt sent once more, since no answer came soon.
    package var initiationsRepeated: UInt64 = 0
    /// Message 1 repeated with a cookie.
    package var cookiesUsed: UInt64 = 0
    /// Responses, cookie replies and key replies that belong to nothing or are not genuine.
    package var unexpected: UInt64 = 0
    package var forgedResponses: UInt64 = 0
    /// Responses and cookie replies above the number looked into for one message 1.
    package var repliesIgnored: UInt64 = 0

    // MARK: - The peer's

    /// Wrong size, version or field, or a type that the path does not carry.
    package var malformed: UInt64 = 0
    /// The first authenticator is wrong: dropped without a word.
    package var wrongMAC: UInt64 = 0
    /// Parts without a cookie while one was needed.
    package var partsWithoutCookie: UInt64 = 0
    package var cookieReplies: UInt64 = 0
    /// Cookie replies not sent, being above the rate.
    package var cookieRepliesRefused: UInt64 = 0
    /// Half-received initiations that waited for 2 s, or gave way to others.
    package var halvesExpired: UInt64 = 0
    package var halvesEvicted: UInt64 = 0
    /// Initiations dropped before any mathematics: repeated, or above a rate.
    package var repeated: UInt64 = 0
    package var rateLimited: UInt64 = 0
    /// Initiations whose mathematics was done, and what became of them.
    package var initiationsOpened: UInt64 = 0
    package var forgedInitiations: UInt64 = 0
    package var replayed: UInt64 = 0
    package var fromOurselves: UInt64 = 0
    package var yielded: UInt64 = 0
    package var sessionsRefused: UInt64 = 0
    package var answered: UInt64 = 0
    /// Message 2 of an end-to-end handshake sent once more, since its message 1 came again.
    package var answersRepeated: UInt64 = 0
    package var confirmed: UInt64 = 0
    /// Unconfirmed sessions forgotten: after 20 s, or to make room.
    package var unconfirmedExpired: UInt64 = 0
    package var unconfirmedEvicted: UInt64 = 0

    // MARK: - Sessions and keys

    package var expired: UInt64 = 0
    package var failing: UInt64 = 0
    package var keyRequests: UInt64 = 0
    package var keyReplies: UInt64 = 0
    package var keyRepliesRefused: UInt64 = 0
    package var keyChangesRefused: UInt64 = 0
    package var takenRefused: UInt64 = 0

    package init() {}
}
