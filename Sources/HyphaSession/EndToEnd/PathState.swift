// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// The greatest inner packet that arrives at the other end of a session, as far as routing does not
/// know it: what that host takes, and what gets lost on the way although routing lets it go.
///
/// Sizes that routing allows are used at once and probed meanwhile. A size is given up when five
/// probes of it are lost and one of ``least`` bytes is answered after them: if that one is lost
/// too, the node is silent and nothing is learned about sizes.
struct PathState {
    /// What every way takes, bytes.
    static let least: UInt16 = 1280

    /// What the host at the other end takes, bytes.
    private(set) var taken = UInt16.max
    /// What is lost is larger than this, bytes; `nil` while nothing larger is known to be lost.
    private(set) var limit: UInt16?
    /// The size of which a probe was answered last.
    private(set) var confirmed: UInt16?
    /// When something is to be done; `nil` = not before there is traffic.
    private(set) var dueAt: Instant?
    private var probe: Probe?

    private struct Probe {
        let byteCount: UInt16
        let token: UInt64
        var tries = 0
    }

    /// A probe to be sent.
    struct Step {
        let byteCount: UInt16
        let token: UInt64
    }

    /// What limits packets beyond what routing says, bytes.
    var ceiling: UInt16 { min(taken, limit ?? .max) }

    /// Notes what the host at the other end takes.
    ///
    /// - Returns: Whether ``ceiling`` is another one now.
    mutating func take(_ byteCount: UInt16) -> Bool {
        let before = ceiling
        taken = max(byteCount, Self.least)
        return ceiling != before
    }

    /// There is traffic, or the way has become another one: what is known is to be found anew.
    mutating func restart(now: Instant) {
        limit = nil
        confirmed = nil
        probe = nil
        dueAt = now
    }

    /// There is traffic; probes begin if none were sent lately.
    mutating func wake(now: Instant) {
        if dueAt == nil { dueAt = now }
    }

    /// What is to be done now.
    ///
    /// - Parameters:
    ///   - target: The size that packets may have, bytes.
    ///   - isUsed: Whether there was traffic lately.
    ///   - token: Names a new probe.
    ///   - now: The present.
    /// - Returns: A probe to be sent, if any.
    mutating func due(target: UInt16, isUsed: Bool, token: UInt64, now: Instant) -> Step? {
        guard isUsed, target > Self.least else {
            probe = nil
            dueAt = nil
            return nil
        }
        if probe == nil || probe?.byteCount != target && probe?.byteCount != Self.least {
            probe = Probe(byteCount: target, token: token)
        }
        guard var probe else { return nil }
        if probe.tries >= EndToEndTimes.probeTries {
            guard probe.byteCount > Self.least else {
                self.probe = nil
                dueAt = now + EndToEndTimes.probeAfterSilence
                return nil
            }
            probe = Probe(byteCount: Self.least, token: token)
        }
        probe.tries += 1
        self.probe = probe
        dueAt = now + EndToEndTimes.probeGap
        return Step(byteCount: probe.byteCount, token: probe.token)
    }

    /// A probe arrived at the other end.
    ///
    /// - Returns: Whether it is the one under way; ``ceiling`` may be another one now.
    mutating func answered(_ token: UInt64, byteCount: UInt16, now: Instant) -> Bool {
        guard let probe, probe.token == token, probe.byteCount == byteCount else { return false }
        confirmed = byteCount
        limit = byteCount == Self.least ? Self.least : nil
        self.probe = nil
        dueAt = now + EndToEndTimes.probeInterval
        return true
    }
}
