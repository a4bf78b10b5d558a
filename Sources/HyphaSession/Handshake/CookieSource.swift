// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// What one address or /64 was told of cookies.
struct CookieSource {
    /// Replies that it may still cause.
    var budget = TokenBucket(
        perSecond: Limits.cookieRepliesPerSourcePerSecond,
        burst: Limits.cookieRepliesPerSourceBurst
    )
    /// When it had a reply last.
    var answeredAt: Instant?

    /// Whether it had none within a minute; then it goes before those that had one.
    func isNew(now: Instant) -> Bool {
        answeredAt.map { now.elapsed(since: $0) >= HandshakeTimes.cookieMemory } ?? true
    }
}
