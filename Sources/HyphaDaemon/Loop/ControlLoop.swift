// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaControl
import HyphaCrypto
import HyphaDataPlane
import HyphaLinux
import HyphaNode
import HyphaPeering
import HyphaSession
import HyphaWire

/// The control plane: one thread, one event loop, around the pure ``Node``.
///
/// A turn: wait for descriptors or the next deadline, read the clock once, turn what happened into
/// inputs of the node, carry out its outputs after each, and hand the packet path everything that
/// came together in one batch. Nothing here waits for anything else, and nothing decides: what to
/// do about an event is the node's business.
struct ControlLoop: ~Copyable {
    var settings: NodeSettings
    let identity: NodeIdentity
    let log: Logger
    let startedAt: Instant
    var now: Instant

    private let place: NodePlace
    var node: Node<NoiseCryptography> {
        _read { yield place.node }
        _modify { yield &place.node }
    }
    let dataPlane: DataPlane
    var batch = DataPlane.Batch()
    /// Inputs that came up while outputs were carried out.
    var pending: [NodeInput] = []

    var poller: Poller
    var polled = PollEvents()
    let signals: SignalDescriptor
    let monitor: NetworkMonitor
    var netlink: Netlink
    let resolver: Resolver
    let discovery: DiscoverySocket?
    var memberships: [UInt32] = []
    /// As listed last.
    var interfaces: [NetworkInterface] = []
    let service: ServiceManager
    let tunnel: Tunnel.Description?

    /// Names being resolved, for the dials that wait for them.
    var resolving: [DialID: Endpoint] = [:]
    /// UDP sockets, which the packet path owns.
    let datagramListeners: [DatagramListening]
    let clockFile: ClockFile
    var metStore: MetStore
    var listeners = Slab<Listening>(capacity: Limits.configuredListenersMax)
    var dials = Slab<Dialling>(capacity: Limits.dialsMax)
    var door: ControlDoor
    var links: [LinkID: LinkRecord] = [:]
    var lastLink: UInt32 = 0

    var watchdogAt: Instant?
    var malformedControl: UInt64 = 0
    var skippedControl: UInt64 = 0
    var malformedBeacons: UInt64 = 0
    /// What `status` tells an operator to look at.
    var warnings: [StatusWarning] = []
    /// `nil` while the loop runs.
    var ending: Ending?

    /// - Parameters:
    ///   - settings: What the node was told.
    ///   - identity: Its key.
    ///   - log: Where events go.
    ///   - node: The engine, not started.
    ///   - assembly: What the kernel granted.
    ///   - signals: Signals, blocked already.
    ///   - door: The control socket.
    ///   - datagramListeners: UDP sockets, to be handed to the packet path.
    ///   - clockFile: Where the timestamps of handshakes are kept.
    ///   - now: The present instant.
    /// - Throws: ``StartFailure`` when there is no poller.
    init(
        settings: NodeSettings,
        identity: NodeIdentity,
        log: Logger,
        node: consuming Node<NoiseCryptography>,
        assembly: consuming Assembly,
        signals: consuming SignalDescriptor,
        door: consuming ControlDoor,
        datagramListeners: [DatagramListening],
        clockFile: ClockFile,
        now: Instant
    ) throws(StartFailure) {
        let parts = assembly.takeApart()
        let poller = try Self.makePoller(parts, signals, door)
        self.settings = settings
        self.identity = identity
        self.log = log
        self.now = now
        startedAt = now
        place = NodePlace(node)
        self.datagramListeners = datagramListeners
        self.clockFile = clockFile
        metStore = MetStore(stateDirectory: settings.stateDirectory)
        self.poller = poller
        self.signals = signals
        self.door = door
        dataPlane = parts.dataPlane
        monitor = parts.monitor
        netlink = parts.netlink
        resolver = parts.resolver
        discovery = parts.discovery
        service = parts.service
        tunnel = parts.tunnelDescription
        watchdogAt = service.watchdogInterval.map { now + $0 / 2 }
    }

    /// Why the loop ended.
    enum Ending: Equatable {
        /// Told to by a signal.
        case stopped
        /// Something that the node cannot live without is gone.
        case failed
    }

    /// What the loop keeps of a link that the packet path owns.
    struct LinkRecord {
        let counters: LinkTraffic
        var remote: SocketAddress
        let since: Instant
        /// Where its datagrams go, and what the route there takes, bytes.
        var datagramRemote: SocketAddress?
        var routeMTU: Int?
    }
}

/// Where the node is: apart from the loop, which only refers to it.
///
/// For each use of a noncopyable value the compiler looks at every field within it; with the node's
/// hundreds of fields inside the loop that took it minutes.
private final class NodePlace {
    var node: Node<NoiseCryptography>

    init(_ node: consuming Node<NoiseCryptography>) { self.node = node }
}

/// What a poller token names: the kind above, a slab place or nothing below.
enum LoopToken {
    case signal
    case dataPlane
    case network
    case resolver
    case discovery
    case listener(Int)
    case dial(Int)
    case door
    case client(Int)

    var rawValue: UInt64 {
        switch self {
        case .signal: 0
        case .dataPlane: 1 << 56
        case .network: 2 << 56
        case .resolver: 3 << 56
        case .discovery: 4 << 56
        case .listener(let place): 5 << 56 | UInt64(place)
        case .dial(let place): 6 << 56 | UInt64(place)
        case .door: 7 << 56
        case .client(let place): 8 << 56 | UInt64(place)
        }
    }

    init?(rawValue: UInt64) {
        let place = Int(rawValue & 0xffff_ffff)
        switch rawValue >> 56 {
        case 0: self = .signal
        case 1: self = .dataPlane
        case 2: self = .network
        case 3: self = .resolver
        case 4: self = .discovery
        case 5: self = .listener(place)
        case 6: self = .dial(place)
        case 7: self = .door
        case 8: self = .client(place)
        default: return nil
        }
    }
}

extension ControlLoop {
    /// Runs until a signal ends it, or something fails that the node cannot live without.
    mutating func run() -> Ending {
        refreshInterfaces()
        for listening in datagramListeners { batch.add(listening.handle) }
        recallNodes()
        feed(.start)
        post()
        tell(.ready, .status("running as \(identity.address)"))
        announce()
        while ending == nil { turn() }
        stop()
        return ending ?? .failed
    }

    private mutating func turn() {
        poller.wait(into: &polled, until: nextDeadline(), now: now)
        now = MonotonicClock.now()
        for i in 0..<polled.count {
            guard let token = LoopToken(rawValue: polled[i].token) else { continue }
            handle(token, polled[i])
        }
        handleTimers()
        post()
    }

    private mutating func handle(_ token: LoopToken, _ event: PollEvent) {
        switch token {
        case .signal: handleSignals()
        case .dataPlane: handleDataPlane()
        case .network: handleNetworkChange()
        case .resolver: handleResolved()
        case .discovery: handleBeacons()
        case .listener(let place): acceptLinks(place)
        case .dial(let place): handleDial(place)
        case .door: acceptClients()
        case .client(let place): serveClient(place, event)
        }
    }

    /// Watches everything that was there before the loop.
    private static func makePoller(
        _ parts: borrowing Assembly.Parts,
        _ signals: borrowing SignalDescriptor,
        _ door: borrowing ControlDoor
    ) throws(StartFailure) -> Poller {
        do throws(SystemError) {
            let poller = try Poller()
            try watch(signals.descriptor, .signal, poller)
            try watch(parts.dataPlane.eventsReady.descriptor, .dataPlane, poller)
            try watch(parts.monitor.descriptor, .network, poller)
            try watch(parts.resolver.answersReady.descriptor, .resolver, poller)
            try watch(door.listener.descriptor, .door, poller)
            switch parts.discovery {
            case .some(let socket): try watch(socket.descriptor, .discovery, poller)
            case .none: break
            }
            return poller
        } catch {
            throw .resource(errno: error.code)
        }
    }

    private static func watch(
        _ descriptor: borrowing Descriptor,
        _ token: LoopToken,
        _ poller: borrowing Poller
    ) throws(SystemError) {
        try poller.add(descriptor, token: token.rawValue, interest: .readable)
    }

    // MARK: - Time

    private func nextDeadline() -> Instant? {
        var next = node.nextDeadline()?.instant
        func consider(_ instant: Instant?) {
            if let instant, instant < next ?? .distantFuture { next = instant }
        }
        consider(watchdogAt)
        consider(nextDialDeadline())
        consider(nextListenerDeadline())
        return next
    }

    mutating func handleTimers() {
        if let deadline = node.nextDeadline(), deadline.instant <= now {
            feed(.activity(activity()))
            feed(.timer)
        }
        expireDials()
        resumeListeners()
        if let due = watchdogAt, due <= now {
            tell(.watchdog)
            watchdogAt = service.watchdogInterval.map { now + $0 / 2 }
        }
    }

    // MARK: - The node

    /// Gives the node one input and carries out all that follows from it.
    mutating func feed(_ input: NodeInput) {
        node.handle(input, now: now)
        drain()
        while !pending.isEmpty {
            let inputs = pending
            pending = []
            for input in inputs {
                node.handle(input, now: now)
                drain()
            }
        }
    }

    private mutating func drain() {
        while let output = node.nextOutput() { perform(output) }
    }

    private mutating func perform(_ output: NodeOutput) {
        switch output {
        case .transmit(let link, let tlv):
            var frame: [UInt8] = []
            ControlPacket.appendFramed(tlv, to: &frame)
            batch.transmit(frame, on: link)
            log.write(.controlSent(link))
        case .dial(let id, let endpoint):
            log.write(.dialling(endpoint.description))
            dial(id, endpoint)
        case .dialAddress(let id, let address):
            log.write(.dialling(address.description))
            dial(id, address)
        case .dialStandby(let address):
            log.write(.dialling(address.description))
            dialStandby(address)
        case .cancelDial(let id): cancelDial(id)
        case .carrier(let command): perform(command)
        case .session(let command): batch.perform(command)
        case .remember(let change): remember(change)
        case .linkGone(let link), .linkMerged(let link, _): forget(link)
        case .timestamp(let timestamp): keep(timestamp)
        case .close(let link, let reason): close(link, reason)
        case .sendBeacon(let interface, let beacon): send(beacon, on: interface)
        case .setDiscoveryMembership(let interfaces): setMemberships(interfaces)
        case .forwarding(let prefix, let state): batch.set(prefix, state)
        case .searchFailed(let prefix):
            batch.searchFailed(prefix)
            log.write(.searchFailed(prefix))
        case .event(let event): report(event)
        }
    }

    /// Hands the packet path what has gathered.
    mutating func post() {
        guard !dataPlane.post(&batch) else { return }
        log.write(.workerStuck)
        ending = .failed
    }

    /// Writes down how far the timestamps of handshakes have come; without it a restart with a
    /// clock that went back would be ignored by its peers for a while.
    private func keep(_ timestamp: TAI64N) {
        if let problem = clockFile.write(timestamp) { log.write(.stateNotKept(problem)) }
    }

    /// Says who the node is and where it can be reached.
    private func announce() {
        log.write(.started(address: identity.address))
        log.write(.cipherChosen(CryptoBackend.current.rawValue))
        if let tunnel { log.write(.tunReady(tunnel)) }
        for listener in listenerAnswers() { log.write(.listening(listener.endpoint)) }
    }

    /// Tells the service manager; that it cannot be told stops nothing.
    func tell(_ notices: ServiceManager.Notice...) {
        for notice in notices { try? service.notify(notice) }
    }

    private mutating func stop() {
        tell(.stopping)
        log.write(.stopping)
        feed(.stop)
        post()
        dataPlane.stop()
        resolver.stop()
    }
}
