// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What ``CarrierChoice/poll(now:canTry:random:)`` wants.
package enum CarrierStep: Hashable, Sendable {
    /// Begin a UDP handshake with the neighbour.
    case handshake
    /// Send a probe over UDP with this token; `isFullSize`: in a frame of 1232 bytes.
    case probe(token: UInt64, isFullSize: Bool)
}

/// Whether UDP is worth trying beside a stream, and whether it has proved itself
/// (`Docs/protocol/hypha.md` section 3.2, last paragraphs).
///
///     resting --due--> handshaking --session--> proving --5 answers of 5--> up
///        ^                  | failed               | one unanswered        | silent
///        +------------------+----------------------+-----------------------+
///
/// A rest is 10 s the first time after UDP worked, then 20 to 45 s. Proving over a session that is
/// still there needs no new handshake, but a path that went silent gets one: a firewall in between
/// may have forgotten the flow, and the neighbour may have started anew.
package struct CarrierChoice: Hashable, Sendable {
    private var state: State
    private var rests = 0

    private enum State: Hashable, Sendable {
        case resting(until: Instant)
        case handshaking
        case proving(Proof)
        case up
    }

    private struct Proof: Hashable, Sendable {
        var waiting: [UInt64] = []
        var sent = 0
        var answered = 0
        var sentAt: Instant
        let giveUpAt: Instant
    }

    /// Probes that must all be answered.
    package static let probesCount = 5
    /// Before UDP is tried again, the first time after it worked.
    package static let firstRest: Duration = .seconds(10)
    /// Before UDP is tried again, later.
    package static let laterRest: ClosedRange<Duration> = .seconds(20) ... .seconds(45)
    private static let probeGap: Duration = .milliseconds(50)
    private static let proofTime: Duration = .seconds(2)

    /// - Parameter tryAt: When UDP is to be tried for the first time.
    package init(tryAt: Instant) { state = .resting(until: tryAt) }

    /// A link that was born on UDP and has nothing to prove against.
    package init() { state = .up }

    /// Whether traffic goes over UDP.
    package var isUp: Bool { state == .up }

    /// Whether UDP has a session and is proving itself.
    package var isProving: Bool { if case .proving = state { true } else { false } }

    /// A UDP session with the neighbour was established, by whichever side.
    package mutating func established(now: Instant) {
        // The proof begins anew with each: a neighbour that answers two handshakes at once forgets
        // the first, and with it the probes that were sent under it.
        guard state != .up else { return }
        state = .proving(Proof(sentAt: now, giveUpAt: now + Self.proofTime))
    }

    /// No stream is left, or never was: UDP carries the traffic without proof.
    package mutating func force() { state = .up }

    /// The UDP handshake came to nothing.
    package mutating func failed(now: Instant, random: inout some RandomNumberGenerator) {
        guard state == .handshaking else { return }
        rest(now: now, random: &random)
    }

    /// UDP carried the traffic and went silent, or its session is gone.
    package mutating func lost(now: Instant, random: inout some RandomNumberGenerator) {
        if state == .up { rests = 0 }
        rest(now: now, random: &random)
    }

    /// Takes the answer to a probe.
    ///
    /// - Returns: Whether UDP is up now and was not before.
    package mutating func answered(token: UInt64) -> Bool {
        guard case .proving(var proof) = state,
            let at = proof.waiting.firstIndex(of: token)
        else { return false }
        proof.waiting.remove(at: at)
        proof.answered += 1
        guard proof.answered == Self.probesCount else {
            state = .proving(proof)
            return false
        }
        state = .up
        rests = 0
        return true
    }

    /// What to do now; called when ``deadline(canTry:)`` is due.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - canTry: Whether this node has UDP and knows where the neighbour has it.
    ///   - random: Draws tokens and rests.
    /// - Returns: The step, `nil` when there is none.
    package mutating func poll(
        now: Instant,
        canTry: Bool,
        random: inout some RandomNumberGenerator
    ) -> CarrierStep? {
        guard let due = deadline(canTry: canTry), due <= now else { return nil }
        switch state {
        case .up, .handshaking: return nil
        case .resting:
            state = .handshaking
            return .handshake
        case .proving(var proof):
            guard proof.giveUpAt > now else {
                rest(now: now, random: &random)
                return nil
            }
            let token = UInt64.random(in: 1 ... .max, using: &random)
            proof.waiting.append(token)
            proof.sent += 1
            proof.sentAt = now
            state = .proving(proof)
            return .probe(token: token, isFullSize: proof.sent == Self.probesCount)
        }
    }

    /// When ``poll(now:canTry:random:)`` has something to do, `nil` for never.
    package func deadline(canTry: Bool) -> Instant? {
        switch state {
        case .up, .handshaking: return nil
        case .resting(let until): return canTry ? until : nil
        case .proving(let proof):
            guard proof.sent < Self.probesCount else { return proof.giveUpAt }
            guard proof.sent > 0 else { return proof.sentAt }
            return min(proof.sentAt + Self.probeGap, proof.giveUpAt)
        }
    }

    private mutating func rest(now: Instant, random: inout some RandomNumberGenerator) {
        let gap = rests == 0 ? Self.firstRest : random.duration(in: Self.laterRest)
        rests += 1
        state = .resting(until: now + gap)
    }
}

extension RandomNumberGenerator {
    /// A duration drawn evenly from `range`, to the nanosecond.
    mutating func duration(in range: ClosedRange<Duration>) -> Duration {
        .nanoseconds(
            Int64.random(
                in: range.lowerBound.nanoseconds...range.upperBound.nanoseconds,
                using: &self
            )
        )
    }
}
