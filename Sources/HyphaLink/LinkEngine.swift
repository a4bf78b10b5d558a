// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaSession
import HyphaWire

/// The links between this node and other Hypha nodes: below routing, above the packet path
/// (`Docs/protocol/hypha.md` sections 3.1 to 3.3).
///
/// All carriers to one key are one link, which is one routing neighbour. It is born
///
/// * as a stream in the base dialect, which the node owns and which is upgraded here once both ends
///   are known to be Hypha (``LinkOutput/upgraded(_:_:)``); UDP is then tried beside it;
/// * or on UDP (``LinkOutput/linkUp(_:_:_:dial:_:)``); a stream to the same neighbour joins it later
///   (``LinkOutput/merged(stream:into:)``).
///
/// The engine drives the handshakes of links, and of nothing else; it decides which carrier the
/// traffic goes over, which keys are used, how large datagrams are and when a link is dead. It
/// never sees traffic: the packet path hands over what concerns it (``CarrierEvent``) and
/// what it counted (``LinkActivity``, before each timer).
package struct LinkEngine<
    Crypto: SessionCryptography & ~Copyable,
    Random: RandomNumberGenerator
>: ~Copyable {
    var configuration: LinkConfiguration
    var handshakes: HandshakeEngine<Crypto, Random>
    var random: Random
    var links = LinkRecords()
    /// Links by authenticated key; never walked.
    var linksByKey: [PublicKey: LinkID] = [:]
    var sessions: [SessionIndex: SessionFacts] = [:]
    var attempts: [AttemptID: AttemptPurpose] = [:]
    var dials: [DialToken: AttemptID] = [:]
    var localAddresses: Set<SocketAddress.Host> = []
    var nextAttempt: UInt64 = 1
    var nextLink: UInt32
    /// The link whose session was confirmed last, for attempts that it supersedes.
    var lastConfirmed: LinkID?
    /// When it is looked at next how much flows; `nil` while all links are at rest.
    var sampleAt: Instant?
    var isClosed = false
    var outputs = OutputQueue<LinkOutput>()
    /// Events since the start.
    package internal(set) var counters = LinkCounters()

    /// - Parameters:
    ///   - configuration: How to behave.
    ///   - handshakes: The engine for the handshakes of links, fresh.
    ///   - random: Draws tokens and jitter; unpredictable in earnest.
    package init(
        configuration: LinkConfiguration,
        handshakes: consuming HandshakeEngine<Crypto, Random>,
        random: Random
    ) {
        self.configuration = configuration
        self.handshakes = handshakes
        self.random = random
        nextLink = configuration.firstLink.value
    }
}

extension LinkEngine where Crypto: ~Copyable {
    // MARK: - Inputs

    /// Takes one input; total in every state, unknown links are ignored.
    package mutating func handle(_ input: LinkInput, now: Instant) {
        invariant(outputs.isEmpty, "drain outputs before the next input")
        guard !isClosed else { return }
        switch input {
        case .streamUp(let link, let isDialler, let remote, _, let pinnedKey):
            streamUp(link, isDialler: isDialler, remote: remote, pinnedKey: pinnedKey, now: now)
        case .streamDown(let link): streamLost(link, errno: 0, now: now)
        case .identified(let link, let router): identified(link, router, now: now)
        case .dial(let token, let address, let key): dial(token, address, key: key, now: now)
        case .cancelDial(let token): cancelDial(token, now: now)
        case .probe(let token, let address, let key): probe(token, address, key: key, now: now)
        case .routeMTU(let link, let bytes): routeMTU(link, bytes, now: now)
        case .localAddresses(let hosts): setLocalAddresses(hosts)
        case .send(let link, let packet, let isReliable):
            send(link, packet, isReliable: isReliable, now: now)
        case .use(let link, let use):
            guard let at = links.index(of: link), links[at].use != use else { return }
            links[at].use = use
            links[at].wakeAt = .zero
            // Whoever wanted the route is about to send something.
            if use == .inUse, links[at].watch != nil { flowed(at, now: now) }
        case .close(let link, let code): close(link, code, now: now)
        case .closeAll(let code): closeAll(code, now: now)
        case .event(let event): handle(event, now: now)
        case .activity(let activity): take(activity, now: now)
        case .configure(let configuration): pass(.configure(configuration), now: now)
        case .wallClock(let clock): pass(.wallClock(clock), now: now)
        case .taken(let index): pass(.taken(index), now: now)
        case .free(let index): pass(.free(index), now: now)
        case .timer: runTimers(now: now)
        }
    }

    // MARK: - Outputs

    /// The next thing to do; called until `nil` after every input.
    package mutating func nextOutput() -> LinkOutput? { outputs.popFirst() }

    // MARK: - Timer

    /// When ``LinkInput/timer`` is due; now and then it comes early and does nothing.
    package func nextDeadline() -> Deadline? {
        guard !isClosed else { return nil }
        var due = handshakes.nextDeadline()
        let earliest = links.earliestWake
        guard links.count > 0 else { return due }
        due = Deadline.earlier(due, Deadline(earliest, "link"))
        return Deadline.earlier(due, sampleAt.map { Deadline($0, "traffic of links") })
    }

    // MARK: - Getters

    /// The state of a link, `nil` when it is unknown.
    package func snapshot(of link: LinkID) -> LinkSnapshot? {
        links.index(of: link).map { LinkSnapshot(links[$0]) }
    }

    /// All links, ascending.
    package var allLinks: [LinkID] { links.records.map(\.id) }

    /// The link to a neighbour with this authenticated key.
    package func link(to key: PublicKey) -> LinkID? { linksByKey[key] }

    /// Counters of the handshakes.
    package var handshakeCounters: HandshakeCounters { handshakes.counters }

    // MARK: - Shared by the parts

    mutating func command(_ command: CarrierCommand) { outputs.append(.command(command)) }

    mutating func begin(
        _ purpose: AttemptPurpose,
        _ path: HandshakePath,
        key: PublicKey?,
        now: Instant
    ) -> AttemptID {
        let attempt = AttemptID(nextAttempt)
        nextAttempt += 1
        attempts[attempt] = purpose
        pass(.initiate(attempt, path, key: key), now: now)
        return attempt
    }

    mutating func freshToken() -> UInt64 { UInt64.random(in: 1 ... .max, using: &random) }
}
