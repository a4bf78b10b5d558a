// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaForwarding
import HyphaLink
import HyphaPeering
import HyphaRouting
package import HyphaSession
import HyphaWire

/// One whole node as one pure engine: routing, link monitor, peering and sealed links, joined.
///
/// A link is a stream in the base dialect at first, or comes over UDP; ``LinkEngine`` knows all that
/// is between Hypha nodes, and the rest of the node sees one neighbour (`Node+Links.swift`).
///
/// The life of a link: ``NodeInput/linkUp(_:_:)`` asks peering for a place; then routing sends the
/// first Update and the monitor plans the first Hello. The neighbour's own Update of metric 0 says
/// who is there, which peering needs. Silence, a lost interface, the driver or peering end it, and
/// all three forget it within one input.
///
/// Control packets are not rate-limited here. On a stream nothing is sent twice, so a dropped
/// Update would be missing for good; a full dump of a large mesh is as fast as a flood. What
/// bounds a flood instead: the packet path stops reading a link with 64 undelivered control
/// packets, so every link gets its turn; whatever an input costs, apart from its own handling, is
/// limited where it arises (IHU answers in ``LinkMonitor``, requests, searches and triggered
/// Updates in ``RoutingEngine``), and every table has a ceiling.
package struct Node<Crypto: SessionCryptography & ~Copyable>: ~Copyable {
    /// Own router id.
    package let identity: RouterID
    var routing: RoutingEngine<SplitMix64>
    var monitor: LinkMonitor<SplitMix64>
    var peering: PeeringEngine<SplitMix64>
    var sealed: LinkEngine<Crypto, SplitMix64>
    var sessions: EndToEndEngine<Crypto, SplitMix64>
    /// Answers to handshakes from end to end that wait for a route, and routes to be asked for.
    var heldAnswers = HeldAnswers()
    var answerSearches: [Prefix] = []
    /// The greatest timestamp handed out to be kept.
    var keptTimestamp: TAI64N?
    /// Whether this node speaks anything but the base protocol.
    let hasExtensions: Bool
    /// Whether the network has a key: nothing is said in clear.
    let isPrivate: Bool
    /// Where this node takes datagrams, 0 = nowhere.
    let udpPort: UInt16
    /// Whether nodes are linked to directly where they say that they may be reached.
    let makesDirectLinks: Bool
    /// `udp://` peers being dialled, with the addresses still to be tried.
    var datagramDials: [DialID: DatagramDial] = [:]
    /// The link that each prefix is selected through, and how many each link has.
    var selected: [Prefix: LinkID] = [:]
    var selectedCounts: [LinkID: Int] = [:]
    /// Control packets for sealed links, and links whose use changed: for the end of the input.
    var sealedControl: [SealedControl] = []
    var changedUse: [LinkID] = []
    var links = LinkTable<NodeLink>()
    private(set) var interfaces: [NetworkInterfaceDescription] = []
    var outputs = OutputQueue<NodeOutput>()
    var ownCounters = NodeCounters()

    /// One link, as far as no engine keeps it.
    struct NodeLink {
        var description: LinkDescription
        let since: Instant
        /// Routing and monitor know it.
        var isUp = false
        /// Control packets go over the sealed link.
        var isSealed = false
        /// Routing does not know it, because it is about to be sealed.
        var awaitsUpgrade = false
        /// The greatest inner packet that it takes whole, bytes; of sealed links only.
        var pathMTU: UInt16?
        /// The authenticated key.
        var key: PublicKey?
        var routerID: RouterID?
        var controlReceived: UInt64 = 0
        var controlSent: UInt64 = 0

        /// Whether routes said in clear count for nothing.
        var isWorthlessInClear: Bool { isSealed || awaitsUpgrade }
    }

    /// - Parameters:
    ///   - configuration: Peers, discovery, ceilings.
    ///   - identity: Own router id, its random part drawn anew for each start.
    ///   - crypto: What handshakes of links need; has the identity's key.
    ///   - sessionCrypto: The same for sessions between two nodes.
    ///   - random: Seeds the engines' own generators; not used afterwards.
    ///   - clock: The wall clock, and the last timestamp of earlier lives.
    ///   - now: The present instant.
    package init(
        configuration: NodeConfiguration,
        identity: RouterID,
        crypto: consuming Crypto,
        sessionCrypto: consuming Crypto,
        random: some RandomNumberGenerator,
        clock: NodeClock,
        now: Instant
    ) {
        var random = random
        self.identity = identity
        hasExtensions = configuration.hasExtensions
        isPrivate = configuration.link.isPrivate
        udpPort = configuration.handshake.udpPort
        var peeringConfiguration = configuration.peering
        peeringConfiguration.makesDirectLinks =
            configuration.peering.makesDirectLinks && configuration.hasExtensions
            && configuration.link.hasDatagrams
        makesDirectLinks = peeringConfiguration.makesDirectLinks
        routing = RoutingEngine(
            configuration: configuration.routing,
            identity: identity,
            random: SplitMix64(seed: random.next()),
            now: now
        )
        monitor = LinkMonitor(random: SplitMix64(seed: random.next()))
        peering = PeeringEngine(
            configuration: peeringConfiguration,
            identity: identity,
            random: SplitMix64(seed: random.next()),
            now: now
        )
        let handshakes = HandshakeEngine<Crypto, SplitMix64>(
            configuration: configuration.handshake,
            crypto: crypto,
            random: SplitMix64(seed: random.next()),
            wallClock: clock.wallClock,
            persisted: clock.persisted,
            now: now
        )
        sealed = LinkEngine(
            configuration: configuration.link,
            handshakes: handshakes,
            random: SplitMix64(seed: random.next())
        )
        sessions = EndToEndEngine(
            configuration: EndToEndConfiguration(
                handshake: configuration.handshake,
                requiresSessions: configuration.requiresSessions
            ),
            crypto: sessionCrypto,
            random: SplitMix64(seed: random.next()),
            wallClock: clock.wallClock,
            persisted: clock.persisted,
            now: now
        )
    }
}

extension Node where Crypto: ~Copyable {
    // MARK: - Inputs

    /// Takes one input; total in every state.
    package mutating func handle(_ input: NodeInput, now: Instant) {
        invariant(outputs.isEmpty, "drain outputs before the next input")
        switch input {
        case .start:
            beginSessions()
            tellPeering(.start, now: now)
        case .linkUp(let link, let description): linkUp(link, description, now: now)
        case .linkDown(let link): drop(link, .ended, now: now)
        case .control(let link, let tlv): receiveInClear(tlv, from: link, now: now)
        case .dialFailed(let dial, let failure):
            tellPeering(.dialFailed(dial, failure), now: now)
        case .dialDatagram(let dial, let addresses, let key):
            dialDatagram(dial, addresses, key: key, now: now)
        case .carrier(let event): takeCarrierEvent(event, now: now)
        case .session(let event): takeSessionEvent(event, now: now)
        case .remember(let nodes): tellSessions(.remember(nodes), now: now)
        case .forget(let address): tellSessions(.forget(address), now: now)
        case .routeMTU(let link, let bytes): tellSealed(.routeMTU(link, bytes), now: now)
        case .activity(let activity): tellSealed(.activity(activity), now: now)
        case .stop: tellSealed(.closeAll(.shutdown), now: now)
        case .beacon(let beacon, let source):
            tellPeering(.beacon(beacon, from: source), now: now)
        case .interfaces(let list): updateInterfaces(list, now: now)
        case .search(let prefix, let cause):
            tellRouting(.search(prefix, cause: cause), now: now)
        case .refresh(let prefix): tellRouting(.refresh(prefix), now: now)
        case .addPeer(let endpoint): tellPeering(.addPeer(endpoint), now: now)
        case .removePeer(let endpoint): tellPeering(.removePeer(endpoint), now: now)
        case .timer: runTimers(now: now)
        }
        searchForAnswers(now: now)
        flushSealed(now: now)
    }

    /// Whether a connection just accepted from `remote` may become a link; a refusal is counted
    /// and the driver closes the connection without a word.
    package mutating func admits(inboundFrom remote: SocketAddress, now: Instant) -> Bool {
        peering.admits(inboundFrom: remote, now: now)
    }

    // MARK: - Outputs

    /// The next thing to do; called until `nil` after every input.
    package mutating func nextOutput() -> NodeOutput? { outputs.popFirst() }

    // MARK: - Timer

    /// When ``NodeInput/timer`` is due; now and then it comes early and does nothing.
    package func nextDeadline() -> Deadline? {
        Deadline.earlier(
            Deadline.earlier(routing.nextDeadline(), sealed.nextDeadline()),
            Deadline.earlier(
                sessions.nextDeadline(),
                Deadline.earlier(monitor.nextDeadline(), peering.nextDeadline())
            )
        )
    }

    // MARK: - Getters

    /// Events since the start, those of the engines included.
    package var counters: NodeCounters {
        var counters = ownCounters
        counters.peering = peering.counters
        counters.routing = routing.counters
        counters.link = sealed.counters
        counters.handshake = sealed.handshakeCounters
        counters.session = sessions.counters
        counters.sessionHandshake = sessions.handshakeCounters
        counters.answersHeld = heldAnswers.heldCount
        counters.answersReleased = heldAnswers.releasedCount
        counters.answersDropped = heldAnswers.droppedCount
        return counters
    }

    // MARK: - Links

    private mutating func linkUp(_ link: LinkID, _ description: LinkDescription, now: Instant) {
        invariant(links[link] == nil, "a link id is never used again")
        ownCounters.linksUp &+= 1
        links[link] = NodeLink(description: description, since: now)
        tellPeering(.linkUp(link, description), now: now)
        guard links.index(of: link) != nil else { return }
        let isSilent = isPrivate || description.pinnedKey != nil
        if !isSilent { start(link, now: now) }
        guard hasExtensions else { return }
        tellSealed(
            .streamUp(
                link,
                isDialler: description.origin != .inbound,
                remote: description.remote,
                local: description.local,
                pinnedKey: description.pinnedKey
            ),
            now: now
        )
    }

    /// Makes a link known to monitor and routing.
    mutating func start(_ link: LinkID, now: Instant) {
        guard let index = links.index(of: link), !links[index: index].isUp else { return }
        links[index: index].isUp = true
        let staticCost = Metric.staticCost(ofTCPTo: links[index: index].description.remote)
        tellMonitor(.linkUp(link, staticCost: staticCost), now: now)
        if links[link]?.isSealed == true { tellMonitor(.watchedElsewhere(link), now: now) }
        startRouting(link, now: now)
    }

    /// Makes a link known to routing, at first or anew.
    mutating func startRouting(_ link: LinkID, now: Instant) {
        let isConfigured =
            switch peering.peer(of: link) {
            case .endpoint: true
            case .discovered, .direct, nil: false
            }
        let cost = monitor.cost(of: link) ?? .finiteMax
        let isExtended = links[link]?.isSealed ?? false
        tellRouting(
            .linkUp(link, cost: cost, isConfigured: isConfigured, isExtended: isExtended),
            now: now
        )
        if let pathMTU = links[link]?.pathMTU { tellRouting(.linkPathMTU(link, pathMTU), now: now) }
    }

    /// Forgets a link everywhere; closes it unless the driver did.
    mutating func drop(_ link: LinkID, _ end: LinkEnd, now: Instant) {
        guard let state = links[link] else { return }
        links[link] = nil
        if case .closed(let reason) = end, !state.isSealed {
            outputs.append(.close(link, reason))
        }
        if let key = state.routerID?.publicKey {
            outputs.append(
                .event(.peerDown(link, remote: state.description.remote, key, end))
            )
        }
        if hasExtensions, sealed.snapshot(of: link) != nil {
            // The farewell goes first, then the packet path forgets the link.
            if case .closed = end { tellSealed(.close(link, .unspecified), now: now) }
            tellSealed(.streamDown(link), now: now)
        }
        if case .closed = end, state.isSealed { outputs.append(.linkGone(link)) }
        if state.isUp {
            tellMonitor(.linkDown(link), now: now)
            if !state.awaitsUpgrade { tellRouting(.linkDown(link), now: now) }
        }
        tellPeering(.linkDown(link), now: now)
        if state.isSealed, let key = state.key {
            sealedLinkGone(key, now: now)
            noteCandidates(now: now)
        }
    }

    /// On a stream that is or will be upgraded nothing in clear is believed: the neighbour says it
    /// again under seal.
    private mutating func receiveInClear(_ tlv: ControlTLV, from link: LinkID, now: Instant) {
        let isWorthless =
            switch tlv {
            case .hello, .ihu: links[link]?.isSealed ?? false
            case .update, .routeRequest, .seqnoRequest: links[link]?.isWorthlessInClear ?? false
            }
        guard !isWorthless else {
            ownCounters.controlInClear &+= 1
            return
        }
        receive(tlv, from: link, now: now)
    }

    mutating func receive(_ tlv: ControlTLV, from link: LinkID, now: Instant) {
        guard let index = links.index(of: link) else {
            ownCounters.controlFromUnknownLinks &+= 1
            return
        }
        links[index: index].controlReceived &+= 1
        ownCounters.controlReceived &+= 1
        switch tlv {
        case .hello: tellMonitor(.hello(from: link), now: now)
        case .ihu: tellMonitor(.ihu(from: link), now: now)
        case .update(let update):
            guard mayAnnounce(update, now: now) else { return }
            if links[index: index].routerID == nil { identify(link, by: update, now: now) }
            guard let state = links[link], !state.awaitsUpgrade else { return }
            tellRouting(.update(update, from: link), now: now)
        case .routeRequest(let request):
            tellRouting(.routeRequest(request, from: link), now: now)
        case .seqnoRequest(let request):
            tellRouting(.seqnoRequest(request, from: link), now: now)
        }
    }

    /// An Update of metric 0 for the subnet of the key that it names comes from that node itself.
    private mutating func identify(_ link: LinkID, by update: Update, now: Instant) {
        let key = update.routerID.publicKey
        guard update.metric == .zero, case .ipv6(let prefix) = update.prefix,
            prefix == Prefix(subnetOf: IPv6Address(derivedFrom: key))
        else { return }
        // On a sealed link the handshake has said who is there.
        if let proven = links[link]?.key, proven != key { return }
        tellPeering(.linkIdentified(link, update.routerID), now: now)
        // Peering may have closed the link: it could be our own other end.
        guard let index = links.index(of: link) else { return }
        links[index: index].routerID = update.routerID
        let remote = links[index: index].description.remote
        outputs.append(.event(.peerUp(link, remote: remote, key)))
        if hasExtensions, !links[index: index].isSealed, update.routerID.isHypha {
            tellSealed(.identified(link, update.routerID), now: now)
        }
    }

    /// A link whose local address was on an interface that is up, and no longer is, dies at once.
    private mutating func updateInterfaces(
        _ list: [NetworkInterfaceDescription],
        now: Instant
    ) {
        let before = interfaces
        interfaces = list
        for link in links.links {
            guard let local = links[link]?.description.local.host,
                before.contains(where: { $0.isUp && $0.holds(local) }),
                !list.contains(where: { $0.isUp && $0.holds(local) })
            else { continue }
            ownCounters.linksLostInterface &+= 1
            // Its datagrams may have another way, and the engine knows whether they do.
            if links[link]?.isSealed == true {
                tellSealed(.streamDown(link), now: now)
                continue
            }
            drop(link, .closed(.interfaceDown), now: now)
        }
        tellPeering(.interfaces(list), now: now)
        if hasExtensions {
            let hosts = list.filter(\.isUp).flatMap(\.addresses)
            tellSealed(.localAddresses(hosts), now: now)
            noteCandidates(now: now)
        }
    }

    private mutating func runTimers(now: Instant) {
        if let due = routing.nextDeadline(), due.instant <= now { tellRouting(.timer, now: now) }
        if let due = monitor.nextDeadline(), due.instant <= now { tellMonitor(.timer, now: now) }
        if let due = peering.nextDeadline(), due.instant <= now {
            noteDirectUse(now: now)
            tellPeering(.timer, now: now)
        }
        if let due = sealed.nextDeadline(), due.instant <= now { tellSealed(.timer, now: now) }
        if let due = sessions.nextDeadline(), due.instant <= now { tellSessions(.timer, now: now) }
    }

    // MARK: - Engines

    mutating func tellRouting(_ input: RoutingInput, now: Instant) {
        routing.handle(input, now: now)
        while let output = routing.nextOutput() {
            switch output {
            case .transmit(let link, let tlv): transmit(tlv, to: link)
            case .route(let prefix, let state):
                let forwarding = state.map { ForwardingState($0, isExtended: hasExtensions) }
                outputs.append(.forwarding(prefix, forwarding))
                noteSelection(prefix, state)
                noteReachability(prefix, state, now: now)
            case .searchFailed(let prefix):
                outputs.append(.searchFailed(prefix))
                heldAnswers.drop(prefix)
            case .event(let event): outputs.append(.event(.routing(event)))
            }
        }
    }

    mutating func tellMonitor(_ input: LinkMonitorInput, now: Instant) {
        monitor.handle(input, now: now)
        // Taken out first, because what they lead to may come back to the monitor.
        var pending: [LinkMonitorOutput] = []
        while let output = monitor.nextOutput() { pending.append(output) }
        for output in pending {
            switch output {
            case .transmit(let link, let tlv): transmit(tlv, to: link)
            case .linkCost(let link, let cost):
                // Routing asks for the cost when it gets to know the link.
                guard let state = links[link], !state.awaitsUpgrade else { continue }
                tellRouting(.linkCost(link, cost), now: now)
            case .linkDead(let link):
                ownCounters.linksSilent &+= 1
                drop(link, .closed(.silent), now: now)
            }
        }
    }

    mutating func tellPeering(_ input: PeeringInput, now: Instant) {
        peering.handle(input, now: now)
        // Taken out first, because what they lead to may come back to peering.
        var pending: [PeeringOutput] = []
        while let output = peering.nextOutput() { pending.append(output) }
        for output in pending {
            switch output {
            case .dial(let dial, let endpoint): outputs.append(.dial(dial, endpoint))
            case .dialAddress(let dial, let address):
                outputs.append(.dialAddress(dial, address))
            case .probe(let dial, let endpoints, let key):
                probe(dial, endpoints, key, now: now)
            case .cancelDial(let dial):
                if !cancelDatagramDial(dial, now: now) { outputs.append(.cancelDial(dial)) }
            case .close(let link, let reason): drop(link, .closed(reason), now: now)
            case .sendBeacon(let index, let beacon):
                outputs.append(.sendBeacon(interfaceIndex: index, beacon))
            case .setDiscoveryMembership(let indexes):
                outputs.append(.setDiscoveryMembership(interfaceIndexes: indexes))
            case .event(let event): outputs.append(.event(.peering(event)))
            }
        }
    }

    /// Hands a control packet out; one for a link that died within the same input is left out.
    private mutating func transmit(_ tlv: ControlTLV, to link: LinkID) {
        guard let index = links.index(of: link) else { return }
        links[index: index].controlSent &+= 1
        ownCounters.controlSent &+= 1
        if links[index: index].isSealed {
            transmitSealed(tlv, to: link)
        } else {
            outputs.append(.transmit(link, tlv))
        }
    }
}
