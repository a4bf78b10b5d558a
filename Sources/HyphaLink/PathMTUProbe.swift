// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What ``PathMTUProbe/poll(now:roundTrip:isBusy:token:)`` wants.
package enum PathMTUStep: Hashable, Sendable {
    /// Send an MTU probe with this token, padded to a frame of so many bytes.
    case probe(token: UInt64, frameByteCount: Int)
    /// ``PathMTUProbe/confirmed`` changed.
    case changed
}

/// The largest UDP payload that a path carries, found without ICMP (RFC 8899,
/// `Docs/protocol/hypha.md` section 3.3).
///
/// It starts at 1232, which is taken to work, tries what the interface allows at once, and then
/// bisects. What was found is confirmed every 600 s, and every second while the link is busy: a
/// path that begins to swallow large frames shows as nothing but a transfer that stands still, and
/// a probe a second costs less than a thousandth of what is being sent. A size is given up after
/// ``triesMax`` unanswered probes (RFC 8899 says 3; with 20 % of all frames lost each way three
/// would fail falsely one time in twenty, five one in a hundred and sixty). Then 1232 is used at
/// once, and the search starts again after a while.
package struct PathMTUProbe: Hashable, Sendable {
    /// The largest payload known to be carried, bytes.
    package private(set) var confirmed = Limits.datagramPayloadMin
    private var ceiling: Int
    private var state: State
    private var outstanding: [UInt64] = []
    private var sentAt: Instant = .zero
    private var confirmedAt: Instant
    private var fallbacks = 0

    private enum State: Hashable, Sendable {
        /// Probing `size`; everything above `high` is known or taken not to be carried.
        case searching(size: Int, high: Int)
        case confirming
        /// Nothing to find until `searchAt`.
        case settled(searchAt: Instant)
    }

    /// Unanswered probes of one size before it counts as not carried.
    package static let triesMax = 5
    /// The search stops when it knows the answer to within so many bytes.
    package static let precisionBytes = 16
    /// Between confirmations of a link that is not busy.
    package static let confirmIdle: Duration = .seconds(600)
    /// Between confirmations of a busy link.
    package static let confirmBusy: Duration = .seconds(1)
    private static let timeoutMin: Duration = .milliseconds(150)
    private static let searchAgainMin: Duration = .seconds(10)
    private static let searchAgainMax: Duration = .seconds(600)

    /// - Parameters:
    ///   - ceiling: UDP payload that the route's interface allows, bytes; clamped.
    ///   - now: When the carrier came up.
    package init(ceiling: Int, now: Instant) {
        self.ceiling = Self.clamp(ceiling)
        confirmedAt = now
        state = .settled(searchAt: now)
        startSearch()
    }

    /// The UDP payload that fits into an IP packet of `mtuBytes`.
    package static func payload(mtuBytes: Int, isIPv4: Bool) -> Int {
        clamp(mtuBytes - (isIPv4 ? 28 : 48))
    }

    /// Takes a new limit of the interface; a larger one is tried at once.
    ///
    /// - Returns: Whether ``confirmed`` changed.
    package mutating func limit(to ceiling: Int) -> Bool {
        let ceiling = Self.clamp(ceiling)
        guard ceiling != self.ceiling else { return false }
        self.ceiling = ceiling
        let before = confirmed
        confirmed = min(confirmed, ceiling)
        fallbacks = 0
        startSearch()
        return confirmed != before
    }

    /// Begins anew on another path (the neighbour moved): 1232 until more is known.
    ///
    /// - Returns: Whether ``confirmed`` changed.
    package mutating func restart(now: Instant) -> Bool {
        let before = confirmed
        confirmed = Limits.datagramPayloadMin
        confirmedAt = now
        fallbacks = 0
        startSearch()
        return confirmed != before
    }

    /// Takes the answer to an MTU probe.
    ///
    /// - Parameters:
    ///   - token: The answer's token.
    ///   - receivedByteCount: The frame's size as it arrived.
    ///   - now: When.
    /// - Returns: Whether ``confirmed`` changed.
    package mutating func answered(
        token: UInt64,
        receivedByteCount: Int,
        now: Instant
    ) -> Bool {
        guard outstanding.contains(token) else { return false }
        switch state {
        case .searching(let size, let high):
            guard receivedByteCount >= size else { return false }
            confirmed = size
            confirmedAt = now
            advance(high: high, now: now)
            return true
        case .confirming:
            guard receivedByteCount >= confirmed else { return false }
            confirmedAt = now
            outstanding = []
            state = .settled(searchAt: nextSearch(now: now))
            return false
        case .settled:
            return false
        }
    }

    /// What to do now; called until `nil` when ``deadline(roundTrip:isBusy:)`` is due.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - roundTrip: Of this carrier.
    ///   - isBusy: Whether much was sent lately.
    ///   - token: Drawn at random, for the probe if there is one.
    /// - Returns: The step, `nil` when there is none.
    package mutating func poll(
        now: Instant,
        roundTrip: RoundTripEstimate,
        isBusy: Bool,
        token: UInt64
    ) -> PathMTUStep? {
        guard let due = deadline(roundTrip: roundTrip, isBusy: isBusy), due <= now else {
            return nil
        }
        switch state {
        case .searching(let size, _):
            guard outstanding.count >= Self.triesMax else {
                return probe(size, token: token, now: now)
            }
            advance(high: size - 1, now: now)
            return poll(now: now, roundTrip: roundTrip, isBusy: isBusy, token: token)
        case .confirming:
            guard outstanding.count >= Self.triesMax else {
                return probe(confirmed, token: token, now: now)
            }
            confirmed = Limits.datagramPayloadMin
            fallbacks += 1
            outstanding = []
            var wait = Self.searchAgainMin
            for _ in 1..<max(2, fallbacks) where wait < Self.searchAgainMax { wait = wait * 2 }
            state = .settled(searchAt: now + min(wait, Self.searchAgainMax))
            return .changed
        case .settled(let searchAt):
            if searchAt <= now {
                startSearch()
            } else {
                state = .confirming
                outstanding = []
            }
            return poll(now: now, roundTrip: roundTrip, isBusy: isBusy, token: token)
        }
    }

    /// When ``poll(now:roundTrip:isBusy:token:)`` has something to do, `nil` for never.
    package func deadline(roundTrip: RoundTripEstimate, isBusy: Bool) -> Instant? {
        switch state {
        case .searching, .confirming:
            guard !outstanding.isEmpty else { return confirmedAt }
            return sentAt + max(Self.timeoutMin, roundTrip.timeout)
        case .settled(let searchAt):
            guard confirmed > Limits.datagramPayloadMin else {
                return ceiling > confirmed ? searchAt : nil
            }
            let confirmAt = confirmedAt + (isBusy ? Self.confirmBusy : Self.confirmIdle)
            return min(searchAt, confirmAt)
        }
    }

    // MARK: - Private

    private mutating func startSearch() {
        outstanding = []
        state =
            ceiling > confirmed
            ? .searching(size: ceiling, high: ceiling) : .settled(searchAt: .distantFuture)
    }

    private mutating func advance(high: Int, now: Instant) {
        outstanding = []
        if high - confirmed < Self.precisionBytes {
            state = .settled(searchAt: nextSearch(now: now))
        } else {
            state = .searching(size: (confirmed + high + 1) / 2, high: high)
        }
    }

    /// A path that carries less than the interface may get better: looked at with the next
    /// regular confirmation.
    private func nextSearch(now: Instant) -> Instant {
        confirmed >= ceiling ? .distantFuture : now + Self.confirmIdle
    }

    private mutating func probe(_ size: Int, token: UInt64, now: Instant) -> PathMTUStep {
        outstanding.append(token)
        sentAt = now
        return .probe(token: token, frameByteCount: size)
    }

    private static func clamp(_ payload: Int) -> Int {
        min(max(payload, Limits.datagramPayloadMin), Limits.datagramPayloadMax)
    }
}
