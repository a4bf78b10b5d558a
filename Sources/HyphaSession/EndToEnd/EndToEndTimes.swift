// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// Intervals of end-to-end sessions, `Docs/protocol/hypha.md` sections 2 and 4.
package enum EndToEndTimes {
    /// Packets to a node that offers sessions and was never met wait so long for the handshake.
    package static let hold: Duration = .seconds(1)
    /// Base bodies under way are taken so long after a node was met.
    package static let grace: Duration = .seconds(5)
    /// Sending for so long without any answer brings a new handshake.
    package static let silence: Duration = .seconds(10)
    /// What was heard is answered by a keep-alive after so long, if by nothing else: the other end
    /// would take us for silent.
    package static let keepAlive: Duration = .seconds(5)
    /// Without data for so long a session is not rekeyed.
    package static let idle: Duration = .seconds(60)
    /// A subnet that nobody sends to is forgotten after so long, unless it has a session.
    package static let unused: Duration = .seconds(180)
    /// An attempt at a node that does not offer sessions ends after so long.
    package static let unmarkedAttempt: Duration = .seconds(3)
    /// Between probes of one size, and how many of them are lost before it is given up.
    static let probeGap: Duration = .seconds(2)
    static let probeTries = 5
    /// From the answer to a probe to the next one.
    package static let probeInterval: Duration = .seconds(600)
    /// From probes that told nothing to the next ones.
    static let probeAfterSilence: Duration = .seconds(60)
    /// Between messages with endpoint candidates to one node, and the least that is accepted.
    package static let candidatesTold: Duration = .seconds(60)
    static let candidatesHeard: Duration = .seconds(50)
    /// Between attempts that something else than a packet asks for, to one /64.
    package static let unasked: Duration = .seconds(1)
    /// Until the next attempt after a refusal for want of room.
    static let noRoom: Duration = .seconds(1)
    /// Events about one thing come once in so long.
    static let report: Duration = .seconds(60)

    /// From a failed attempt to the next one, while packets ask for it.
    package struct Gap: Sendable {
        /// After the first failure; doubles with each further one.
        package let first: Duration
        /// The longest.
        package let last: Duration

        /// After `failureCount` failures in a row, at least 1.
        package func after(_ failureCount: Int) -> Duration {
            var gap = first
            var failures = failureCount
            while failures > 1, gap < last {
                gap = gap + gap
                failures -= 1
            }
            return min(gap, last)
        }
    }

    /// For a node whose packets wait for a session.
    package static let gapHeld = Gap(first: .seconds(1), last: .seconds(60))
    /// For a node that offers sessions, while base bodies are used.
    package static let gapMarked = Gap(first: .seconds(10), last: .seconds(600))
    /// For a node that does not.
    package static let gapUnmarked = Gap(first: .seconds(60), last: .seconds(3600))
}
