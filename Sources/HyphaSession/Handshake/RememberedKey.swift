// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// The key that proved itself at an endpoint, and another one that answers there of late.
///
/// A reply to a key request is not authenticated, so one that differs might be forged: it must
/// answer for 60 s, and the old key not once in that time, before it is tried.
struct RememberedKey {
    private(set) var key: PublicKey
    private var other: (key: PublicKey, since: Instant)?

    /// What to make of a key that answered.
    enum Verdict {
        case known
        /// Another key; whether it is the first time.
        case refused(isNew: Bool)
        /// Another key, for long enough.
        case changed
    }

    init(key: PublicKey) { self.key = key }

    mutating func judge(_ offered: PublicKey, now: Instant) -> Verdict {
        guard offered != key else {
            other = nil
            return .known
        }
        guard let other, other.key == offered else {
            self.other = (offered, now)
            return .refused(isNew: true)
        }
        let isOld = now.elapsed(since: other.since) >= HandshakeTimes.keyChange
        return isOld ? .changed : .refused(isNew: false)
    }
}
