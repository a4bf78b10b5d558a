// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// Whether data flows over a link, as the packet path says without being asked again and again.
///
///     flowing --5 s--> watched --5 s without a frame--> at rest
///        ^                | a frame of data                | a frame of data
///        +----------------+--------------------------------+
///
/// The packet path is told to say when the next frame of data comes (``CarrierCommand/watch(_:)``),
/// and says it once (``CarrierEvent/traffic(_:)``). So a link that carries something costs one word
/// in 5 s, and one that carries nothing costs none and still wakes with its first frame.
struct TrafficWatch: Hashable, Sendable {
    private var state: State
    /// When something was last known to flow.
    let flowedAt: Instant

    private enum State: Hashable, Sendable {
        /// Something has flowed at this time, or later.
        case flowing(since: Instant)
        /// The packet path watches since then.
        case watched(since: Instant)
        /// Nothing has flowed for a while, and the packet path still watches.
        case atRest
    }

    /// What ``poll(now:)`` wants.
    enum Step: Hashable, Sendable {
        /// Let the packet path say when data comes.
        case watch
        /// The link came to rest.
        case rest
    }

    /// From a frame of data to the question whether there are more.
    static let flowing: Duration = .seconds(5)
    /// Without any more for so long a link is at rest.
    static let watched: Duration = .seconds(5)

    /// - Parameter now: When the link came up, which counts as traffic.
    init(now: Instant) {
        state = .flowing(since: now)
        flowedAt = now
    }

    var isAtRest: Bool { state == .atRest }

    /// What to do now; called when ``deadline`` is due.
    mutating func poll(now: Instant) -> Step? {
        guard let due = deadline, due <= now else { return nil }
        switch state {
        case .flowing:
            state = .watched(since: now)
            return .watch
        case .watched:
            state = .atRest
            return .rest
        case .atRest: return nil
        }
    }

    /// When ``poll(now:)`` has something to do, `nil` for never.
    var deadline: Instant? {
        switch state {
        case .flowing(let since): since + Self.flowing
        case .watched(let since): since + Self.watched
        case .atRest: nil
        }
    }
}
