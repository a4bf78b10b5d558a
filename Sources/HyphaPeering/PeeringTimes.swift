// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// Intervals of peering; the base's are in its section 5.7, the rest is ours.
package enum PeeringTimes {
    // MARK: - Links

    /// From link start to the first Hello, when the exchange of routes of a new link is over.
    ///
    /// A cost that falls from its initial 1000 in the middle of it would lower feasibility
    /// distances at once and make the other ways that are just being told of infeasible.
    static let firstHello: ClosedRange<Duration> = .seconds(5) ... .seconds(6)
    /// Between Hellos; base nodes expect 20 s.
    static let helloGap: ClosedRange<Duration> = .seconds(19) ... .seconds(20)
    /// Without an IHU for so long a link is dead.
    package static let linkDead: Duration = .seconds(43)
    /// A link that lived for so long counts as a success when it ends, a shorter one as a failure,
    /// so that a host which accepts and closes at once is not redialled at full speed for ever.
    static let linkProven: Duration = .seconds(10)
    /// An inbound link without a valid first Update is closed after so long.
    static let identification: Duration = .seconds(60)
    /// The same where inbound slots are scarce.
    static let identificationWhenScarce: Duration = .seconds(10)

    // MARK: - Dials

    /// Between dials of a static peer in the first minute after start or loss.
    static let redial: Duration = .milliseconds(500)
    /// How long that lasts.
    static let redialEager: Duration = .seconds(60)
    /// No static peer waits longer, jitter included.
    static let redialMax: Duration = .seconds(5)
    /// Before each dial of a discovered peer, by consecutive failures; then it is forgotten.
    static let redialDiscovered: [Duration] = [.milliseconds(500), .seconds(2), .seconds(5)]
    /// After a dial that reached ourselves.
    static let redialOurselves: Duration = .seconds(60)
    /// A dial without an answer is given up; the daemon's own limit of 5 s for TCP and the 20 s of
    /// a handshake come first.
    static let dialGuard: Duration = .seconds(30)

    // MARK: - Direct links

    /// Packets through sessions with a node are counted for so long.
    static let directWindow: Duration = .seconds(10)
    /// From one try of a node to the next, at least; doubles with each failure up to the longest.
    package static let directRetry: Duration = .seconds(60)
    package static let directRetryMax: Duration = .seconds(3600)
    /// From a refusal at a ceiling to the next try.
    static let directPostponed: Duration = .seconds(10)
    /// A direct link without data for so long is closed.
    package static let directIdle: Duration = .seconds(300)
    /// Between looks at whether routing prefers one; its cost is known after the first Hello.
    package static let directReview: Duration = .seconds(30)
    /// One that lived for so long was a success.
    static let directProven: Duration = .seconds(240)

    // MARK: - Discovery

    /// Between beacons; base section 2.9 says 60 s, the jitter only shortens.
    static let beaconGap: ClosedRange<Duration> = .seconds(54) ... .seconds(60)
    /// The larger public key leaves the smaller one so long to dial first, and only if our own
    /// beacon is not older than this: otherwise the other node would have dialled already.
    static let dialCourtesy: Duration = .seconds(2)

    // MARK: - Reports

    /// Events about a ceiling come once in so long.
    static let report: Duration = .seconds(60)
}
