// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// Intervals of handshakes and keys, `Docs/protocol/hypha.md` section 3.1.
package enum HandshakeTimes {
    /// From each message 1 to the next of an attempt; the last gap goes on.
    static let retransmissions: [Duration] = [.seconds(1), .seconds(2), .seconds(4), .seconds(8)]
    /// Added to each gap, so that two ends do not stay in step.
    static let retransmissionJitter: ClosedRange<Duration> = .zero ... .milliseconds(333)
    /// From the first message 1 of an end-to-end attempt to its repetition: packets wait 1 s for the
    /// session, so whatever got lost on a way of half a second and less is made up for in time.
    static let sessionRepetition: ClosedRange<Duration> = .milliseconds(400) ... .milliseconds(500)
    /// For so long a source that had a cookie reply goes after those that had none.
    static let cookieMemory: Duration = .seconds(60)
    /// An attempt is given up so long after its first message 1.
    package static let attempt: Duration = .seconds(20)
    /// Between key requests of one attempt, and after the last; jitter as above.
    static let keyRequestGap: Duration = .seconds(1)
    /// A part of message 1 waits so long for the other.
    static let halfInitiation: Duration = .seconds(2)
    /// A session that we answered with and nobody used is forgotten after so long.
    static let unconfirmed: Duration = .seconds(20)

    /// Age at which the initiator of a session rekeys it.
    package static let rekeyByInitiator: Duration = .seconds(120)
    /// Age at which the responder does, when the initiator has not.
    package static let rekeyByResponder: Duration = .seconds(150)
    /// From the failure of a rekey to the next, while the old keys live.
    static let rekeyAgain: Duration = .seconds(5)
    /// Age at which keys neither send nor receive any more.
    package static let keyLife: Duration = .seconds(180)

    /// How long our own message 1 keeps precedence over the peer's when our key is the smaller
    /// one: a response may still be under way.
    static let precedence: Duration = .seconds(1)
    /// How long an attempt of the larger key waits for the peer's first frame after answering.
    static let courtesy: Duration = .seconds(3)

    /// Life of the secret behind cookies; the previous one is accepted for as long again.
    static let cookieSecret: Duration = .seconds(120)
    /// A changed key is refused so long after it first answered.
    static let keyChange: Duration = .seconds(60)
    /// How far ahead of the timestamps in use the persisted one lies.
    static let timestampReserve: Duration = .seconds(60)
    /// Events about a ceiling come once in so long.
    static let report: Duration = .seconds(60)
}
