// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaWire

/// Nodes, links and time, all virtual: one seed, one course of events.
///
/// After every event that moves a next hop the walk along the next hops is checked for a loop, so
/// a loop that lasts a microsecond is found.
package struct Simulator<Router: SimulatedRouter & ~Copyable> {
    /// Virtual time.
    package private(set) var now = Instant.zero
    /// All places where links can be.
    package private(set) var edges: [SimulatedEdge]
    /// Packets sent so far.
    package private(set) var packetCount = 0
    /// Events handled so far.
    package private(set) var eventCount = 0
    /// The first loop that was seen.
    package private(set) var failure: SimulationFailure?
    /// Called with every packet that is sent: time, sender, receiver, content.
    package var trace: ((Instant, Int, Int, ControlTLV) -> Void)?

    private let nodes: [SimulatedNode<Router>]
    private let subnets: [Prefix]
    private var nodeBySubnet: [Prefix: Int] = [:]
    private var connections: [SimulatedConnection] = []
    /// The living connection of each edge.
    private var current: [Int?]
    private var events = EventQueue<Event>()
    private var random: SplitMix64
    private let zone: UInt16
    private var areSearchesEnded = false

    private enum Event {
        case arrive(ControlTLV, connection: Int, end: Int)
        case notice(connection: Int, end: Int)
        case fault(SimulatedFault)
        case timer(node: Int)
        case search(node: Int, destination: Int)
        case refresh(node: Int, destination: Int)
    }

    /// - Parameters:
    ///   - nodeCount: Number of nodes.
    ///   - edges: Places of links, all without connection at first.
    ///   - seed: What everything random follows from.
    ///   - zone: The zone of all router ids, 0 for base nodes.
    package init(nodeCount: Int, edges: [SimulatedEdge], seed: UInt64, zone: UInt16) {
        self.edges = edges
        self.zone = zone
        random = SplitMix64(seed: seed)
        current = Array(repeating: nil, count: edges.count)
        var nodes: [SimulatedNode<Router>] = []
        var subnets: [Prefix] = []
        for node in 0..<nodeCount {
            let identity = Self.identity(of: node, boot: 0, zone: zone)
            subnets.append(Prefix(subnetOf: IPv6Address(derivedFrom: identity.publicKey)))
            let router = Router(identity: identity, seed: random.next(), now: .zero)
            nodes.append(SimulatedNode(router, nodeCount: nodeCount))
        }
        self.nodes = nodes
        self.subnets = subnets
        for node in 0..<nodeCount {
            nodeBySubnet[subnets[node]] = node
            scheduleTimer(of: node)
        }
    }

    private static func identity(of node: Int, boot: UInt64, zone: UInt16) -> RouterID {
        RouterID(publicKey: PublicKey(words: (1, 2, 3, UInt64(node))), zone: zone, tail: boot + 1)
    }

    // MARK: - What a test does

    /// Something will happen to the network.
    package mutating func schedule(_ fault: SimulatedFault, at instant: Instant) {
        events.schedule(.fault(fault), at: instant)
    }

    /// From `instant` on, one node has packets for another.
    package mutating func want(_ destination: Int, at node: Int, from instant: Instant) {
        events.schedule(.search(node: node, destination: destination), at: instant)
    }

    /// Whether an edge carries.
    package func isUp(edge: Int) -> Bool { current[edge] != nil }

    /// Loss ends on all edges, so that what is left over can be counted on to clear.
    package mutating func endLoss() {
        for edge in edges.indices { edges[edge].lossPermille = 0 }
    }

    /// Packets for destinations without a route are given up.
    package mutating func endSearches() {
        for node in nodes {
            for destination in nodes.indices where node.nextHops[destination] == nil {
                node.wants[destination] = false
            }
        }
        areSearchesEnded = true
    }

    /// How much is in the tables of a node.
    package func tableSizes(of node: Int) -> TableSizes { nodes[node].router.tableSizes }

    /// Runs until `end`, or until a loop is seen.
    package mutating func run(until end: Instant) {
        while failure == nil, let first = events.firstInstant, first <= end,
            let (at, event) = events.popFirst()
        {
            now = at
            eventCount += 1
            handle(event)
        }
        if failure == nil { now = end }
    }

    /// The walk of a packet: the nodes it visits and what that costs.
    package func walk(
        from node: Int,
        to destination: Int
    ) -> (nodes: [Int], cost: Int, arrives: Bool) {
        var visited = [node]
        var cost = 0
        var place = node
        while place != destination {
            guard let hop = nodes[place].nextHops[destination] else {
                return (visited, cost, false)
            }
            let (index, end) = SimulatedConnection.connection(of: hop.link)
            let connection = connections[index]
            guard connection.isAlive else { return (visited, cost, false) }
            cost += Int(edges[connection.edge].cost(from: end).value)
            place = edges[connection.edge].node(1 - end)
            visited.append(place)
            if visited.dropLast().contains(place) { return (visited, cost, false) }
        }
        return (visited, cost, true)
    }

    /// Whether a node has a next hop for a destination.
    package func hasNextHop(_ node: Int, to destination: Int) -> Bool {
        nodes[node].nextHops[destination] != nil
    }

    // MARK: - Events

    private mutating func handle(_ event: Event) {
        switch event {
        case .arrive(let tlv, let index, let end):
            guard connections[index].isAlive, connections[index].isKnown[end] else { return }
            let node = edges[connections[index].edge].node(end)
            feed(node, .receive(tlv, from: SimulatedConnection.link(index, end: end)))
        case .notice(let index, let end):
            guard connections[index].isKnown[end] else { return }
            connections[index].isKnown[end] = false
            let node = edges[connections[index].edge].node(end)
            feed(node, .linkDown(SimulatedConnection.link(index, end: end)))
        case .fault(let fault):
            apply(fault)
        case .timer(let node):
            guard nodes[node].timerAt == now else { return }
            nodes[node].timerAt = nil
            feed(node, .timer)
        case .search(let node, let destination):
            guard !areSearchesEnded || nodes[node].wants[destination] else { return }
            nodes[node].wants[destination] = true
            guard nodes[node].nextHops[destination] == nil else { return }
            feed(node, .search(subnets[destination]))
        case .refresh(let node, let destination):
            guard let hop = nodes[node].nextHops[destination], hop.refreshAt <= now else { return }
            feed(node, .refresh(subnets[destination]))
        }
    }

    private mutating func apply(_ fault: SimulatedFault) {
        switch fault {
        case .cut(let edge, let noticedAfter):
            guard let index = current[edge] else { return }
            end(index, noticedAfter: noticedAfter)
        case .restore(let edge):
            connect(edge)
        case .restart(let node, let noticedAfter, let backAfter):
            restart(node, noticedAfter: noticedAfter, backAfter: backAfter)
        case .changeCosts(let edge, let costs):
            edges[edge].costs = costs
            guard let index = current[edge] else { return }
            for end in 0..<2 where connections[index].isKnown[end] {
                let link = SimulatedConnection.link(index, end: end)
                feed(edges[edge].node(end), .linkCost(link, edges[edge].cost(from: end)))
            }
        }
    }

    private mutating func end(_ index: Int, noticedAfter: [Duration]) {
        connections[index].isAlive = false
        current[connections[index].edge] = nil
        for end in 0..<2 {
            events.schedule(.notice(connection: index, end: end), at: now + noticedAfter[end])
        }
    }

    private mutating func connect(_ edge: Int) {
        guard current[edge] == nil else { return }
        let index = connections.count
        connections.append(SimulatedConnection(edge: edge))
        current[edge] = index
        for end in 0..<2 {
            let link = SimulatedConnection.link(index, end: end)
            feed(edges[edge].node(end), .linkUp(link, cost: edges[edge].cost(from: end)))
        }
    }

    private mutating func restart(_ node: Int, noticedAfter: Duration, backAfter: Duration) {
        for index in connections.indices {
            let edge = edges[connections[index].edge]
            guard edge.first == node || edge.second == node else { continue }
            let end = edge.first == node ? 0 : 1
            // Also a connection that ended before: the new process knows nothing of it.
            connections[index].isKnown[end] = false
            guard connections[index].isAlive else { continue }
            self.end(index, noticedAfter: [noticedAfter, noticedAfter])
            events.schedule(.fault(.restore(edge: connections[index].edge)), at: now + backAfter)
        }
        nodes[node].bootCount += 1
        nodes[node].router = Router(
            identity: Self.identity(of: node, boot: nodes[node].bootCount, zone: zone),
            seed: random.next(),
            now: now
        )
        for destination in nodes.indices {
            nodes[node].nextHops[destination] = nil
            if nodes[node].wants[destination] {
                want(destination, at: node, from: now + .seconds(1))
            }
        }
        nodes[node].timerAt = nil
        scheduleTimer(of: node)
    }

    // MARK: - Nodes

    private mutating func feed(_ node: Int, _ input: SimulatedInput) {
        nodes[node].router.handle(input, now: now)
        var moved: [Int] = []
        while let output = nodes[node].router.nextOutput() {
            switch output {
            case .transmit(let link, let tlv):
                transmit(tlv, over: link)
            case .route(let prefix, let nextHop):
                guard let destination = nodeBySubnet[prefix] else { continue }
                setNextHop(nextHop, at: node, to: destination)
                moved.append(destination)
            case .searchFailed(let prefix):
                guard let destination = nodeBySubnet[prefix] else { continue }
                // Whoever has packets for it tries again.
                want(destination, at: node, from: now + .seconds(1))
            }
        }
        scheduleTimer(of: node)
        for destination in moved { checkForLoop(from: node, to: destination) }
    }

    private mutating func setNextHop(
        _ nextHop: SimulatedOutput.NextHop?,
        at node: Int,
        to destination: Int
    ) {
        nodes[node].nextHops[destination] = nextHop
        guard nodes[node].wants[destination] else { return }
        if let nextHop {
            events.schedule(
                .refresh(node: node, destination: destination),
                at: max(now, nextHop.refreshAt)
            )
        } else {
            want(destination, at: node, from: now)
        }
    }

    /// A new loop must pass through the next hop that has changed.
    private mutating func checkForLoop(from node: Int, to destination: Int) {
        guard failure == nil else { return }
        let walk = walk(from: node, to: destination)
        guard !walk.arrives, let last = walk.nodes.last,
            walk.nodes.dropLast().contains(last)
        else { return }
        failure = SimulationFailure(
            at: now,
            what: .loop(destination: destination, nodes: walk.nodes)
        )
    }

    private mutating func scheduleTimer(of node: Int) {
        guard let deadline = nodes[node].router.nextDeadline() else { return }
        let at = max(now, deadline)
        if let timerAt = nodes[node].timerAt, timerAt <= at { return }
        nodes[node].timerAt = at
        events.schedule(.timer(node: node), at: at)
    }

    private mutating func transmit(_ tlv: ControlTLV, over link: LinkID) {
        packetCount += 1
        let (index, end) = SimulatedConnection.connection(of: link)
        let edge = edges[connections[index].edge]
        trace?(now, edge.node(end), edge.node(1 - end), tlv)
        guard connections[index].isAlive else { return }
        var delay = edge.delay
        var retransmission = Duration.milliseconds(200)
        while Int.random(in: 0..<1000, using: &random) < edge.lossPermille {
            if edge.losesForGood { return }
            // A stream that stalls for longer is a link that goes down, which is another fault.
            delay = min(delay + retransmission, .seconds(5))
            retransmission = retransmission * 2
        }
        let arrival = max(now + delay, connections[index].lastArrival[1 - end])
        connections[index].lastArrival[1 - end] = arrival
        events.schedule(.arrive(tlv, connection: index, end: 1 - end), at: arrival)
    }
}
