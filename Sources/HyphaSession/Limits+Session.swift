// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

extension Limits {
    // MARK: - What this node keeps

    /// Sessions with keys, of any carrier, previous and unconfirmed ones included; at the limit a
    /// peer's own previous session or a stranger's oldest unconfirmed one gives way, otherwise the
    /// handshake is refused.
    ///
    /// Three quarters are open to strangers.
    package static let sessionsMax = 65_536
    /// Attempts of our own in flight; a further one fails at once.
    ///
    /// Three quarters are open to end-to-end peers that are not configured.
    package static let attemptsMax = 1024
    /// Sessions that we answered with and nobody confirmed: three quarters for strangers, one for
    /// peers that are configured or have a session; the oldest of its kind gives way.
    package static let unconfirmedMax = 1024
    /// Greatest timestamps kept; the least recently used is forgotten, and a replay of it then
    /// leads to a session that nobody confirms.
    package static let timestampsMax = 65_536
    /// Keys remembered by endpoint; the least recently used is forgotten.
    package static let rememberedKeysMax = 4096
    /// Indices of others that are not drawn; further ones are ignored and counted.
    package static let takenIndicesMax = 65_536

    // MARK: - What strangers may cost

    /// Half-received initiations in all; the oldest gives way.
    package static let halfInitiationsMax = 1024
    /// Half-received initiations of one address or /64; its oldest gives way to one with a cookie.
    package static let halfInitiationsPerSourceMax = 4
    /// From so many half-received initiations on, a part needs a cookie.
    package static let halfInitiationsLoaded = 256
    /// Above so many initiations in a second a part needs a cookie.
    package static let initiationsPerSecondLoaded = 64
    /// Sources whose rates are kept; the least recently used is forgotten and starts afresh.
    package static let handshakeSourcesMax = 4096
    /// Initiations looked into per second of one address, /64 or stream, and at once; others are
    /// dropped and counted.
    package static let linkInitiationsPerSecond = 16
    package static let linkInitiationsBurst = 32
    /// The same over end-to-end paths, of one /64.
    package static let sessionInitiationsPerSecond = 8
    package static let sessionInitiationsBurst = 8
    /// Initiations of all sources together whose mathematics is done per second, and at once, for
    /// links and for end-to-end sessions each; others are dropped and counted.
    package static let handshakesPerSecond = 256
    package static let handshakesBurst = 256
    /// The same again for end-to-end peers that are configured, have a session or are being tried.
    package static let knownHandshakesPerSecond = 64
    package static let knownHandshakesBurst = 64
    /// First bytes of initiations remembered of one source, to drop a repeated one unseen.
    package static let initiationHeadsMax = 8
    /// Cookie replies per second to one source, and at once; others are counted.
    package static let cookieRepliesPerSourcePerSecond = 8
    package static let cookieRepliesPerSourceBurst = 8
    /// Cookie replies per second to all, and at once.
    package static let cookieRepliesPerSecond = 2048
    package static let cookieRepliesBurst = 512
    /// Of these to sources that had one within a minute: whoever has none yet goes first, so that
    /// ten thousand forged sources keep an honest newcomer waiting for a few seconds at most.
    package static let repeatedCookieRepliesPerSecond = 512
    package static let repeatedCookieRepliesBurst = 128
    /// Sources whose cookie replies are counted; the least recently used is forgotten and counts
    /// as one that had none.
    package static let cookieSourcesMax = 16_384
    /// Key requests answered per second, and at once.
    package static let keyRepliesPerSecond = 64
    package static let keyRepliesBurst = 64

    // MARK: - What an attempt may cost

    /// Key requests of one attempt.
    package static let keyRequestTries = 3
    /// Responses and cookie replies looked into for one message 1; a forger who sees our index
    /// can spoil this one, and the next message 1 has another.
    package static let responsesPerInitiationMax = 16
    package static let cookiesPerInitiationMax = 4
}
