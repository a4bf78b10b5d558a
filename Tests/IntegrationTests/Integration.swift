// SPDX-License-Identifier: Apache-2.0

import Foundation
import HyphaLab
import Testing

/// Scenarios with the real binary in network namespaces: `make integration`.
///
/// In one process one at a time; `Tools/integration.sh` runs several lanes of suites side by side, and
/// those that measure rates by themselves. A new suite goes into a lane there.
@Suite(
    .serialized,
    .enabled(
        if: ProcessInfo.processInfo.environment["HYPHA_NETNS"] == "1",
        "needs namespaces of its own: make integration"
    )
)
enum Integration {}

/// Nodes joined by links, all started, with their overlay addresses.
struct Mesh {
    let lab: Lab
    let spaces: [Space]
    let nodes: [LabNode]
    let links: [Lab.Link]
    /// Overlay addresses; empty for nodes without a device.
    let addresses: [String]

    /// Joins nodes by links and starts them; the second end of a link dials the first.
    ///
    /// - Parameters:
    ///   - count: How many nodes; they are called n0, n1, and so on.
    ///   - pairs: The links, by numbers of nodes; the first listens.
    ///   - given: Where they are made, if it is there already.
    ///   - options: Options of a node, to which its peers are added.
    ///   - dials: URL for an address, when the node with the given number dials it.
    /// - Throws: ``LabError``, when a link cannot be made or a node has no address.
    init(
        _ count: Int,
        _ pairs: [(Int, Int)],
        lab given: Lab? = nil,
        options: (Int) -> NodeOptions = { _ in NodeOptions() },
        dials: (Int, String) -> String = { "tcp://[\($1)]:9651" }
    ) throws {
        lab = try given ?? Lab()
        let lab = lab
        spaces = try (0..<count).map { try lab.space("n\($0)") }
        let spaces = spaces
        links = try pairs.map { try lab.join(spaces[$0.0], spaces[$0.1]) }
        let links = links
        nodes = try (0..<count).map { number in
            var own = options(number)
            for (link, pair) in zip(links, pairs) where pair.1 == number {
                own.peers.append(dials(number, link.address(in: spaces[pair.0])))
            }
            return try lab.node(spaces[number], own)
        }
        for node in nodes { try node.start() }
        addresses = try nodes.map { $0.options.hasTUN ? try $0.address() : "" }
    }

    /// n0 - n1 - n2.
    static func line(
        _ count: Int,
        options: (Int) -> NodeOptions = { _ in NodeOptions() },
        dials: (Int, String) -> String = { "tcp://[\($1)]:9651" }
    ) throws -> Mesh {
        try Mesh(count, (1..<count).map { ($0 - 1, $0) }, options: options, dials: dials)
    }

    /// Every node has a link to the next, the last one to the first.
    static func ring(_ count: Int) throws -> Mesh {
        try Mesh(count, (1..<count).map { ($0 - 1, $0) } + [(0, count - 1)])
    }

    /// Waits until `from` reaches `to`; returns how long it took in seconds.
    @discardableResult
    func waitToReach(from: Int, to: Int, seconds: Double = 20) throws -> Double {
        do {
            return try spaces[from].waitToReach(addresses[to], seconds: seconds)
        } catch {
            for node in nodes { print("--- log of \(node.space.name)\n\(node.logTail)") }
            throw error
        }
    }

    /// What every node dropped so far, and what its kernel did for want of room in a socket: says where
    /// a packet went that did not arrive.
    var losses: String {
        nodes.map { node in
            let overflows = (try? node.space.networkCounter("Udp6RcvbufErrors")) ?? 0
            let refusals = (try? node.refusals()) ?? [:]
            return "\(node.space.name): \(refusals), full sockets \(overflows)"
        }.joined(separator: "; ")
    }
}

/// One echo request to an overlay address that nobody has: it is refused once the search of 15 s has
/// found nothing, while the test goes on.
struct Nobody {
    private let ping: ChildProcess

    init(soughtFrom space: Space) throws {
        ping = try space.start([
            "ping", "-6", "-n", "-c", "1", "-W", "20", "4ff:1234:5678:9abc::1",
        ])
    }

    /// What `ping` said in the end, in lower case.
    func answer() -> String {
        _ = ping.waits(seconds: 25)
        return ping.output.lowercased()
    }
}

/// Seconds since 1970, as `ping -D` prints them.
func wallSeconds() -> Double { Date().timeIntervalSince1970 }

/// A line of the test report.
func report(_ text: String) { print("    \(text)") }
