// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaWire

/// One link.
///
/// Not nested: a type inside a generic one has its layout looked up at run time.
private struct LinkState {
    let staticCost: Metric
    var average = RoundTripAverage()
    var cost: Metric
    var helloSeqno = Seqno(0)
    var nextHelloAt: Instant
    /// The most recent Hello, while no IHU has followed it.
    var helloSentAt: Instant?
    var aliveAt: Instant
    var answers = TokenBucket(perSecond: Limits.ihusPerSecond, burst: Limits.ihusBurst)
    var hellosSent: UInt64 = 0
    var ihusHeard: UInt64 = 0
    var hellosHeard: UInt64 = 0
    var hellosUnanswered: UInt64 = 0

    /// Whether somebody else finds out that the link is dead, and IHUs are only samples.
    var isWatchedElsewhere = false

    var deadAt: Instant { isWatchedElsewhere ? .distantFuture : aliveAt + PeeringTimes.linkDead }
}

/// Hello and IHU on every link: liveness and cost (base sections 5.6 and 5.7).
///
/// * A Hello goes out soon after link start (a base node answers any, so the true cost is known
///   early) and then every 19...20 s; the jitter only shortens, a base node expects 20 s.
/// * Each Hello heard is answered by one IHU at once, never is one sent unsolicited: it would be
///   measured against an older Hello. A flood is answered at ``Limits/ihusPerSecond``.
/// * A sample is the time from our most recent Hello to the first IHU after it; further IHUs show
///   life but give no sample. See ``RoundTripAverage`` for the smoothing.
/// * A link without an IHU for exactly 43 s is dead.
package struct LinkMonitor<Random: RandomNumberGenerator>: ~Copyable {
    private var states = LinkTable<LinkState>()
    private var outputs = OutputQueue<LinkMonitorOutput>()
    /// Not later than any link's next deadline; earlier is harmless, see ``nextDeadline()``.
    private var deadline: Deadline?
    private var random: Random

    /// - Parameter random: Draws the jitter of Hellos.
    package init(random: Random) { self.random = random }

    // MARK: - Inputs

    /// Takes one input; total in every state, unknown links are ignored.
    package mutating func handle(_ input: LinkMonitorInput, now: Instant) {
        invariant(outputs.isEmpty, "drain outputs before the next input")
        switch input {
        case .linkUp(let link, let staticCost): start(link, staticCost: staticCost, now: now)
        case .linkDown(let link): states[link] = nil
        case .watchedElsewhere(let link):
            guard let index = states.index(of: link) else { return }
            states[index: index].isWatchedElsewhere = true
        case .hello(let link): answer(link, now: now)
        case .ihu(let link): measure(link, now: now)
        case .timer: runTimers(now: now)
        }
    }

    // MARK: - Outputs

    /// The next thing to do; called until `nil` after every input.
    package mutating func nextOutput() -> LinkMonitorOutput? { outputs.popFirst() }

    // MARK: - Timer

    /// When ``LinkMonitorInput/timer`` is due; now and then it comes early and does nothing, since
    /// an IHU does not search all links for the new minimum.
    package func nextDeadline() -> Deadline? { states.count == 0 ? nil : deadline }

    // MARK: - Getters

    /// The cost of a link, `nil` when it is unknown.
    package func cost(of link: LinkID) -> Metric? { states[link]?.cost }

    /// The state of a link, `nil` when it is unknown.
    package func snapshot(of link: LinkID) -> LinkMonitorSnapshot? {
        guard let state = states[link] else { return nil }
        return LinkMonitorSnapshot(
            cost: state.cost,
            smoothedRoundTrip: state.average.isMeasured
                ? .microseconds(state.average.microseconds) : nil,
            aliveAt: state.aliveAt,
            hellosSent: state.hellosSent,
            ihusHeard: state.ihusHeard,
            hellosHeard: state.hellosHeard,
            hellosUnanswered: state.hellosUnanswered
        )
    }

    // MARK: - Private

    private mutating func start(_ link: LinkID, staticCost: Metric, now: Instant) {
        let average = RoundTripAverage()
        let state = LinkState(
            staticCost: staticCost,
            average: average,
            cost: average.cost(staticCost: staticCost),
            nextHelloAt: now + random.duration(in: PeeringTimes.firstHello),
            aliveAt: now
        )
        states[link] = state
        deadline = Deadline.earlier(deadline, Self.deadline(of: state))
    }

    private mutating func answer(_ link: LinkID, now: Instant) {
        guard let index = states.index(of: link) else { return }
        states[index: index].hellosHeard &+= 1
        guard states[index: index].answers.take(now: now) else {
            states[index: index].hellosUnanswered &+= 1
            return
        }
        outputs.append(.transmit(link, .ihu(IHU(rxCost: states[index: index].cost))))
    }

    private mutating func measure(_ link: LinkID, now: Instant) {
        guard let index = states.index(of: link) else { return }
        states[index: index].ihusHeard &+= 1
        states[index: index].aliveAt = now
        guard let sentAt = states[index: index].helloSentAt else { return }
        states[index: index].helloSentAt = nil
        states[index: index].average.add(now.elapsed(since: sentAt))
        let cost = states[index: index].average.cost(
            staticCost: states[index: index].staticCost
        )
        guard cost != states[index: index].cost else { return }
        states[index: index].cost = cost
        outputs.append(.linkCost(link, cost))
    }

    private mutating func runTimers(now: Instant) {
        guard let due = deadline, due.instant <= now else { return }
        for link in states.links {
            guard let index = states.index(of: link) else { continue }
            if states[index: index].deadAt <= now {
                states[link] = nil
                outputs.append(.linkDead(link))
            } else if states[index: index].nextHelloAt <= now {
                sendHello(link, index, now: now)
            }
        }
        deadline = nil
        for link in states.links {
            guard let index = states.index(of: link) else { continue }
            deadline = Deadline.earlier(deadline, Self.deadline(of: states[index: index]))
        }
    }

    private mutating func sendHello(_ link: LinkID, _ index: Int, now: Instant) {
        let seqno = states[index: index].helloSeqno
        outputs.append(.transmit(link, .hello(Hello(seqno: seqno))))
        states[index: index].helloSeqno = seqno.advanced(by: 1)
        states[index: index].helloSentAt = now
        states[index: index].hellosSent &+= 1
        states[index: index].nextHelloAt = now + random.duration(in: PeeringTimes.helloGap)
    }

    private static func deadline(of state: LinkState) -> Deadline {
        state.deadAt < state.nextHelloAt
            ? Deadline(state.deadAt, "link dead") : Deadline(state.nextHelloAt, "Hello")
    }
}
