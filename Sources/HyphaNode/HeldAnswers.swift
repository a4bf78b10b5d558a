// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// Messages 2 of end-to-end handshakes that have no route yet (`Docs/protocol/hypha.md` section 4).
///
/// One is made the moment its message 1 is opened, when perhaps nothing is known of the way back.
/// The search for it takes a round trip of the mesh, the repetition of message 1 half a second and,
/// after that, seconds; so the answer waits for the route. One of each /64 does: a newer one is of a
/// session that took the place of the older one's.
package struct HeldAnswers: Hashable, Sendable {
    /// Oldest first.
    private var answers: [Answer] = []
    /// Kept until there is a route.
    package private(set) var heldCount: UInt64 = 0
    /// Given back because there was one.
    package private(set) var releasedCount: UInt64 = 0
    /// Forgotten: too old, replaced, without a route for good, or above the ceiling.
    package private(set) var droppedCount: UInt64 = 0

    /// One message 2.
    package struct Answer: Hashable, Sendable {
        /// Of the body.
        package let content: [UInt8]
        /// To whom.
        package let address: IPv6Address
        let until: Instant
    }

    /// Answers that wait.
    package var count: Int { answers.count }

    package init() {}

    /// Keeps an answer for ``Limits/heldAnswerTime``; above ``Limits/heldAnswersMax`` it is dropped.
    ///
    /// - Returns: Whether it was kept.
    package mutating func hold(_ content: [UInt8], to address: IPv6Address, now: Instant) -> Bool {
        forget { $0.until <= now || $0.address.high == address.high }
        guard answers.count < Limits.heldAnswersMax else {
            droppedCount &+= 1
            return false
        }
        heldCount &+= 1
        let until = now + Limits.heldAnswerTime
        answers.append(Answer(content: content, address: address, until: until))
        return true
    }

    /// Takes out the answer to a subnet that has a route now.
    package mutating func take(_ subnet: Prefix, now: Instant) -> Answer? {
        forget { $0.until <= now }
        guard let at = answers.firstIndex(where: { Prefix(subnetOf: $0.address) == subnet })
        else { return nil }
        releasedCount &+= 1
        return answers.remove(at: at)
    }

    /// Forgets the answer to a subnet for which no route was found.
    package mutating func drop(_ subnet: Prefix) {
        forget { Prefix(subnetOf: $0.address) == subnet }
    }

    private mutating func forget(where isGone: (Answer) -> Bool) {
        guard !answers.isEmpty else { return }
        let before = answers.count
        answers.removeAll(where: isGone)
        droppedCount &+= UInt64(before - answers.count)
    }
}
