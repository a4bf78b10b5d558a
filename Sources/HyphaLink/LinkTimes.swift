// SPDX-License-Identifier: Apache-2.0

/// Intervals of links that belong to no part of their own.
enum LinkTimes {
    /// A stream whose ends both offer sealed links is used in clear only after so long without.
    static let upgradePatience: Duration = .seconds(3)
    /// From a failed upgrade of a stream to the next.
    static let upgradeAgain: Duration = .seconds(60)
    /// UDP is tried so long after a stream's upgrade by the end that dialled: at once it would
    /// overtake the first sealed frame of the stream and make a link of its own, with which the
    /// stream's were then merged and its first Updates lost.
    static let firstTry: Duration = .milliseconds(100)
    /// The same for the end that did not dial; the other one is the one that gets through NAT.
    static let courtesy: Duration = .seconds(3)
    /// Of two streams to one neighbour one is closed after so long (section 3.1).
    static let rivalry: Duration = .seconds(1)
    /// Something is sent at least this often where there is NAT; section 3.3 says 25 s.
    static let natKeepAlive: Duration = .seconds(20)
    /// Between looks at how much flows, while anything does.
    static let sample: Duration = .seconds(1)
    /// Between samples of the round trip of a carrier in use.
    static let roundTripSample: Duration = .seconds(10)
    /// An acknowledgement this much older than a new session shows that the neighbour's count
    /// cannot be at nothing any more, however late a frame arrives.
    static let acknowledgementSettled: Duration = .milliseconds(500)
    /// A neighbour that acknowledges what was never sent has so long to notice.
    static let contradiction: Duration = .seconds(1)
    /// Control waits at most so long (or two round trips) for the neighbour's after a new session.
    static let controlHeld: Duration = .milliseconds(300)
    /// So long after a new session a count that starts from nothing means a new neighbour.
    static let startedAnew: Duration = .seconds(10)

    /// Bytes a second, both ways together, from which on a link has traffic.
    static let trafficBytesPerSecond: UInt64 = 4096
    /// Bytes sent a second from which on a lost large frame is looked for.
    static let busyBytesPerSecond: UInt64 = 65_536
    /// A session this much older than the one over which a neighbour started anew is of its former
    /// life.
    static let formerLife: Duration = .seconds(2)
}
