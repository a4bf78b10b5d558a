// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaForwarding
import HyphaNode
import HyphaPeering
import HyphaWire

/// Nodes joined by in-memory links, in virtual time: what the driver does, without the machine.
final class TestNetwork {
    /// One way of every link and beacon.
    let latency: Duration
    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    private(set) var hosts: [TestHost] = []
    private(set) var pipes: [Pipe] = []
    private var queue: [(at: Instant, number: UInt64, event: Event)] = []
    private var eventCount: UInt64 = 0
    private var linkCount: UInt32 = 0

    /// One connection between two hosts.
    struct Pipe {
        let ends: [(host: Int, link: LinkID)]
        var isOpen = true
        /// Nothing arrives any more, and nobody is told.
        var isSilent = false
    }

    private enum Event {
        case input(host: Int, NodeInput)
        case connect(host: Int, DialID, to: Int)
        case deliver(pipe: Int, to: Int, ControlTLV)
        case hangUp(pipe: Int, to: Int)
    }

    init(latency: Duration = .milliseconds(1)) { self.latency = latency }

    // MARK: - Building

    /// Adds a host, started at once unless told otherwise.
    @discardableResult
    func add(
        peers: [Int] = [],
        lan: UInt32? = nil,
        listens: Bool = true,
        linksMax: Int = Limits.neighboursMax,
        starts: Bool = true
    ) -> TestHost {
        let number = hosts.count
        let host = TestHost(
            number: number,
            lan: lan,
            isListening: listens,
            peering: PeeringConfiguration(
                staticPeers: peers.map(TestHost.endpoint),
                isDiscoveryEnabled: lan != nil,
                linksMax: linksMax
            ),
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
            for end in pipes[index].ends { schedule(.input(host: end.host, .linkDown(end.link))) }
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
        return outputs
    }

    private func schedule(_ event: Event) {
        eventCount += 1
        let at = now + latency
        let place = queue.firstIndex { $0.at > at } ?? queue.count
        queue.insert((at, eventCount, event), at: place)
    }

    private func carryOut(_ output: NodeOutput, of number: Int) {
        switch output {
        case .transmit(let link, let tlv):
            guard let pipe = pipe(of: link), let far = far(of: link, in: pipe) else { return }
            if !pipes[pipe].isSilent { schedule(.deliver(pipe: pipe, to: far, tlv)) }
        case .dial(let dial, let endpoint):
            let target = hosts.firstIndex { TestHost.endpoint($0.number) == endpoint }
            connect(dial, of: number, to: target)
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
        case .cancelDial, .setDiscoveryMembership, .forwarding, .searchFailed, .event: break
        }
    }

    private func connect(_ dial: DialID, of number: Int, to target: Int?) {
        guard let target, hosts[target].isListening else {
            schedule(.input(host: number, .dialFailed(dial, .refused)))
            return
        }
        schedule(.connect(host: number, dial, to: target))
    }

    private func perform(_ event: Event) {
        switch event {
        case .input(let host, let input): apply(input, to: host)
        case .connect(let host, let dial, let target): establish(host, dial, target)
        case .deliver(let pipe, let end, let tlv):
            guard pipes[pipe].isOpen else { return }
            apply(.control(pipes[pipe].ends[end].link, tlv), to: pipes[pipe].ends[end].host)
        case .hangUp(let pipe, let end):
            apply(.linkDown(pipes[pipe].ends[end].link), to: pipes[pipe].ends[end].host)
        }
    }

    private func establish(_ host: Int, _ dial: DialID, _ target: Int) {
        guard hosts[target].admits(hosts[host].address, now: now) else {
            schedule(.input(host: host, .dialFailed(dial, .refused)))
            return
        }
        let near = nextLink()
        let far = nextLink()
        pipes.append(Pipe(ends: [(host, near), (target, far)]))
        let inbound = LinkDescription(
            origin: .inbound,
            remote: hosts[host].address,
            local: hosts[target].address
        )
        apply(.linkUp(far, inbound), to: target)
        let outbound = LinkDescription(
            origin: .dialled(dial),
            remote: hosts[target].address,
            local: hosts[host].address
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
