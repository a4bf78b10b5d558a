// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaFakes
import HyphaForwarding
import HyphaLink
import HyphaNode
import HyphaPeering
import HyphaSession
import HyphaWire

/// Nodes joined by in-memory links, in virtual time: what the driver does, without the machine.
final class TestNetwork {
    /// One way of every link and beacon.
    let latency: Duration
    /// The same of datagrams.
    var datagramLatency: Duration
    /// Whether datagrams arrive.
    var isUDPBlocked = false
    /// Datagrams sent, by destination.
    private(set) var datagrams: [(to: SocketAddress, byteCount: Int)] = []
    /// Whether handshakes get lost on streams.
    var losesStreamHandshakes = false
    /// Control packets that went over streams in clear.
    private(set) var clearCount = 0
    /// A host that takes the marker out of all Updates that it passes on.
    var eraser: Int?
    /// Whether handshakes from end to end get lost.
    var losesHandshakes = false
    /// What the names of unknown `udp://` peers resolve to.
    var resolved: [SocketAddress] = []
    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    private(set) var hosts: [TestHost] = []
    private(set) var pipes: [Pipe] = []
    private var queue: [(at: Instant, number: UInt64, event: Event)] = []
    private var eventCount: UInt64 = 0
    private var linkCount: UInt32 = 0

    /// One connection between two hosts.
    struct Pipe {
        var ends: [(host: Int, link: LinkID)]
        var isOpen = true
        /// Nothing arrives any more, and nobody is told.
        var isSilent = false
    }

    private enum Event {
        case input(host: Int, NodeInput)
        case connect(host: Int, DialID?, to: Int, pinned: PublicKey?)
        case deliver(pipe: Int, to: Int, ControlTLV)
        case hangUp(pipe: Int, to: Int)
        case streamFrame(pipe: Int, to: Int, [UInt8])
        case sealed(pipe: Int?, host: Int, SealedFrame, from: SocketAddress?)
    }

    init(latency: Duration = .milliseconds(1)) {
        self.latency = latency
        datagramLatency = latency
    }

    // MARK: - Building

    /// Adds a host, started at once unless told otherwise.
    @discardableResult
    func add(
        peers: [Int] = [],
        lan: UInt32? = nil,
        listens: Bool = true,
        linksMax: Int = Limits.neighboursMax,
        extends: Bool = false,
        network: String = "",
        endpoints: [Endpoint] = [],
        linksDirectly: Bool = false,
        starts: Bool = true
    ) -> TestHost {
        let number = hosts.count
        let host = TestHost(
            number: number,
            lan: lan,
            isListening: listens,
            peering: PeeringConfiguration(
                staticPeers: peers.map(TestHost.endpoint) + endpoints,
                isDiscoveryEnabled: lan != nil,
                linksMax: linksMax,
                makesDirectLinks: linksDirectly
            ),
            hasExtensions: extends,
            network: network,
            now: now
        )
        hosts.append(host)
        if lan != nil { apply(.interfaces([host.interface]), to: number) }
        if starts { apply(.start, to: number) }
        return host
    }

    /// Joins two hosts by a link that neither of them dialled again.
    func accept(at number: Int, from remote: SocketAddress) -> LinkID? {
        guard hosts[number].admits(remote, now: now) else { return nil }
        let link = nextLink()
        let description = LinkDescription(
            origin: .inbound,
            remote: remote,
            local: hosts[number].address
        )
        apply(.linkUp(link, description), to: number)
        return link
    }

    // MARK: - Faults

    /// Ends every connection between two hosts, both being told.
    func cut(_ one: Int, _ other: Int) {
        for index in pipes.indices where pipes[index].isOpen && joins(index, one, other) {
            pipes[index].isOpen = false
            for end in pipes[index].ends.indices { schedule(.hangUp(pipe: index, to: end)) }
        }
    }

    /// Lets every connection between two hosts lose all that is sent, nobody being told.
    func silence(_ one: Int, _ other: Int) {
        for index in pipes.indices where pipes[index].isOpen && joins(index, one, other) {
            pipes[index].isSilent = true
        }
    }

    private func joins(_ pipe: Int, _ one: Int, _ other: Int) -> Bool {
        let ends = pipes[pipe].ends.map(\.host)
        return ends == [one, other] || ends == [other, one]
    }

    // MARK: - Running

    func run(for duration: Duration) { run(until: now + duration) }

    func run(until end: Instant) {
        while let step = nextStep(), step.at <= end {
            now = max(now, step.at)
            if let host = step.timer {
                if hosts[host].hasExtensions {
                    apply(.activity(hosts[host].path.activities), to: host)
                }
                apply(.timer, to: host)
            } else {
                perform(queue.removeFirst().event)
            }
        }
        now = max(now, end)
    }

    private func nextStep() -> (at: Instant, timer: Int?)? {
        var best: (at: Instant, timer: Int?)? = queue.first.map { ($0.at, nil) }
        for host in hosts {
            guard let deadline = host.deadline, best.map({ deadline.instant < $0.at }) ?? true
            else { continue }
            best = (deadline.instant, host.number)
        }
        return best
    }

    /// Hands an input to a host and carries out what it wants.
    @discardableResult
    func apply(_ input: NodeInput, to number: Int) -> [NodeOutput] {
        let outputs = hosts[number].handle(input, now: now)
        for output in outputs { carryOut(output, of: number) }
        flush(number)
        return outputs
    }

    private func schedule(_ event: Event, after wait: Duration? = nil) {
        eventCount += 1
        let at = now + (wait ?? latency)
        let place = queue.firstIndex { $0.at > at } ?? queue.count
        queue.insert((at, eventCount, event), at: place)
    }

    private func carryOut(_ output: NodeOutput, of number: Int) {
        switch output {
        case .transmit(let link, let tlv):
            guard let pipe = pipe(of: link), let far = far(of: link, in: pipe) else { return }
            clearCount += 1
            guard !pipes[pipe].isSilent else { return }
            let said = number == eraser ? Self.withoutMarker(tlv) : tlv
            schedule(.deliver(pipe: pipe, to: far, said))
        case .dial(let dial, let endpoint) where endpoint.scheme == .udp:
            dialDatagram(dial, endpoint, of: number)
        case .dial(let dial, let endpoint):
            let target = hosts.firstIndex { TestHost.endpoint($0.number).host == endpoint.host }
            connect(dial, of: number, to: target, pinned: endpoint.pinnedKey)
        case .dialAddress(let dial, let address):
            let target = hosts.firstIndex {
                $0.lan == hosts[number].lan && $0.linkLocal.host == address.host
            }
            connect(dial, of: number, to: target)
        case .close(let link, _):
            guard let pipe = pipe(of: link), let far = far(of: link, in: pipe) else { return }
            pipes[pipe].isOpen = false
            if !pipes[pipe].isSilent { schedule(.hangUp(pipe: pipe, to: far)) }
        case .sendBeacon(_, let beacon):
            let source = hosts[number].linkLocal
            for host in hosts where host.number != number && host.lan == hosts[number].lan {
                schedule(.input(host: host.number, .beacon(beacon, from: source)))
            }
        case .carrier(let command): hosts[number].path.apply(command, now: now)
        case .linkMerged(let stream, let link): rename(stream, link)
        case .dialStandby(let address):
            let target = hosts.firstIndex { $0.address == address }
            if let target, hosts[target].isListening {
                schedule(.connect(host: number, nil, to: target, pinned: nil))
            }
        case .cancelDial, .setDiscoveryMembership, .forwarding, .searchFailed, .event,
            .linkGone, .timestamp, .remember:
            break
        case .session(let command): carryOut(command, of: number)
        }
    }

    private static func withoutMarker(_ tlv: ControlTLV) -> ControlTLV {
        guard case .update(var update) = tlv else { return tlv }
        let routerID = update.routerID
        update.routerID = RouterID(
            publicKey: routerID.publicKey,
            zone: 0,
            tail: routerID.tail
        )
        return .update(update)
    }

    // MARK: - Sessions between two hosts

    /// What the packet path does with it, whatever lies in between.
    private func carryOut(_ command: SessionCommand, of number: Int) {
        switch command {
        case .sendMessage where losesHandshakes: break
        case .sendMessage(let type, let content, let address):
            let prefix = Prefix(subnetOf: address)
            guard let target = hosts.firstIndex(where: { $0.subnet == prefix }) else { return }
            let key = hosts[number].routerID.publicKey
            let source = IPv6Address(derivedFrom: key)
            let event = SessionEvent.message(type, content, from: source, key: key)
            schedule(.input(host: target, .session(event)))
        case .sendEmpty(let local):
            guard let session = hosts[number].sessions[local] else { return }
            guard let target = hosts.firstIndex(where: { $0.subnet == session.subnet })
            else { return }
            schedule(.input(host: target, .session(.confirmed(session.remote))))
        case .sendControl(let local, let content):
            guard let session = hosts[number].sessions[local] else { return }
            guard let target = hosts.firstIndex(where: { $0.subnet == session.subnet })
            else { return }
            schedule(.input(host: target, .session(.control(session.remote, content))))
        case .begin, .policy, .install, .remove: break
        }
    }

    // MARK: - Sealed links

    private func dialDatagram(_ dial: DialID, _ endpoint: Endpoint, of number: Int) {
        let target = hosts.first { TestHost.udpEndpoint($0.number).host == endpoint.host }
        let addresses = target.map { [$0.udpAddress] } ?? resolved
        schedule(
            .input(host: number, .dialDatagram(dial, addresses, key: endpoint.pinnedKey))
        )
    }

    private func rename(_ old: LinkID, _ new: LinkID) {
        for pipe in pipes.indices {
            for end in pipes[pipe].ends.indices where pipes[pipe].ends[end].link == old {
                pipes[pipe].ends[end].link = new
            }
        }
    }

    private func flush(_ number: Int) {
        let host = hosts[number]
        let departures = host.path.departures
        host.path.departures = []
        for departure in departures {
            switch departure {
            case .datagram(let bytes, let address):
                datagrams.append((address, bytes.count))
                guard let to = target(of: address) else { continue }
                let event = CarrierEvent.datagram(bytes, from: host.udpAddress)
                schedule(.input(host: to, .carrier(event)), after: datagramLatency)
            case .sealedDatagram(let frame, let address):
                guard let to = target(of: address) else { continue }
                let event = Event.sealed(pipe: nil, host: to, frame, from: host.udpAddress)
                schedule(event, after: datagramLatency)
            case .stream(let pipe, let bytes):
                guard pipes[pipe].isOpen, !pipes[pipe].isSilent, !losesStreamHandshakes
                else { continue }
                schedule(.streamFrame(pipe: pipe, to: farEnd(of: number, in: pipe), bytes))
            case .sealedStream(let pipe, let frame):
                guard pipes[pipe].isOpen, !pipes[pipe].isSilent else { continue }
                let to = pipes[pipe].ends[farEnd(of: number, in: pipe)].host
                schedule(.sealed(pipe: pipe, host: to, frame, from: nil))
            case .streamClosed(let pipe):
                guard pipes[pipe].isOpen else { continue }
                pipes[pipe].isOpen = false
                schedule(.hangUp(pipe: pipe, to: farEnd(of: number, in: pipe)))
            }
        }
    }

    private func target(of address: SocketAddress) -> Int? {
        isUDPBlocked ? nil : hosts.firstIndex { $0.udpAddress == address && $0.hasExtensions }
    }

    private func farEnd(of number: Int, in pipe: Int) -> Int {
        pipes[pipe].ends[0].host == number ? 1 : 0
    }

    private func open(_ frame: SealedFrame, at number: Int, from: SocketAddress?) {
        let (events, _) = hosts[number].path.receive(frame, from: from, now: now)
        for event in events { apply(.carrier(event), to: number) }
    }

    private func hangUp(_ pipe: Int, _ end: Int) {
        let (number, link) = pipes[pipe].ends[end]
        if hosts[number].path.links[link]?.current.isEmpty == false {
            hosts[number].path.links[link]?.stream = nil
            apply(.carrier(.carrierLost(link, .stream, errno: 0)), to: number)
        } else {
            apply(.linkDown(link), to: number)
        }
    }

    private func connect(
        _ dial: DialID,
        of number: Int,
        to target: Int?,
        pinned: PublicKey? = nil
    ) {
        guard let target, hosts[target].isListening else {
            schedule(.input(host: number, .dialFailed(dial, .refused)))
            return
        }
        schedule(.connect(host: number, dial, to: target, pinned: pinned))
    }

    private func perform(_ event: Event) {
        switch event {
        case .input(let host, let input): apply(input, to: host)
        case .connect(let host, let dial, let target, let pinned):
            establish(host, dial, target, pinned)
        case .deliver(let pipe, let end, let tlv):
            guard pipes[pipe].isOpen else { return }
            apply(.control(pipes[pipe].ends[end].link, tlv), to: pipes[pipe].ends[end].host)
        case .hangUp(let pipe, let end): hangUp(pipe, end)
        case .streamFrame(let pipe, let end, let bytes):
            guard pipes[pipe].isOpen else { return }
            let (host, link) = pipes[pipe].ends[end]
            apply(.carrier(.streamFrame(link, bytes)), to: host)
        case .sealed(let pipe, let host, let frame, let from):
            if let pipe, !pipes[pipe].isOpen { return }
            open(frame, at: host, from: from)
        }
    }

    private func establish(_ host: Int, _ dial: DialID?, _ target: Int, _ pinned: PublicKey?) {
        guard hosts[target].admits(hosts[host].address, now: now) else {
            if let dial { schedule(.input(host: host, .dialFailed(dial, .refused))) }
            return
        }
        let near = nextLink()
        let far = nextLink()
        hosts[host].path.links[near, default: .init()].stream = pipes.count
        hosts[target].path.links[far, default: .init()].stream = pipes.count
        pipes.append(Pipe(ends: [(host, near), (target, far)]))
        let inbound = LinkDescription(
            origin: .inbound,
            remote: hosts[host].address,
            local: hosts[target].address
        )
        apply(.linkUp(far, inbound), to: target)
        let outbound = LinkDescription(
            origin: dial.map { .dialled($0) } ?? .standby,
            remote: hosts[target].address,
            local: hosts[host].address,
            pinnedKey: pinned
        )
        apply(.linkUp(near, outbound), to: host)
    }

    private func nextLink() -> LinkID {
        linkCount += 1
        return LinkID(linkCount)
    }

    private func pipe(of link: LinkID) -> Int? {
        pipes.firstIndex { pipe in pipe.isOpen && pipe.ends.contains { $0.link == link } }
    }

    private func far(of link: LinkID, in pipe: Int) -> Int? {
        pipes[pipe].ends.firstIndex { $0.link != link }
    }
}
